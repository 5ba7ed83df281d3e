import { bytesOfJson, NOTHING, valueOfJson } from "./bytes.js";
import type { PeerError } from "./errors.js";
import { attempted } from "./errors.js";
import type { NodeId, PeerId } from "./ids.js";
import type { Remote } from "./remote.js";

/** What somebody who is here says of itself. */
export interface PresenceEntry<Value = unknown> {
  /** Whose it is: the identity. */
  readonly peerId: PeerId;
  /** The page that said it; one identity may have several. */
  readonly nodeId: NodeId;
  /** What it said: any value that JSON can hold; `undefined` once it is gone. */
  readonly value: Value | undefined;
}

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
  readonly #say: (value: Uint8Array) => void;
  readonly #tell: (entry: PresenceEntry<Value>) => void;
  readonly #others = new Map<string, PresenceEntry<Value>>();
  #gone: PeerError | undefined;

  /** @internal */
  constructor(say: (value: Uint8Array) => void, tell: (entry: PresenceEntry<Value>) => void) {
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
    const said = value === undefined ? NOTHING : bytesOfJson(value);
    attempted(() => this.#say(said));
  }

  /** Says nothing any more. */
  clear(): void {
    if (this.#gone === undefined) attempted(() => this.#say(NOTHING));
  }

  /** @internal Somebody says something of itself, or nothing any more. */
  hear({ id, peerId }: Remote, said: Uint8Array): void {
    try {
      const value = said.length === 0 ? undefined : (valueOfJson(said) as Value);
      this.#note({ peerId, nodeId: id, value });
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
