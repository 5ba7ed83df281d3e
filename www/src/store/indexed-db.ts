import { PeerError } from "../errors.js";
import { ManyReader } from "./ranges.js";
import { errorOfStore, settle } from "./request.js";
import { DELETIONS_MAX, type Entry, merge, pack, RUN_ENTRIES, SMALL_RUNS_MAX } from "./runs.js";
import type { Store, StoreChange, StorePage } from "./store.js";

/** One object store for each table of the core, by its number. */
const TABLES = ["meta", "system", "heads", "bodies"] as const;

type Migrations = readonly ((database: IDBDatabase) => void)[];

/** The table of which entries are packed. */
const PACKED = TABLES.indexOf("heads");

/** The packed entries. */
const RUNS = "runs";

/** What leads from each version of the database to the next one. */
const MIGRATIONS: Migrations = [
  (database) => {
    for (const table of TABLES) database.createObjectStore(table);
  },
  (database) => {
    database.createObjectStore(RUNS, { autoIncrement: true });
  },
];

/** Another tab may hold an older version open; longer than this nobody waits for it. */
const OPEN_TIMEOUT_MS = 10_000;

/** Opens the IndexedDB database of that name as a store. */
export async function openStore(name: string): Promise<Store> {
  const database = await openDatabase(name, MIGRATIONS);
  const heads = tableName(PACKED);
  const loose = await settle(database.transaction(heads).objectStore(heads).count());
  return new IndexedDbStore(name, database, loose);
}

/** Deletes the database of that name and everything in it. */
export async function deleteStore(name: string): Promise<void> {
  await settle(indexedDB.deleteDatabase(name));
}

/** Asks the browser not to throw stored data away when space is short; says whether it agrees. */
export async function persistStorage(): Promise<boolean> {
  return (await globalThis.navigator?.storage?.persist?.()) ?? false;
}

class IndexedDbStore implements Store {
  readonly #name: string;
  readonly #reader = new ManyReader();
  #database: IDBDatabase | undefined;
  #closed = false;
  /** Entries of the packed table that are not packed yet. */
  #loose: number;
  /** Deletions since everything was packed anew. */
  #deletions = 0;
  #packing: Promise<void> | undefined;
  /** What a scan that goes on has still to give. */
  #view: { prefix: Uint8Array; entries: Entry[] } | undefined;

  constructor(name: string, database: IDBDatabase, loose: number) {
    this.#name = name;
    this.#loose = loose;
    this.#adopt(database);
  }

  async write(changes: readonly StoreChange[]): Promise<void> {
    const tables = [...new Set(changes.map(({ table }) => tableName(table)))];
    const transaction = (await this.#open()).transaction(tables, "readwrite", {
      durability: "strict",
    });
    const done = completion(transaction);
    try {
      for (const { table, key, value } of changes) {
        const target = transaction.objectStore(tableName(table));
        if (table === PACKED) this.#putPacked(target, key, value);
        else if (value === undefined) target.delete(key as BufferSource);
        else target.put(value, key as BufferSource);
      }
    } catch (thrown) {
      transaction.abort();
      done.catch(() => {});
      throw errorOfStore(thrown);
    }
    // Nothing more is asked of it: said so, it outlasts a page that is closed right now.
    transaction.commit?.();
    await done;
    if (this.#loose >= RUN_ENTRIES || this.#deletions >= DELETIONS_MAX) this.#packSoon();
  }

