import { settle } from "./request.js";

/** Fewer are read one by one. */
const MANY = 16;

/** Keys that lie side by side in a table, as places in a list of keys. */
interface Run {
  readonly from: number;
  count: number;
}

/**
 * Reads values by their keys. A browser takes longer to answer many requests than to read what they
 * ask for, so what lies side by side is read at once. Nothing is read that nobody asked for.
 */
export async function readMany(
  table: IDBObjectStore,
  keys: readonly Uint8Array[],
): Promise<(Uint8Array | undefined)[]> {
  const runs = keys.length < MANY ? undefined : await runsIn(table, keys);
  if (runs === undefined) {
    return Promise.all(keys.map((key) => settle(table.get(key as BufferSource))));
  }
  const values: (Uint8Array | undefined)[] = keys.map(() => undefined);
  const reads = runs.map(async ({ from, count }) => {
    const range = IDBKeyRange.bound(keys[from], keys[from + count - 1]);
    const found = (await settle(table.getAll(range))) as Uint8Array[];
    values.splice(from, count, ...found);
  });
  await Promise.all(reads);
  return values;
}

/** The runs that hold these keys; nothing if they lie too far apart for that to help. */
async function runsIn(
  table: IDBObjectStore,
  keys: readonly Uint8Array[],
): Promise<Run[] | undefined> {
  const isAscending = keys.every((key, at) => at === 0 || compare(keys[at - 1], key) < 0);
  if (!isAscending) return undefined;
  const limit = 2 * keys.length;
  const range = IDBKeyRange.bound(keys[0], keys.at(-1));
  const held = await settle(table.getAllKeys(range, limit));
  if (held.length === limit) return undefined;
  const runs = runsOf(
    held.map((key) => new Uint8Array(key as ArrayBuffer)),
    keys,
  );
  return runs.length <= keys.length / 4 ? runs : undefined;
}

/** Which keys are held, side by side; both lists are in order. */
export function runsOf(held: readonly Uint8Array[], keys: readonly Uint8Array[]): Run[] {
  const runs: Run[] = [];
  let run: Run | undefined;
  let at = 0;
  for (const key of held) {
    while (at < keys.length && compare(keys[at], key) < 0) {
      run = undefined;
      at += 1;
    }
    if (at === keys.length || compare(keys[at], key) !== 0) {
      run = undefined;
      continue;
    }
    if (run === undefined) {
      run = { from: at, count: 0 };
      runs.push(run);
    }
    run.count += 1;
    at += 1;
  }
  return runs;
}

/** As IndexedDB compares keys. */
function compare(a: Uint8Array | undefined, b: Uint8Array): number {
  if (a === undefined) return -1;
  const shorter = Math.min(a.length, b.length);
  for (let at = 0; at < shorter; at += 1) {
    const difference = (a[at] as number) - (b[at] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
