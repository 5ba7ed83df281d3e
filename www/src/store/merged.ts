// Runs as one table, without taking them apart: of 100,000 entries, making an object of each would
// take longer than reading them.

import { compare } from "./ranges.js";
import { endOf, keyAt, keyBytes, unpack, valueBytes } from "./runs.js";
import type { StorePage } from "./store.js";

/** A place is the number of a run times this, and where in the run the entry begins. */
const RUN = 2 ** 32;

/** Of runs the entries that count, in the order of their keys. */
export class Merged {
  readonly #runs: readonly Uint8Array[];
  readonly #places: Float64Array;
  readonly #shared: number;

  constructor(runs: readonly Uint8Array[], places: Float64Array, shared: number) {
    this.#runs = runs;
    this.#places = places;
    this.#shared = shared;
  }

  /** How many entries there are. */
  get length(): number {
    return this.#places.length;
  }

  /** How many of them are deletions. */
  get deletions(): number {
    let count = 0;
    for (const place of this.#places) {
      if (valueBytes(this.#run(place), atOf(place)) === 0) count += 1;
    }
    return count;
  }

  /** The key of an entry. */
  key(number: number): Uint8Array {
    const place = this.#places[number] as number;
    const [run, at] = [this.#run(place), atOf(place)];
    return run.subarray(keyAt(at), keyAt(at) + keyBytes(run, at));
  }

  /** The value of a key. */
  get(key: Uint8Array): Uint8Array | undefined {
    const number = this.placeOf(key);
    if (number === this.length || compare(this.key(number), key) !== 0) return undefined;
    const place = this.#places[number] as number;
    const [run, at] = [this.#run(place), atOf(place)];
    return run.subarray(keyAt(at) + keyBytes(run, at), endOf(run, at));
  }

  /** The number of the first entry whose key is not less. */
  placeOf(key: Uint8Array): number {
    let [low, high] = [0, this.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compare(this.key(middle), key, this.#shared) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The number of the first entry whose key is greater. */
  placeAfter(key: Uint8Array): number {
    const place = this.placeOf(key);
    const isHere = place < this.length && compare(this.key(place), key, this.#shared) === 0;
    return isHere ? place + 1 : place;
  }

  /** Those from one number to before another. */
  slice(from: number, to: number): Merged {
    return new Merged(this.#runs, this.#places.subarray(from, to), this.#shared);
  }

  /** All of them packed. */
  pack(): Uint8Array<ArrayBuffer> {
    let size = 0;
    for (const place of this.#places) {
      const at = atOf(place);
      size += endOf(this.#run(place), at) - at;
    }
    const bytes = new Uint8Array(size);
    let filled = 0;
    for (const place of this.#places) {
      const run = this.#run(place);
      const at = atOf(place);
      const end = endOf(run, at);
      bytes.set(run.subarray(at, end), filled);
      filled += end - at;
    }
    return bytes;
  }

  #run(place: number): Uint8Array {
    return this.#runs[numberOf(place)] as Uint8Array;
  }
}

function numberOf(place: number): number {
  return Math.floor(place / RUN);
}

function atOf(place: number): number {
  return place % RUN;
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
  const order = (a: number, b: number): number => {
    const one = runs[numberOf(a)] as Uint8Array;
    const other = runs[numberOf(b)] as Uint8Array;
    return compareKeys(one, atOf(a), other, atOf(b), shared);
  };
  let pieces = runs.flatMap((run, number) => piecesOf(run, number * RUN, order));
  while (pieces.length > 1) {
    const joined: Float64Array[] = [];
    for (let at = 0; at < pieces.length; at += 2) {
      const [older, newer] = [pieces[at] as Float64Array, pieces[at + 1]];
      joined.push(newer === undefined ? older : join(older, newer, order));
    }
    pieces = joined;
  }
  const [all = new Float64Array(0)] = pieces;
  if (keepDeletions) return new Merged(runs, all, shared);
  const isKept = (place: number): boolean =>
    valueBytes(runs[numberOf(place)] as Uint8Array, atOf(place)) > 0;
  return new Merged(runs, all.filter(isKept), shared);
}

type Order = (a: number, b: number) => number;

/** The places of the entries of a run, cut where they do not ascend. */
function piecesOf(run: Uint8Array, base: number, order: Order): Float64Array[] {
  const pieces: number[][] = [];
  let piece: number[] = [];
  let last = 0;
  for (let at = 0, end = endOf(run, at); end > 0; at = end, end = endOf(run, at)) {
    if (piece.length === 0 || order(base + last, base + at) >= 0) {
      piece = [];
      pieces.push(piece);
    }
    piece.push(base + at);
    last = at;
  }
  return pieces.map((places) => Float64Array.from(places));
}

/** Two as one, of which the newer entry of a key counts. */
function join(older: Float64Array, newer: Float64Array, order: Order): Float64Array {
  const joined = new Float64Array(older.length + newer.length);
  let [from, to, count] = [0, 0, 0];
  while (from < older.length && to < newer.length) {
    const old = older[from] as number;
    const young = newer[to] as number;
    const difference = order(old, young);
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

function compareKeys(
  run: Uint8Array,
  at: number,
  otherRun: Uint8Array,
  otherAt: number,
  shared: number,
): number {
  const bytes = keyBytes(run, at);
  const otherBytes = keyBytes(otherRun, otherAt);
  const key = keyAt(at);
  const otherKey = keyAt(otherAt);
  const shorter = Math.min(bytes, otherBytes);
  for (let place = shared; place < shorter; place += 1) {
    const difference = (run[key + place] as number) - (otherRun[otherKey + place] as number);
    if (difference !== 0) return difference;
  }
  return bytes - otherBytes;
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
