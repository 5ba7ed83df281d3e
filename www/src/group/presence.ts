import { bytesOfJson } from "../bytes.js";
import { PeerError } from "../errors.js";
import type { NodeId, PeerId } from "../ids.js";
import type { Room } from "../room.js";

/** The label under which presence travels in the room of a group. */
export const PRESENCE_LABEL = "lacis.presence";

/** What a member who is here says of itself. */
export interface PresenceEntry<Value = unknown> {
  /** Whose it is: the identity. */
  readonly peerId: PeerId;
  /** The page that said it; one identity may have several. */
  readonly nodeId: NodeId;
  /** What it said: any value that JSON can hold; `undefined` once it is gone. */
  readonly value: Value | undefined;
}

/** What travels. */
interface Wire {
  value?: unknown;
  /** How long it holds, in milliseconds. */
  ms: number;
}

/** Values said in quick succession are sent so far apart. */
const SPACING_MS = 40;

/** Of newcomers without a link those are told together who come within this time. */
const NEWCOMERS_MS = 1_000;

/** More than this is no presence: 8 KiB of JSON. */
const BYTES_MAX = 8_192;

/** Nobody is believed for longer. */
const LIFETIME_MAX_MS = 600_000;

/**
 * What each member who is connected says of itself: a name, a cursor, whether it is typing. It is
 * stored nowhere, expires by itself and goes with its page.
 *
 * @example
 * ```ts
 * group.presence.set({ name: "Ada", cursor: [3, 4] });
 * group.addEventListener("presence", ({ detail }) => draw(detail.peerId, detail.value));
 * ```
 */
export class Presence<Value = unknown> {
  readonly #tell: (entry: PresenceEntry<Value>) => void;
  readonly #lifetimeMs: () => number;
  readonly #others = new Map<string, { entry: PresenceEntry<Value>; timer: Timer }>();
  #room: Room | undefined;
  #own: unknown;
  #lastSent = Number.NEGATIVE_INFINITY;
  #sending: Timer | undefined;
  #renewing: Timer | undefined;
  #greeting: Timer | undefined;
  #gone: PeerError | undefined;

  /** @internal */
  constructor(tell: (entry: PresenceEntry<Value>) => void, lifetimeMs: () => number) {
    this.#tell = tell;
    this.#lifetimeMs = lifetimeMs;
  }

  /** What the others say who are here now. */
  get others(): PresenceEntry<Value>[] {
    return [...this.#others.values()].map(({ entry }) => entry);
  }

  /** Says this from now on, to whoever is here or comes, until it is changed or cleared. */
  set(value: Value): void {
    if (this.#gone !== undefined) throw this.#gone;
    if (value === undefined) {
      this.clear();
      return;
    }
    bytesOfJson(value);
    const bytes = bytesOfJson({ value, ms: LIFETIME_MAX_MS }).byteLength;
    if (bytes > BYTES_MAX) {
      throw new PeerError("too-large", {
        detail: `group.presence.set: at most ${BYTES_MAX} bytes`,
      });
    }
    this.#own = value;
    this.#send();
  }

  /** Says nothing any more. */
  clear(): void {
    if (this.#own === undefined) return;
    this.#own = undefined;
    this.#send();
  }

  /** @internal The group is connected: newcomers are told, and those who go are forgotten. */
  attach(room: Room): void {
    this.#room = room;
    room.addEventListener("remotejoin", ({ detail: { id, state } }) => {
      if (this.#own === undefined || this.#room !== room) return;
      if (state === "indirect") {
        // Whoever has no link here is told with all others, and not by everybody at once.
        this.#greeting ??= setTimeout(() => this.#send(), Math.random() * NEWCOMERS_MS);
        return;
      }
      // Should it not arrive, the next renewal does.
      room.send(id, PRESENCE_LABEL, this.#wire()).catch(() => {});
    });
    room.addEventListener("remoteleave", ({ detail: { remote } }) => this.#forget(remote.id));
    if (this.#own !== undefined) this.#send();
  }

  /** @internal The group is not connected any more. */
  detach(): void {
    this.#room = undefined;
    clearTimeout(this.#sending);
    clearTimeout(this.#renewing);
    clearTimeout(this.#greeting);
    this.#sending = undefined;
    this.#greeting = undefined;
    for (const nodeId of [...this.#others.keys()]) this.#forget(nodeId);
  }

  /** @internal The group is closed. */
  end(error: PeerError): void {
    this.detach();
    this.#own = undefined;
    this.#gone = error;
  }

  /** @internal A member says something of itself. */
  hear(peerId: PeerId, nodeId: NodeId, data: Uint8Array): void {
    let wire: Wire;
    try {
      if (data.byteLength > BYTES_MAX) return;
      wire = JSON.parse(new TextDecoder().decode(data));
    } catch {
      // It speaks another language; others may understand it.
      return;
    }
    if (wire?.value === undefined || !(wire.ms > 0)) {
      this.#forget(nodeId);
      return;
    }
    clearTimeout(this.#others.get(nodeId)?.timer);
    const ms = Math.min(wire.ms, LIFETIME_MAX_MS);
    const timer = setTimeout(() => this.#forget(nodeId), ms);
    const entry = { peerId, nodeId, value: wire.value as Value };
    this.#others.set(nodeId, { entry, timer });
    this.#tell(entry);
  }

  #forget(nodeId: NodeId): void {
    const known = this.#others.get(nodeId);
    if (known === undefined) return;
    clearTimeout(known.timer);
    this.#others.delete(nodeId);
    this.#tell({ ...known.entry, value: undefined });
  }

  #wire(): Uint8Array {
    return bytesOfJson({ value: this.#own, ms: this.#lifetimeMs() });
  }

  /** Sends what is said now, or soon if something was sent just before. */
  #send(): void {
    if (this.#room === undefined || this.#sending !== undefined) return;
    const wait = this.#lastSent + SPACING_MS - performance.now();
    if (wait > 0) {
      this.#sending = setTimeout(() => {
        this.#sending = undefined;
        this.#send();
      }, wait);
      return;
    }
    clearTimeout(this.#greeting);
    this.#greeting = undefined;
    this.#lastSent = performance.now();
    clearTimeout(this.#renewing);
    if (this.#own !== undefined) {
      this.#renewing = setTimeout(() => this.#send(), this.#lifetimeMs() / 3);
    }
    // Where it does not arrive it expires, and is said again before that.
    this.#room.broadcast(PRESENCE_LABEL, this.#wire()).catch(() => {});
  }
}

type Timer = ReturnType<typeof setTimeout>;
