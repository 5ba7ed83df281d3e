// Entries of a table packed into few large values: a log of runs, of which the newest that has a
// key counts. An empty value says that the key was deleted. ADR 14 says why it exists and what must
// hold.

/** An entry; an empty value stands for a deletion. */
export type Entry = readonly [key: Uint8Array, value: Uint8Array];

/** What is known of a run without reading it. */
export interface RunSize {
  /** Bytes of its value. */
  readonly bytes: number;
  /** Its entries. */
  readonly entries: number;
  /** How many of them are deletions. */
  readonly deletions: number;
}

/** So many runs cost less to open than one more transaction would. */
export const RUNS_MAX = 64;

/** Once every so manieth entry is a deletion, it is worth while to write all others anew. */
const ENTRIES_PER_DELETION = 4;

/** Before an entry stand the lengths of its key and its value. */
export const HEAD_BYTES = 6;

/**
 * How many of the runs, oldest first, are to become one: always the newest ones, without a gap, so
 * that no older entry comes to lie before a newer one. None, as long as there are few. An older run
 * that is larger than all newer ones together stays as it is, so an entry is written anew a few
 * times and not with every merge.
 */
export function dueRuns(runs: readonly RunSize[]): number {
  const sum = (of: "entries" | "deletions"): number => runs.reduce((all, run) => all + run[of], 0);
  if (sum("deletions") * ENTRIES_PER_DELETION > sum("entries")) return runs.length;
  if (runs.length <= RUNS_MAX) return 0;
  let [count, bytes] = [0, 0];
  for (const run of [...runs].reverse()) {
    if (count >= 2 && run.bytes > bytes) break;
    bytes += run.bytes;
    count += 1;
  }
  return count;
}

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

/** How long the key of an entry is that begins there. */
export function keyBytes(run: Uint8Array, at: number): number {
  return (run[at] as number) + (run[at + 1] as number) * 0x1_00;
}
