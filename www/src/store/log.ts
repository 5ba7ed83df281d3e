import { type Merged, merge } from "./merged.js";
import { deleteRange, startsWith, upperEnd } from "./prefix.js";
import { settle } from "./request.js";
import { dueRuns, type Entry, pack, type RunSize } from "./runs.js";

/**
 * Entries whose keys share so many first bytes are kept together: the id of a group, which is what
 * is read and deleted as a whole.
 */
const SHELF_BYTES = 32;

/** The key of a run: its shelf, its place in the order of age, and what is known of it. */
type RunKey = [shelf: ArrayBuffer, age: number, bytes: number, entries: number, deletions: number];

/** The part of a key that says where it is kept. */
export function shelfOf(key: Uint8Array): Uint8Array {
  return key.slice(0, SHELF_BYTES);
}

/** The age of the newest run of a shelf. */
export async function newestAge(table: IDBObjectStore, shelf: Uint8Array): Promise<number> {
  return (await keysOf(table, shelf)).at(-1)?.[1] ?? 0;
}

/**
 * Adds entries of one shelf as its newest run, whose age is greater than that of any other; a
 * deletion is added too, since what it deletes lies in an older one. Says whether there is
 * something to compact.
 */
export async function append(
  table: IDBObjectStore,
  shelf: Uint8Array,
  age: number,
  entries: readonly Entry[],
): Promise<boolean> {
  put(table, shelf, age, merge([pack(entries)], { keepDeletions: true }));
  return dueRuns((await keysOf(table, shelf)).map(sizeOf)) > 0;
}

/** Merges the newest runs of a shelf if that is due. */
export async function compact(table: IDBObjectStore, shelf: Uint8Array): Promise<void> {
  const keys = await keysOf(table, shelf);
  const due = dueRuns(keys.map(sizeOf));
  if (due === 0) return;
  const merged = keys.slice(keys.length - due);
  const runs = await Promise.all(merged.map((key) => settle<Uint8Array>(table.get(key))));
  // Deletions go for good only when nothing older is left that they might hide.
  const entries = merge(runs, { keepDeletions: due < keys.length, shared: shelf.byteLength });
  for (const key of merged) table.delete(key);
  if (entries.length > 0) put(table, shelf, merged.at(-1)?.[1] ?? 1, entries);
}

/** All entries whose keys begin with the prefix, in the order of keys. */
export async function load(table: IDBObjectStore, prefix: Uint8Array): Promise<Merged> {
  const shelf = shelfOf(prefix);
  const runs = await settle<Uint8Array[]>(table.getAll(rangeOf(shelf)));
  const entries = merge(runs, { keepDeletions: false, shared: shelf.byteLength });
  if (prefix.byteLength <= SHELF_BYTES) return entries;
  const from = entries.placeOf(prefix);
  let to = from;
  while (to < entries.length && startsWith(entries.key(to), prefix)) to += 1;
  return entries.slice(from, to);
}

/** Deletes every entry whose key begins with the prefix, which is not longer than a shelf's. */
export function erase(table: IDBObjectStore, prefix: Uint8Array): void {
  deleteRange(table, rangeOf(prefix));
}

function put(table: IDBObjectStore, shelf: Uint8Array, age: number, entries: Merged): void {
  const run = entries.pack();
  const place = shelf.slice().buffer;
  const key: RunKey = [place, age, run.byteLength, entries.length, entries.deletions];
  table.put(run, key);
}

async function keysOf(table: IDBObjectStore, shelf: Uint8Array): Promise<RunKey[]> {
  const keys = (await settle(table.getAllKeys(rangeOf(shelf)))) as RunKey[];
  // A shelf whose key is shorter than others' is the beginning of theirs too.
  return keys.filter(([place]) => place.byteLength === shelf.byteLength);
}

function rangeOf(prefix: Uint8Array): IDBKeyRange | undefined {
  if (prefix.byteLength === 0) return undefined;
  const end = upperEnd(prefix);
  // In the order of keys, a list comes after every number, text and binary key.
  return IDBKeyRange.bound([prefix], end === undefined ? [[]] : [end], false, true);
}

function sizeOf([, , bytes, entries, deletions]: RunKey): RunSize {
  return { bytes, entries, deletions };
}
