import { PeerError, type PeerErrorCode } from "../errors.js";
import type { Store, StoreChange, StorePage } from "./store.js";

/** One object store for each table of the core, by its number. */
const TABLES = ["meta", "system", "heads", "bodies"] as const;

type Migrations = readonly ((database: IDBDatabase) => void)[];

/** What leads from each version of the database to the next one. */
const MIGRATIONS: Migrations = [
  (database) => {
    for (const table of TABLES) database.createObjectStore(table);
  },
];

/** Another tab may hold an older version open; longer than this nobody waits for it. */
const OPEN_TIMEOUT_MS = 10_000;

/** Opens the IndexedDB database of that name as a store. */
export async function openStore(name: string): Promise<Store> {
  return new IndexedDbStore(name, await openDatabase(name, MIGRATIONS));
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
  #database: IDBDatabase | undefined;
  #closed = false;

  constructor(name: string, database: IDBDatabase) {
    this.#name = name;
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
        if (value === undefined) target.delete(key as BufferSource);
        else target.put(value, key as BufferSource);
      }
    } catch (thrown) {
      transaction.abort();
      done.catch(() => {});
      throw errorOfStore(thrown);
    }
    await done;
  }

  async read(table: number, keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    const target = await this.#table(table);
    return Promise.all(keys.map((key) => settle(target.get(key as BufferSource))));
  }

  async scan(
    table: number,
    prefix: Uint8Array,
    after: Uint8Array | undefined,
    limit: number,
  ): Promise<StorePage> {
    const target = await this.#table(table);
    const range = rangeOf(prefix, after);
    const [keys, values] = await Promise.all([
      settle(target.getAllKeys(range, limit)),
      settle(target.getAll(range, limit)),
    ]);
    return { keys: keys.map((key) => new Uint8Array(key as ArrayBuffer)), values };
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

export function settle<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(errorOfStore(request.error));
  });
}

function completion(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(errorOfStore(transaction.error));
  });
}

function errorOfStore(cause: unknown): PeerError {
  if (cause instanceof PeerError) return cause;
  const isFull = cause instanceof DOMException && cause.name === "QuotaExceededError";
  const code: PeerErrorCode = isFull ? "store-full" : "store-failed";
  return new PeerError(code, { cause });
}
