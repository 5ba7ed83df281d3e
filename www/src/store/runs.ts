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

const HEAD_BYTES = 6;

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
  for (let at = 0, end = endOf(bytes, at); end > 0; at = end, end = endOf(bytes, at)) {
    const valueAt = at + HEAD_BYTES + keyBytes(bytes, at);
    yield [bytes.subarray(at + HEAD_BYTES, valueAt), bytes.subarray(valueAt, end)];
  }
}

/** Where an entry ends; 0 where there is none, or not all of it. */
export function endOf(bytes: Uint8Array, at: number): number {
  if (at + HEAD_BYTES > bytes.byteLength) return 0;
  const end = at + HEAD_BYTES + keyBytes(bytes, at) + valueBytes(bytes, at);
  return end > bytes.byteLength ? 0 : end;
}

/** Where the key of an entry begins. */
export function keyAt(at: number): number {
  return at + HEAD_BYTES;
}

export function keyBytes(bytes: Uint8Array, at: number): number {
  return byte(bytes, at) + byte(bytes, at + 1) * 0x1_00;
}

export function valueBytes(bytes: Uint8Array, at: number): number {
  const low = byte(bytes, at + 2) + byte(bytes, at + 3) * 0x1_00;
  return low + byte(bytes, at + 4) * 0x1_00_00 + byte(bytes, at + 5) * 0x1_00_00_00;
}

function byte(bytes: Uint8Array, at: number): number {
  return bytes[at] as number;
}
