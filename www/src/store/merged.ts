// Runs as one table, without taking them apart: of 100,000 entries, making an object of each would
// take longer than reading them.

import { compare } from "./ranges.js";
import { HEAD_BYTES, keyBytes, unpack } from "./runs.js";
import type { StorePage } from "./store.js";

/** All entries of some runs, by a number that each of them has. */
interface Table {
  readonly runs: readonly Uint8Array[];
  /** In which run an entry is, where it begins and ends there. */
  readonly run: Uint32Array;
  readonly begin: Uint32Array;
  readonly end: Uint32Array;
  /** Some bytes of its key as numbers, {@link RANKS} of them: most keys are told apart by these. */
  readonly ranks: Uint32Array;
  readonly isDeletion: Uint8Array;
  /** How many first bytes are the same in all keys; the numbers stand for those that follow. */
  readonly shared: number;
}

/** Of four bytes each: those of one creator share the first half of their ids. */
const RANKS = 3;

/** Of runs the entries that count, in the order of their keys. */
export class Merged {
  readonly #table: Table;
  readonly #numbers: Uint32Array;

  constructor(table: Table, numbers: Uint32Array) {
    this.#table = table;
    this.#numbers = numbers;
  }

  /** How many entries there are. */
  get length(): number {
    return this.#numbers.length;
  }

  /** How many of them are deletions. */
  get deletions(): number {
    return this.#numbers.filter((number) => this.#table.isDeletion[number]).length;
  }

