import { settle } from "./request.js";

/** Fewer are read one by one. */
const MANY = 16;
/** Among so many keys that are read together, one more break between them is bearable. */
const KEYS_PER_RUN = 8;

/** Keys side by side in a table: where they begin in the list of keys, and in what is held. */
interface Run {
  readonly from: number;
  readonly place: number;
  count: number;
}

/**
 * Reads values by their keys. A browser takes longer to answer many requests than to read what they
 * ask for, so what lies side by side is read at once.
 */
export class ManyReader {
  /** Whether what was asked for last lay so close that its range can be read without looking. */
  #isDense = false;

  async read(
    table: IDBObjectStore,
    keys: readonly Uint8Array[],
  ): Promise<(Uint8Array | undefined)[]> {
    const isAscending = keys.every((key, at) => at === 0 || compare(keys[at - 1], key) < 0);
    if (keys.length < MANY || !isAscending) return Promise.all(keys.map((key) => one(table, key)));
    const range = IDBKeyRange.bound(keys[0], keys.at(-1));
    // Far more than are wanted are not even looked through.
    const limit = 2 * keys.length;
    const [held, all] = this.#isDense
      ? await entries(table, range, limit)
      : [await settle(table.getAllKeys(range, limit)), undefined];
    const isCut = held.length === limit;
    const runs = runsOf(
      held.map((key) => new Uint8Array(key as ArrayBuffer)),
      keys,
    );
    this.#isDense = !isCut && runs.length <= keys.length / KEYS_PER_RUN;
    if (isCut) return Promise.all(keys.map((key) => one(table, key)));
    const values: (Uint8Array | undefined)[] = keys.map(() => undefined);
    const put = async ({ from, place, count }: Run): Promise<void> => {
      const found = all?.slice(place, place + count) ?? (await some(table, keys, from, count));
      values.splice(from, count, ...found);
    };
    await Promise.all(runs.map(put));
    return values;
  }
}

function one(table: IDBObjectStore, key: Uint8Array): Promise<Uint8Array | undefined> {
  return settle(table.get(key as BufferSource));
}

/** What the newest browsers offer: keys and values in one answer. */
interface ModernStore {
  getAllRecords?(options: {
    query: IDBKeyRange;
    count: number;
  }): IDBRequest<{ key: IDBValidKey; value: Uint8Array }[]>;
}

async function entries(
  table: IDBObjectStore & ModernStore,
  query: IDBKeyRange,
  count: number,
): Promise<[IDBValidKey[], Uint8Array[]]> {
  if (table.getAllRecords === undefined) {
    return Promise.all([
      settle(table.getAllKeys(query, count)),
      settle(table.getAll(query, count)),
    ]);
  }
  const records = await settle(table.getAllRecords({ query, count }));
  return [records.map(({ key }) => key), records.map(({ value }) => value)];
}

function some(
  table: IDBObjectStore,
  keys: readonly Uint8Array[],
  from: number,
  count: number,
): Promise<Uint8Array[]> {
  return settle(table.getAll(IDBKeyRange.bound(keys[from], keys[from + count - 1])));
}

/** Which keys are held, side by side; both lists are in order. */
export function runsOf(held: readonly Uint8Array[], keys: readonly Uint8Array[]): Run[] {
  const runs: Run[] = [];
  let run: Run | undefined;
  let at = 0;
  for (const [place, key] of held.entries()) {
    while (at < keys.length && compare(keys[at], key) < 0) {
      run = undefined;
      at += 1;
    }
    if (at === keys.length || compare(keys[at], key) !== 0) {
      run = undefined;
      continue;
    }
    if (run === undefined) {
      run = { from: at, place, count: 0 };
      runs.push(run);
    }
    run.count += 1;
    at += 1;
  }
  return runs;
}

/** As IndexedDB compares keys, of which the first bytes may be known to be the same. */
export function compare(a: Uint8Array | undefined, b: Uint8Array, shared = 0): number {
  if (a === undefined) return -1;
  const shorter = Math.min(a.length, b.length);
  for (let at = shared; at < shorter; at += 1) {
    const difference = (a[at] as number) - (b[at] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
