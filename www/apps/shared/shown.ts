import { reasonOf } from "./reasons.js";
import type { Space } from "./space.js";
import { Observable } from "./watch.js";

/** What an application shows of a group: read once, and again when more can be deciphered. */
export abstract class Shown extends Observable {
  protected readonly space: Space;
  #reading: Promise<void> | undefined;
  #isLoaded = false;

  constructor(space: Space) {
    super();
    this.space = space;
    space.on("unlocked", () => {
      this.#reading = undefined;
      this.load().catch((thrown) => console.warn(reasonOf(thrown)));
    });
  }

  get isLoaded(): boolean {
    return this.#isLoaded;
  }

  /** Reads what is held, if it was not read before; what failed is tried again. */
  load(): Promise<void> {
    this.#reading ??= this.#load();
    return this.#reading;
  }

  protected abstract read(): Promise<void>;

  async #load(): Promise<void> {
    try {
      await this.read();
    } catch (thrown) {
      this.#reading = undefined;
      throw thrown;
    }
    this.#isLoaded = true;
    this.changed();
  }
}
