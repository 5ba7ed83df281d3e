import { PeerError } from "../errors.js";
import { nextTask } from "../wait.js";
import { abandon, Connection, transact } from "./connection.js";
import { type Hold, hold, locksOfBrowser, storeFree } from "./lock.js";
import { append, compact, erase, load, newestAge, shelfOf } from "./log.js";
import { type Merged, PackedPage } from "./merged.js";
import { deleteRange, rangeOf, startsWith } from "./prefix.js";
import { compare, ManyReader } from "./ranges.js";
import { errorOfStore, settle } from "./request.js";
import type { Entry } from "./runs.js";
import type { Store, StoreChange, StorePage } from "./store.js";
import {
  bytesOf,
  MIGRATIONS,
  nameOf,
  OWNER,
  OWNER_KEY,
  PACKED,
  place,
  TABLES,
  tableName,
} from "./tables.js";

/** Groups that are opened at once; of more, what their scans have read is read again. */
const VIEWS_MAX = 8;

/** Entries that are asked to be written before others may have a turn: some milliseconds' worth. */
const SLICE = 128;

/** So long a page may be busy with what it reads before others may have a turn. */
const SLICE_MS = 12;

/** The beginning of a write: of all its changes so many are in place already. */
interface Begun {
  readonly transaction: IDBTransaction;
  readonly changes: readonly StoreChange[];
  count: number;
}

/** A store in IndexedDB; `openStore` makes it. */
export class IndexedDbStore implements Store {
  readonly lost: Promise<void>;
  readonly #name: string;
  /** Nothing while the page is put aside: then others may have the store. */
  #hold: Hold | undefined;
  #holding: Promise<void> | undefined;
  readonly #connection: Connection;
  readonly #reader = new ManyReader();
  /** What the database says as long as this is its owner. */
  readonly #token = crypto.getRandomValues(new Uint8Array(16));
  /** What scans of the packed table that go on have still to give, by their prefix. */
  readonly #views = new Map<string, Merged>();
  /**
   * The age of the newest run of each shelf, so that a write need not ask first. It only grows: a
   * write that failed leaves a gap, which does no harm.
   */
  readonly #ages = new Map<string, number>();
  /** A write that follows in this turn, and how much of it is in place. */
  #begun: Begun | undefined;
  /** What changes the database, one after the other, as it was asked. */
  #writing: Promise<unknown> = Promise.resolve();
  /** Since when the page is busy with pages that are in memory already. */
  #busySince = 0;
  /** How often the packed table was changed. */
  #age = 0;
  /** Changes that are asked for and not done. */
  #asked = 0;
  #isEntered = false;
  #isOwner = true;
  #isClosed = false;
  #lose: () => void = () => {};

