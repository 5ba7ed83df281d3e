import { PeerError } from "./errors.js";

/** How much may wait in one iterator before it ends with `too-slow`. */
export interface QueueLimits {
  /** Items. */
  readonly items: number;
  /** The sum of their sizes in bytes. */
  readonly bytes: number;
}

interface Waiting<T> {
  readonly resolve: (result: IteratorResult<T, undefined>) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The bounded queue behind every `for await` of this package.
 *
 * Nothing is lost silently: when more waits than the limits allow, the queue takes no more, hands
 * out what it holds, and then throws `too-slow`.
 */
export class EventQueue<T> implements AsyncIterableIterator<T, undefined> {
  readonly #limits: QueueLimits;
  readonly #onEnd: () => void;
  #items: { readonly value: T; readonly bytes: number }[] = [];
  #head = 0;
  #bytes = 0;
  #waiting: Waiting<T>[] = [];
  #ended = false;
  #error: unknown;

  /** `onEnd` runs once, when the queue takes no more items. */
  constructor(limits: QueueLimits, onEnd: () => void) {
    this.#limits = limits;
    this.#onEnd = onEnd;
  }

  /** Adds an item, or ends the queue when it does not fit. */
  push(value: T, bytes: number): void {
    if (this.#ended) return;
    const waiting = this.#waiting.shift();
    if (waiting !== undefined) {
      waiting.resolve({ value, done: false });
      return;
    }
    const held = this.#items.length - this.#head;
    if (held >= this.#limits.items || (held > 0 && this.#bytes + bytes > this.#limits.bytes)) {
      this.end(new PeerError("too-slow"));
      return;
    }
    this.#items.push({ value, bytes });
    this.#bytes += bytes;
  }

  /** Takes no more items. What waits is still handed out; then comes the error, if there is one. */
  end(error?: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    this.#onEnd();
    for (const waiting of this.#waiting) {
      if (this.#error === undefined) waiting.resolve({ value: undefined, done: true });
      else waiting.reject(this.#takeError());
    }
    this.#waiting = [];
  }

  /** The next item. */
  next(): Promise<IteratorResult<T, undefined>> {
    const item = this.#items[this.#head];
    if (item !== undefined) {
      this.#head += 1;
      this.#bytes -= item.bytes;
      this.#compact();
      return Promise.resolve({ value: item.value, done: false });
    }
    if (this.#error !== undefined) return Promise.reject(this.#takeError());
    if (this.#ended) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /** Called by `break` and `return` inside `for await`. */
  return(): Promise<IteratorResult<T, undefined>> {
    this.end();
    this.#items = [];
    this.#head = 0;
    this.#bytes = 0;
    this.#error = undefined;
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  // An iterator throws once and is finished from then on.
  #takeError(): unknown {
    const error = this.#error;
    this.#error = undefined;
    return error;
  }

  // Removing from the front one by one would move the whole array each time.
  #compact(): void {
    if (this.#head < 256 && this.#head < this.#items.length) return;
    this.#items = this.#items.slice(this.#head);
    this.#head = 0;
  }
}
