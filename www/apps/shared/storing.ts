import type { Group } from "lacis";

/** Whether all that was heard of outlasts the page; what comes together is asked for once. */
export class Storing {
  readonly #group: Group;
  readonly #onStored: () => void;
  /** Records that were heard of since the store was last asked. */
  #unstored = 0;

  constructor(group: Group, onStored: () => void) {
    this.#group = group;
    this.#onStored = onStored;
  }

  get isStored(): boolean {
    return this.#unstored === 0;
  }

  /** The store says by itself that it has all. */
  saved(): void {
    this.#unstored = 0;
  }

  /** Something was heard of. */
  async hear(): Promise<void> {
    this.#unstored += 1;
    if (this.#unstored > 1) return;
    try {
      for (let asked = 0; asked < this.#unstored; ) {
        asked = this.#unstored;
        await this.#group.stored();
      }
      this.saved();
      this.#onStored();
    } catch {
      // The event "unsaved" has told, and "saved" will.
    }
  }
}
