import { useLayoutEffect, useReducer } from "preact/hooks";

/** Something that changes, and that pages show. */
export class Observable {
  readonly #listeners = new Set<() => void>();
  #isTelling = false;

  /** Calls `listener` after changes, once for several at a time; the result ends that. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Has those who watch it look again. */
  changed(): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    queueMicrotask(() => {
      this.#isTelling = false;
      for (const listener of [...this.#listeners]) listener();
    });
  }
}

/** Has a component drawn again whenever this changes. */
export function useWatch(observable: Observable): void {
  const [, draw] = useReducer((count: number, _: undefined) => count + 1, 0);
  // Before anything else can happen: what changed between drawing and listening would stay unseen.
  useLayoutEffect(() => observable.subscribe(() => draw(undefined)), [observable]);
}
