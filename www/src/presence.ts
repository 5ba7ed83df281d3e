import { bytesOfJson, valueOfJson } from "./bytes.js";
import type { CoreEvent } from "./core.js";
import { PeerError } from "./errors.js";
import { attempted } from "./group/base.js";
import type { NodeId, PeerId } from "./ids.js";

/** What somebody who is here says of itself. */
export interface PresenceEntry<Value = unknown> {
  /** Whose it is: the identity. */
  readonly peerId: PeerId;
  /** The page that said it; one identity may have several. */
  readonly nodeId: NodeId;
  /** What it said: any value that JSON can hold; `undefined` once it is gone. */
  readonly value: Value | undefined;
}

/** More than this is no presence: 8 KiB of JSON. */
const BYTES_MAX = 8_192;

/**
 * What each page that is here says of itself: a name, a cursor, whether somebody types. It is
 * stored nowhere, expires by itself and goes with its page.
 *
 * @example
 * ```ts
 * group.presence.set({ name: "Ada", cursor: [3, 4] });
 * group.addEventListener("presence", ({ detail }) => draw(detail.peerId, detail.value));
 * ```
 */
export class Presence<Value = unknown> {
  readonly #say: (value: Uint8Array | undefined) => void;
  readonly #tell: (entry: PresenceEntry<Value>) => void;
  readonly #others = new Map<string, PresenceEntry<Value>>();
  #gone: PeerError | undefined;

  /** @internal */
  constructor(
    say: (value: Uint8Array | undefined) => void,
    tell: (entry: PresenceEntry<Value>) => void,
  ) {
    this.#say = say;
    this.#tell = tell;
  }

  /** What the others say who are here now. */
  get others(): PresenceEntry<Value>[] {
    return [...this.#others.values()];
  }

  /** Says this from now on, to whoever is here or comes, until it is changed or cleared. */
  set(value: Value): void {
    if (this.#gone !== undefined) throw this.#gone;
    const bytes = value === undefined ? undefined : bytesOfJson(value);
    if (bytes !== undefined && bytes.byteLength > BYTES_MAX) {
      throw new PeerError("too-large", { detail: `presence.set: at most ${BYTES_MAX} bytes` });
    }
    attempted(() => this.#say(bytes));
  }

  /** Says nothing any more. */
  clear(): void {
    if (this.#gone === undefined) attempted(() => this.#say(undefined));
  }

  /** @internal Somebody says something of itself, or nothing any more. */
  hear({ node, peer, value: said }: Extract<CoreEvent, { type: "presence" }>): void {
    try {
      const value = said && (valueOfJson(said) as Value);
      this.#note({ peerId: peer, nodeId: node, value });
    } catch {
      // It speaks another language; others may understand it.
    }
  }

  /** @internal This page is not here any more, and hears nothing. */
  leave(): void {
    for (const entry of this.others) this.#note({ ...entry, value: undefined });
  }

  /** @internal It is over for good. */
  end(error: PeerError): void {
    this.#gone = error;
    this.leave();
  }

  #note(entry: PresenceEntry<Value>): void {
    if (entry.value !== undefined) this.#others.set(entry.nodeId, entry);
    else if (!this.#others.delete(entry.nodeId)) return;
    this.#tell(entry);
  }
}
