import { recall, remember } from "./memory.js";

/** What a page remembers of a group between two visits. */
interface Remembered {
  readonly unread: number;
  /** When something last happened in it, in milliseconds since 1970. */
  readonly activeAt: number;
  /** Up to when everything was seen. */
  readonly readAt: number;
}

/** What is new in a group, and whether somebody looks at it. */
export class News {
  readonly #key: string;
  readonly #signal: AbortSignal;
  #remembered: Remembered;
  #isWatched = false;
  #newSince = 0;

  /** After `signal` nothing is remembered any more. */
  constructor(group: string, signal: AbortSignal) {
    this.#key = `space.${group}`;
    this.#signal = signal;
    const fresh = { unread: 0, activeAt: Date.now(), readAt: 0 };
    this.#remembered = { ...fresh, ...recall(this.#key, {}) };
  }

  get unread(): number {
    return this.#remembered.unread;
  }

  get activeAt(): Date {
    return new Date(this.#remembered.activeAt);
  }

  get isWatched(): boolean {
    return this.#isWatched;
  }

  /** Up to when this person had seen everything before it began to look; 0 for never. */
  get newSince(): number {
    // Whoever is just about to look asks before it is known that somebody does.
    return this.#isWatched ? this.#newSince : this.#remembered.readAt;
  }

  /** Whether the person looks at it: what comes meanwhile is no news. */
  watch(isWatched: boolean): void {
    if (isWatched) this.#newSince = this.#remembered.readAt;
    this.#isWatched = isWatched;
  }

  /** Takes what happened at that time; `isKnown` if it is nothing new to this person. */
  take(at: Date, isKnown: boolean): void {
    const activeAt = Math.max(this.#remembered.activeAt, at.getTime());
    const isSeen = isKnown || (this.#isWatched && !document.hidden);
    this.#keep({ activeAt, unread: this.unread + (isSeen ? 0 : 1) });
  }

  /** Everything that is here has been seen. */
  markRead(): void {
    this.#keep({ unread: 0, readAt: Date.now() });
  }

  #keep(change: Partial<Remembered>): void {
    this.#remembered = { ...this.#remembered, ...change };
    if (!this.#signal.aborted) remember(this.#key, this.#remembered);
  }
}
