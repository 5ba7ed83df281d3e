import type { GroupRecord } from "lacis";
import type { Area, Shape } from "./item.js";

/** Something on the board. */
export interface Item {
  /** The record's id, or a name of its own while it is on its way into the store. */
  readonly id: string;
  readonly shape: Shape;
  readonly area: Area;
  readonly creator: string;
  readonly at: number;
  /** Nothing while it is not stored. */
  readonly record: GroupRecord | undefined;
}

/** Things one above the other, by when they were made: records come in any order. */
export class Pile {
  readonly #items = new Map<string, Item>();
  readonly #sorted: Item[] = [];

  /** All of them, those below first. It follows what happens. */
  get sorted(): readonly Item[] {
    return this.#sorted;
  }

  get(id: string): Item | undefined {
    return this.#items.get(id);
  }

  has(id: string): boolean {
    return this.#items.has(id);
  }

  /** Puts a thing where it belongs; says whether it is a new one, above all others. */
  put(item: Item): boolean {
    const old = this.#items.get(item.id);
    if (old !== undefined && old.at === item.at) {
      this.#items.set(item.id, item);
      this.#sorted[this.#placeOf(old)] = item;
      return false;
    }
    this.delete(item.id);
    const place = this.#placeOf(item);
    this.#items.set(item.id, item);
    this.#sorted.splice(place, 0, item);
    return old === undefined && place === this.#sorted.length - 1;
  }

  /** Puts many: that costs no more than to sort them once. */
  putAll(items: readonly Item[]): void {
    for (const item of items) this.#items.set(item.id, item);
    this.#sorted.length = 0;
    for (const item of this.#items.values()) this.#sorted.push(item);
    this.#sorted.sort((a, b) => (isBelow(a, b) ? -1 : 1));
  }

  /** Takes one away; says whether it was there. */
  delete(id: string): boolean {
    const item = this.#items.get(id);
    if (item === undefined) return false;
    this.#sorted.splice(this.#placeOf(item), 1);
    return this.#items.delete(id);
  }

  /** Where it is, or would be. */
  #placeOf(item: Item): number {
    let [from, to] = [0, this.#sorted.length];
    const last = this.#sorted[to - 1];
    // Most that come are the newest.
    if (last !== undefined && isBelow(last, item)) return to;
    while (from < to) {
      const middle = (from + to) >> 1;
      if (isBelow(this.#sorted[middle] as Item, item)) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}

function isBelow(a: Item, b: Item): boolean {
  return a.at === b.at ? a.id < b.id : a.at < b.at;
}