  constructor(name: string, held: Hold) {
    this.#name = name;
    this.lost = new Promise((resolve) => {
      this.#lose = () => {
        this.#isOwner = false;
        resolve();
      };
    });
    this.#keep(held);
    const enter = (database: IDBDatabase): Promise<void> => this.#enter(database);
    this.#connection = new Connection({ name, migrations: MIGRATIONS, enter });
  }

  /** Opens the database. */
  open(): Promise<void> {
    return this.#connection.open();
  }

  /**
   * Takes the list of what is written next, as far as it is known. The database works on it while
   * the page is still busy with the rest. `write` has to follow in this turn, with the same list.
   */
  begin(changes: readonly StoreChange[]): void {
    if (this.#begun === undefined) {
      const isFree = this.#asked === 0 && this.#isOwner && this.#hold !== undefined;
      const transaction = isFree ? this.#connection.begin([...TABLES, OWNER]) : undefined;
      if (transaction === undefined) return;
      this.#begun = { transaction, changes, count: 0 };
    }
    const begun = this.#begun;
    if (begun.changes !== changes) return;
    for (const change of changes.slice(begun.count)) place(begun.transaction, change);
    begun.count = changes.length;
  }

  write(changes: readonly StoreChange[]): Promise<void> {
    const tables = new Set(changes.map(({ table }) => tableName(table)));
    const begun = this.#begun?.changes === changes ? this.#begun : undefined;
    if (begun !== undefined) this.#begun = undefined;
    const act = async (transaction: IDBTransaction): Promise<void> => {
      const packed = new Map<string, Entry[]>();
      const done = transaction === begun?.transaction ? begun.count : 0;
      let [asked, last] = [0, Promise.resolve<unknown>(undefined)];
      for (const [at, change] of changes.entries()) {
        if (change.table === PACKED) {
          gather(packed, change.key, change.value);
        } else if (at >= done) {
          const request = place(transaction, change) as IDBRequest<unknown>;
          asked += 1;
          // Of much, the page is let go on in between, and the database never has nothing to do.
          if (asked % SLICE === 0) {
            await last;
            last = settle(request);
            last.catch(() => {});
          }
        }
      }
      for (const entries of packed.values()) await this.#append(transaction, entries);
    };
    return this.#change([...tables], act, begun?.transaction);
  }

  erase(prefix: Uint8Array): Promise<void> {
    return this.#change(TABLES, async (transaction) => {
      for (const [number, table] of TABLES.entries()) {
        const target = transaction.objectStore(table);
        if (number === PACKED) erase(target, prefix);
        else deleteRange(target, rangeOf(prefix));
      }
      this.#age += 1;
      this.#views.clear();
    });
  }

  async read(table: number, keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    if (table !== PACKED) {
      return this.#look(table, (target) => this.#reader.read(target, keys));
    }
    const shelves = new Map(keys.map((key) => [nameOf(shelfOf(key)), shelfOf(key)]));
    const held = await this.#look(table, (target) =>
      Promise.all(
        [...shelves].map(async ([name, shelf]) => [name, await load(target, shelf)] as const),
      ),
    );
    const merged = new Map(held);
    return keys.map((key) => merged.get(nameOf(shelfOf(key)))?.get(key));
  }

  async scan(
    table: number,
    prefix: Uint8Array,
    after: Uint8Array | undefined,
    limit: number,
  ): Promise<StorePage> {
    if (table === PACKED) return this.#scanPacked(prefix, after, limit);
    const range = rangeOf(prefix, after);
    const [keys, values] = await this.#look(table, (target) =>
      Promise.all([
        settle(target.getAllKeys(range, limit)),
        settle<Uint8Array[]>(target.getAll(range, limit)),
      ]),
    );
    return { keys: keys.map((key) => new Uint8Array(key as ArrayBuffer)), values };
  }

  suspend(): void {
    this.#afterWrites(() => {
      this.#connection.suspend();
      this.#hold?.release();
      this.#hold = undefined;
    });
  }

  free(options: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    // Where there are no locks nobody can know, and taking it back would only take turns for ever.
    if (locksOfBrowser() === undefined) return new Promise(() => {});
    return storeFree(this.#name, options);
  }

  close(): void {
    this.#isClosed = true;
    this.#views.clear();
    this.#afterWrites(() => {
      this.#connection.close();
      this.#hold?.release();
    });
  }

  /** What was asked is still done, and only then may somebody else begin. */
  #afterWrites(act: () => void): void {
    if (this.#asked === 0) act();
    else void this.#writing.finally(act);
  }

  #keep(held: Hold): void {
    this.#hold = held;
    void held.lost.then(this.#lose);
  }

  /** A page that was put aside asks for the store again. */
  async #ask(): Promise<void> {
    this.#holding ??= hold(this.#name)
      .then((held) => {
        if (this.#isClosed) held.release();
        else this.#keep(held);
      })
      .catch((thrown: unknown) => {
        if (errorOfStore(thrown).code === "store-in-use") this.#lose();
        throw thrown;
      })
      .finally(() => {
        this.#holding = undefined;
      });
    return this.#holding;
  }

  async #scanPacked(
    prefix: Uint8Array,
    after: Uint8Array | undefined,
    limit: number,
  ): Promise<StorePage> {
    if (after === undefined || performance.now() - this.#busySince > SLICE_MS) {
      if (after !== undefined) await nextTask();
      this.#busySince = performance.now();
    }
    const [name, age] = [nameOf(prefix), this.#age];
    const entries =
      (after && this.#views.get(name)) ??
      (await this.#look(PACKED, (target) => load(target, prefix)));
    this.#views.delete(name);
    const from = after === undefined ? 0 : entries.placeAfter(after);
    const page = entries.slice(from, from + limit);
    // What was written while it was read may not be in it.
    if (from + limit < entries.length && age === this.#age) this.#view(name, entries);
    return new PackedPage(page.pack());
  }

  #view(name: string, entries: Merged): void {
    const [oldest] = this.#views.keys();
    if (oldest !== undefined && this.#views.size >= VIEWS_MAX) this.#views.delete(oldest);
    this.#views.set(name, entries);
  }

  /** Adds entries of one shelf to the log, of which nothing older may be shown then. */
  async #append(transaction: IDBTransaction, entries: readonly Entry[]): Promise<void> {
    const [[key] = [new Uint8Array()]] = entries;
    const shelf = shelfOf(key);
    this.#age += 1;
    for (const name of this.#views.keys()) {
      const prefix = bytesOf(name);
      if (startsWith(shelf, prefix) || startsWith(prefix, shelf)) this.#views.delete(name);
    }
    const table = tableName(PACKED);
    const target = transaction.objectStore(table);
    const age = 1 + (this.#ages.get(nameOf(shelf)) ?? (await newestAge(target, shelf)));
    this.#ages.set(nameOf(shelf), age);
    if (!(await append(target, shelf, age, entries))) return;
    // What cannot be compacted now stays as it is, and is tried again after the next write.
    this.#change([table], (later) => compact(later.objectStore(table), shelf)).catch(() => {});
  }

  /** Changes the database after all that was asked before, if this is still its owner. */
  #change(
    tables: readonly string[],
    act: (transaction: IDBTransaction) => Promise<void>,
    begun?: IDBTransaction | undefined,
  ): Promise<void> {
    if (this.#isClosed) {
      abandon(begun);
      return Promise.reject(new PeerError("store-closed"));
    }
    const whole = async (transaction: IDBTransaction): Promise<void> => {
      const owner = settle<Uint8Array | undefined>(transaction.objectStore(OWNER).get(OWNER_KEY));
      const [token] = await Promise.all([owner, act(transaction)]);
      this.#demand(token);
    };
    const changed = this.#writing.then(() =>
      this.#run([...tables, OWNER], "readwrite", whole, begun),
    );
    this.#asked += 1;
    this.#writing = changed
      .catch(() => {})
      .finally(() => {
        this.#asked -= 1;
      });
    return changed;
  }

  async #look<T>(table: number, act: (target: IDBObjectStore) => Promise<T>): Promise<T> {
    const name = tableName(table);
    // A change that has not begun yet would be overtaken.
    if (this.#asked > 0) await this.#writing;
    return this.#run([name], "readonly", (transaction) => act(transaction.objectStore(name)));
  }

  async #run<T>(
    tables: readonly string[],
    mode: IDBTransactionMode,
    act: (transaction: IDBTransaction) => Promise<T>,
    begun?: IDBTransaction | undefined,
  ): Promise<T> {
    if (this.#isClosed && mode === "readonly") throw new PeerError("store-closed");
    if (!this.#isOwner) {
      abandon(begun);
      throw new PeerError("store-in-use");
    }
    if (this.#hold === undefined) await this.#ask();
    return this.#connection.run(tables, mode, act, begun);
  }

  /** Looks at every handle of the database before it is used. */
  async #enter(database: IDBDatabase): Promise<void> {
    const isFirst = !this.#isEntered;
    let isEmptied = false;
    await transact(database, [OWNER], "readwrite", async (transaction) => {
      const row = transaction.objectStore(OWNER);
      const token = await settle<Uint8Array | undefined>(row.get(OWNER_KEY));
      isEmptied = !isFirst && token === undefined;
      if (isFirst || isEmptied) row.put(this.#token, OWNER_KEY);
      else this.#demand(token);
    });
    this.#isEntered = true;
    // It works, and all that it held is gone: whoever still has it has to write it again.
    if (isEmptied) throw new PeerError("store-damaged");
  }

  /** Whoever wrote its token last is the owner, whatever locks say. */
  #demand(token: Uint8Array | undefined): void {
    // Somebody emptied the table under this handle. A new one is looked at as a whole.
    if (token === undefined) throw new DOMException("The owner is gone.", "InvalidStateError");
    if (compare(token, this.#token) === 0) return;
    this.#lose();
    throw new PeerError("store-in-use");
  }
}

/** Adds an entry to those of its shelf; a deletion is one without a value. */
function gather(
  shelves: Map<string, Entry[]>,
  key: Uint8Array,
  value: Uint8Array = new Uint8Array(0),
): void {
  const name = nameOf(shelfOf(key));
  const entries = shelves.get(name);
  if (entries === undefined) shelves.set(name, [[key, value]]);
  else entries.push([key, value]);
}