  /** A deletion is written too: what it deletes may lie in a run. */
  #putPacked(target: IDBObjectStore, key: Uint8Array, value: Uint8Array | undefined): void {
    target.put(value ?? new Uint8Array(0), key as BufferSource);
    // One that is written twice is counted twice; it is packed the sooner.
    this.#loose += 1;
    if (value === undefined) this.#deletions += 1;
  }

  #packSoon(): void {
    // What cannot be packed now stays as it is, and is tried again after the next write.
    this.#packing ??= this.#pack()
      .catch(() => {})
      .finally(() => {
        this.#packing = undefined;
      });
  }

  async #pack(): Promise<void> {
    const tables = [tableName(PACKED), RUNS];
    const transaction = (await this.#open()).transaction(tables, "readwrite");
    const done = completion(transaction);
    done.catch(() => {});
    const [heads, runs] = [
      transaction.objectStore(tableName(PACKED)),
      transaction.objectStore(RUNS),
    ];
    const [loose, keys] = await Promise.all([entriesOf(heads), settle(runs.getAllKeys())]);
    const isAnew = this.#deletions >= DELETIONS_MAX;
    let old = keys.slice(keys.length);
    if (isAnew) old = keys;
    else if (keys.length >= SMALL_RUNS_MAX) old = await smallRuns(runs, keys);
    const values = await Promise.all(old.map((key) => settle(runs.get(key))));
    // Deletions go for good only when nothing older is left that they might hide.
    const merged = merge(values as Uint8Array[], loose, { keepDeletions: !isAnew });
    for (const key of old) runs.delete(key);
    runs.add(pack(merged));
    heads.clear();
    await done;
    [this.#loose, this.#deletions] = [0, isAnew ? 0 : this.#deletions];
  }

  async #scanPacked(
    prefix: Uint8Array,
    after: Uint8Array | undefined,
    limit: number,
  ): Promise<StorePage> {
    if (after === undefined || this.#view === undefined) {
      await this.#packing;
      const tables = [tableName(PACKED), RUNS];
      const transaction = (await this.#open()).transaction(tables, "readonly");
      const [runs, loose] = await Promise.all([
        settle(transaction.objectStore(RUNS).getAll()),
        entriesOf(transaction.objectStore(tableName(PACKED))),
      ]);
      this.#loose = loose.length;
      let entries = merge(runs as Uint8Array[], loose, { prefix });
      if (after !== undefined) {
        const isLast = ([key]: Entry): boolean => key.every((byte, at) => byte === after[at]);
        entries = entries.slice(entries.findIndex(isLast) + 1);
      }
      this.#view = { prefix, entries };
    }
    const page = this.#view.entries.splice(0, limit);
    if (this.#view.entries.length === 0) this.#view = undefined;
    return { keys: page.map(([key]) => key), values: page.map(([, value]) => value) };
  }

  async read(table: number, keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    if (table === PACKED) return this.#readPacked(keys);
    return this.#reader.read(await this.#table(table), keys);
  }

  async #readPacked(keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    const all = await this.#scanPacked(new Uint8Array(0), undefined, Number.MAX_SAFE_INTEGER);
    const same = (a: Uint8Array, b: Uint8Array): boolean =>
      a.length === b.length && a.every((byte, at) => byte === b[at]);
    return keys.map((key) => all.values[all.keys.findIndex((held) => same(held, key))]);
  }

  async scan(
    table: number,
    prefix: Uint8Array,
    after: Uint8Array | undefined,
    limit: number,
  ): Promise<StorePage> {
    if (table === PACKED) return this.#scanPacked(prefix, after, limit);
    const target = await this.#table(table);
    const range = rangeOf(prefix, after);
    const [keys, values] = await Promise.all([
      settle(target.getAllKeys(range, limit)),
      settle(target.getAll(range, limit)),
    ]);
    return { keys: keys.map((key) => new Uint8Array(key as ArrayBuffer)), values };
  }

  suspend(): void {
    // What is under way is still done.
    this.#database?.close();
    this.#database = undefined;
  }

  close(): void {
    this.#closed = true;
    this.#database?.close();
    this.#database = undefined;
  }

  async #table(table: number): Promise<IDBObjectStore> {
    const name = tableName(table);
    return (await this.#open()).transaction(name, "readonly").objectStore(name);
  }

  /** The browser, or another tab that upgrades, may have closed it: then it is opened again. */
  async #open(): Promise<IDBDatabase> {
    if (this.#closed) throw new PeerError("store-closed");
    if (this.#database === undefined) this.#adopt(await openDatabase(this.#name, MIGRATIONS));
    return this.#database as unknown as IDBDatabase;
  }

  #adopt(database: IDBDatabase): void {
    this.#database = database;
    const forget = (): void => {
      if (this.#database === database) this.#database = undefined;
    };
    database.onclose = forget;
    database.onversionchange = () => {
      database.close();
      forget();
    };
  }
}

function tableName(table: number): string {
  const name = TABLES[table];
  if (name === undefined) throw new PeerError("store-failed", { detail: `No table ${table}.` });
  return name;
}

/** All entries of a table. */
async function entriesOf(table: IDBObjectStore): Promise<Entry[]> {
  const [keys, values] = await Promise.all([settle(table.getAllKeys()), settle(table.getAll())]);
  return keys.map((key, at): Entry => [new Uint8Array(key as ArrayBuffer), values[at]]);
}

/** Those of some runs that hold no more than one packing did. */
async function smallRuns(
  runs: IDBObjectStore,
  keys: readonly IDBValidKey[],
): Promise<IDBValidKey[]> {
  const all = (await settle(runs.getAll())) as Uint8Array[];
  return keys.filter((_, at) => (all[at]?.byteLength ?? 0) < 2 * RUN_ENTRIES * 512);
}

/** Keys that begin with the prefix and come after `after`. */
function rangeOf(prefix: Uint8Array, after: Uint8Array | undefined): IDBKeyRange | undefined {
  const end = [...prefix];
  while (end.at(-1) === 0xff) end.pop();
  const last = end.pop();
  const upper = last === undefined ? undefined : Uint8Array.of(...end, last + 1);
  const lower = after ?? prefix;
  const excluded = after !== undefined;
  if (upper !== undefined) return IDBKeyRange.bound(lower, upper, excluded, true);
  return IDBKeyRange.lowerBound(lower, excluded);
}

/** Opens a database, led to its newest version; rejects with `store-unavailable`. */
export function openDatabase(name: string, migrations: Migrations): Promise<IDBDatabase> {
  const factory = globalThis.indexedDB as IDBFactory | undefined;
  if (factory === undefined) return Promise.reject(new PeerError("store-unavailable"));
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown): void => reject(new PeerError("store-unavailable", { cause }));
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      fail("blocked");
    }, OPEN_TIMEOUT_MS);
    const request = factory.open(name, migrations.length);
    request.onupgradeneeded = ({ oldVersion }) => {
      for (const migrate of migrations.slice(oldVersion)) migrate(request.result);
    };
    request.onerror = () => {
      clearTimeout(timer);
      fail(request.error);
    };
    request.onsuccess = () => {
      clearTimeout(timer);
      // After the deadline nobody is there to use it, and open it would block others.
      if (late) request.result.close();
      else resolve(request.result);
    };
  });
}

function completion(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(errorOfStore(transaction.error));
  });
}