  /** The key of an entry. */
  key(place: number): Uint8Array {
    return keyOf(this.#table, this.#numbers[place] as number);
  }

  /** The value of a key. */
  get(key: Uint8Array): Uint8Array | undefined {
    const place = this.placeOf(key);
    if (place === this.length || compare(this.key(place), key) !== 0) return undefined;
    const number = this.#numbers[place] as number;
    const run = runOf(this.#table, number);
    const at = this.#table.begin[number] as number;
    return run.subarray(at + HEAD_BYTES + keyBytes(run, at), this.#table.end[number]);
  }

  /** Where the first entry is whose key is not less. */
  placeOf(key: Uint8Array): number {
    let [low, high] = [0, this.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compare(this.key(middle), key, this.#table.shared) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Where the first entry is whose key is greater. */
  placeAfter(key: Uint8Array): number {
    const place = this.placeOf(key);
    const isHere = place < this.length && compare(this.key(place), key, this.#table.shared) === 0;
    return isHere ? place + 1 : place;
  }

  /** Those from one place to before another. */
  slice(from: number, to: number): Merged {
    return new Merged(this.#table, this.#numbers.subarray(from, to));
  }

  /** All of them packed. */
  pack(): Uint8Array<ArrayBuffer> {
    const { begin, end, run } = this.#table;
    const numbers = this.#numbers;
    let size = 0;
    for (const number of numbers) size += (end[number] as number) - (begin[number] as number);
    const bytes = new Uint8Array(size);
    let filled = 0;
    for (let place = 0; place < numbers.length; place += 1) {
      const first = numbers[place] as number;
      let last = first;
      // What lies side by side is copied at once.
      while (numbers[place + 1] === last + 1 && run[last + 1] === run[first]) {
        last += 1;
        place += 1;
      }
      const stretch = runOf(this.#table, first).subarray(begin[first], end[last]);
      bytes.set(stretch, filled);
      filled += stretch.byteLength;
    }
    return bytes;
  }
}

/** What {@link merge} has to know. */
export interface MergeOptions {
  /** Deletions are kept only if something older may lie elsewhere. */
  readonly keepDeletions: boolean;
  /** So many first bytes are the same in all keys. */
  readonly shared?: number;
}

/**
 * The newest entry of each key, in the order of keys, out of runs that are ordered by age, the
 * oldest first, as the entries of one run are.
 */
export function merge(
  runs: readonly Uint8Array[],
  { keepDeletions, shared = 0 }: MergeOptions,
): Merged {
  const table = tableOf(runs, shared);
  // Neighbours of about one length, so that no entry is compared often: old runs are long.
  const joined: Uint32Array[] = [];
  for (const piece of [...piecesOf(table), new Uint32Array(0)]) {
    let newer = piece;
    for (let older = joined.at(-1); older !== undefined; older = joined.at(-1)) {
      if (piece.length > 0 && older.length >= 2 * newer.length) break;
      newer = join(table, older, newer);
      joined.pop();
    }
    joined.push(newer);
  }
  const [all = new Uint32Array(0)] = joined;
  return new Merged(table, keepDeletions ? all : all.filter((it) => !table.isDeletion[it]));
}

// It runs once when a page opens a group, before browsers have compiled it, so it makes no objects
// for an entry, and few calls.
function tableOf(runs: readonly Uint8Array[], shared: number): Table {
  const views = runs.map((run) => new DataView(run.buffer, run.byteOffset, run.byteLength));
  const counts = views.map(countOf);
  const count = counts.reduce((sum, one) => sum + one, 0);
  const table: Table = {
    runs,
    run: new Uint32Array(count),
    begin: new Uint32Array(count),
    end: new Uint32Array(count),
    ranks: new Uint32Array(count * RANKS),
    isDeletion: new Uint8Array(count),
    shared,
  };
  let [number, isRanked] = [0, true];
  for (const [place, view] of views.entries()) {
    let at = 0;
    for (let left = counts[place] ?? 0; left > 0; left -= 1) {
      const bytes = view.getUint16(at, true);
      const size = view.getUint32(at + 2, true);
      const rank = number * RANKS;
      const from = at + HEAD_BYTES + shared;
      if (bytes < shared + RANKS * 4) {
        isRanked = false;
      } else {
        table.ranks[rank] = view.getUint32(from);
        table.ranks[rank + 1] = view.getUint32(from + 4);
        table.ranks[rank + 2] = view.getUint32(from + 8);
      }
      table.run[number] = place;
      table.begin[number] = at;
      table.isDeletion[number] = size === 0 ? 1 : 0;
      at += HEAD_BYTES + bytes + size;
      table.end[number] = at;
      number += 1;
    }
  }
  // Among keys that are shorter all have to be looked at.
  if (!isRanked) table.ranks.fill(0);
  return table;
}

/** How many whole entries a run has. */
function countOf(view: DataView): number {
  let [count, at] = [0, 0];
  while (at + HEAD_BYTES <= view.byteLength) {
    at += HEAD_BYTES + view.getUint16(at, true) + view.getUint32(at + 2, true);
    if (at <= view.byteLength) count += 1;
  }
  return count;
}

/** The numbers of all entries, cut where keys do not ascend. */
function piecesOf(table: Table): Uint32Array[] {
  const numbers = table.run.map((_, number) => number);
  const pieces: Uint32Array[] = [];
  let first = 0;
  for (let number = 1; number <= numbers.length; number += 1) {
    if (number < numbers.length && order(table, number - 1, number) < 0) continue;
    pieces.push(numbers.subarray(first, number));
    first = number;
  }
  return pieces;
}

/** Two as one, of which the newer entry of a key counts. */
function join(table: Table, older: Uint32Array, newer: Uint32Array): Uint32Array {
  const joined = new Uint32Array(older.length + newer.length);
  let [from, to, count] = [0, 0, 0];
  while (from < older.length && to < newer.length) {
    const old = older[from] as number;
    const young = newer[to] as number;
    const difference = order(table, old, young);
    if (difference <= 0) from += 1;
    if (difference >= 0) to += 1;
    joined[count] = difference < 0 ? old : young;
    count += 1;
  }
  joined.set(older.subarray(from), count);
  count += older.length - from;
  joined.set(newer.subarray(to), count);
  return joined.subarray(0, count + newer.length - to);
}

function order(table: Table, one: number, other: number): number {
  const ranks = table.ranks;
  for (let rank = 0; rank < RANKS; rank += 1) {
    const difference =
      (ranks[one * RANKS + rank] as number) - (ranks[other * RANKS + rank] as number);
    if (difference !== 0) return difference;
  }
  return compare(keyOf(table, one), keyOf(table, other), table.shared);
}

function keyOf(table: Table, number: number): Uint8Array {
  const run = runOf(table, number);
  const at = table.begin[number] as number;
  return run.subarray(at + HEAD_BYTES, at + HEAD_BYTES + keyBytes(run, at));
}

function runOf(table: Table, number: number): Uint8Array {
  return table.runs[table.run[number] as number] as Uint8Array;
}

/** A page of a scan that is packed already, as the core takes it. */
export class PackedPage implements StorePage {
  readonly packed: Uint8Array;
  /** Taken apart only if somebody asks. */
  #page: StorePage | undefined;

  constructor(packed: Uint8Array) {
    this.packed = packed;
  }

  get keys(): readonly Uint8Array[] {
    return this.#unpacked().keys;
  }

  get values(): readonly Uint8Array[] {
    return this.#unpacked().values;
  }

  #unpacked(): StorePage {
    if (this.#page === undefined) {
      const entries = [...unpack(this.packed)];
      this.#page = { keys: entries.map(([key]) => key), values: entries.map(([, it]) => it) };
    }
    return this.#page;
  }
}
