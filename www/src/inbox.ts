import type { CoreEvent } from "./core.js";
import { DEFAULT_LIMITS } from "./room-options.js";
import { nextTask } from "./wait.js";

/**
 * Where the events of the core wait while nobody could take them. All of them wait in one line, so
 * that a message never overtakes its sender, nor the end of a file its offer.
 *
 * They wait for two reasons: whoever takes them is not made yet, since the core may speak inside
 * its own constructor, or a room is being handed out. The core may go on speaking in the turn in
 * which it answers a join, but the code behind `await peer.join(link)` runs later and wants to hear
 * it.
 */
export class Inbox {
  readonly #route: (event: CoreEvent) => void;
  #waiting: CoreEvent[] = [];
  #bytes = 0;
  #isShut = true;
  #isQuiet = false;
  #isDraining = false;

  /** `route` is given every event once, in order; it must not throw. */
  constructor(route: (event: CoreEvent) => void) {
    this.#route = route;
  }

  /** Whether an event that comes now is routed at once. */
  get isIdle(): boolean {
    return !this.#isShut && !this.#isQuiet && !this.#isDraining;
  }

  /** Takes one event. */
  take(event: CoreEvent): void {
    if (this.isIdle) {
      this.#route(event);
      return;
    }
    this.#waiting.push(event);
    this.#bytes += sizeOf(event);
    const { items, bytes } = DEFAULT_LIMITS;
    if (this.#waiting.length > items || this.#bytes > bytes) this.#speak();
  }

  /** From now on events are routed. */
  open(): void {
    this.#isShut = false;
    this.#drain();
  }

  /**
   * Lets events wait until the next task, when every promise that was settled meanwhile has run its
   * course; or until more wait than an iterator would hold.
   */
  quieten(): void {
    if (this.#isQuiet) return;
    this.#isQuiet = true;
    void nextTask().then(() => this.#speak());
  }

  #speak(): void {
    this.#isQuiet = false;
    this.#drain();
  }

  // What a routed event causes is appended, and may also stop the rest.
  #drain(): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    while (!this.#isShut && !this.#isQuiet) {
      const event = this.#waiting.shift();
      if (event === undefined) break;
      this.#bytes -= sizeOf(event);
      this.#route(event);
    }
    this.#isDraining = false;
  }
}

function sizeOf(event: CoreEvent): number {
  return "data" in event ? event.data.byteLength : 0;
}
