// Entries of a table packed into few large values. IndexedDB takes some 15 microseconds to read an
// entry, however small; headers are many and are all read when a group is opened. So they are
// written one by one, and packed once there are enough: a log-structured merge, of which the newest
// entry of a key counts. An empty value says that the key was deleted.

/** An entry; an empty value stands for a deletion. */
export type Entry = readonly [key: Uint8Array, value: Uint8Array];

/** Entries that are packed together. */
export const RUN_ENTRIES = 2_048;

/** So many small runs become a large one. */
export const SMALL_RUNS_MAX = 16;

/** So many deletions at once, and everything is packed anew, so that nothing of them is left. */
export const DELETIONS_MAX = 256;

const HEAD_BYTES = 6;

/** Packs entries: the length of key and value, lowest byte first, then both. */
export function pack(entries: readonly Entry[]): Uint8Array<ArrayBuffer> {
  let size = 0;
  for (const [key, value] of entries) size += HEAD_BYTES + key.byteLength + value.byteLength;
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [key, value] of entries) {
    view.setUint16(at, key.byteLength, true);
    view.setUint32(at + 2, value.byteLength, true);
    at += HEAD_BYTES;
    bytes.set(key, at);
    at += key.byteLength;
    bytes.set(value, at);
    at += value.byteLength;
  }
  return bytes;
}

/** The entries of a run, as views into it. What is cut off at its end is left out. */
export function* unpack(bytes: Uint8Array): Generator<Entry, undefined> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  while (at + HEAD_BYTES <= bytes.byteLength) {
    const valueAt = at + HEAD_BYTES + view.getUint16(at, true);
    const end = valueAt + view.getUint32(at + 2, true);
    if (end > bytes.byteLength) return;
    yield [bytes.subarray(at + HEAD_BYTES, valueAt), bytes.subarray(valueAt, end)];
    at = end;
  }
}

/**
 * The newest entry of each key, out of runs and single entries, oldest first. Deletions are kept
 * only if something older may lie elsewhere.
 */
export function merge(
  runs: readonly Uint8Array[],
  loose: readonly Entry[],
  options: { readonly prefix?: Uint8Array; readonly keepDeletions?: boolean } = {},
): Entry[] {
  const { prefix = new Uint8Array(0), keepDeletions = false } = options;
  const newest = new Map<string, Entry>();
  const beginning = nameOf(prefix);
  const take = (entry: Entry): void => {
    const name = nameOf(entry[0]);
    if (name.startsWith(beginning)) newest.set(name, entry);
  };
  for (const run of runs) for (const entry of unpack(run)) take(entry);
  for (const entry of loose) take(entry);
  const all = [...newest.values()];
  return keepDeletions ? all : all.filter(([, value]) => value.byteLength > 0);
}

/** Bytes as what a map can find: one character each. */
function nameOf(key: Uint8Array): string {
  return String.fromCharCode.apply(undefined, key as unknown as number[]);
}
