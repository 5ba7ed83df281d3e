import { PeerError } from "../errors.js";
import { completion, errorOfOpening, errorOfStore, isHandleGone, settle } from "./request.js";

/** What leads from each version of a database to the next one. */
export type Migrations = readonly ((database: IDBDatabase) => void)[];

/** Another tab may hold an older version open; longer than this nobody waits for it. */
const OPEN_TIMEOUT_MS = 10_000;

interface ConnectionOptions {
  readonly name: string;
  readonly migrations: Migrations;
  /**
   * Looks at every handle before it is used. What it throws is what whoever asked is told; after
   * `store-damaged` the handle can be used.
   */
  readonly enter?: (database: IDBDatabase) => Promise<void>;
}

/**
 * A database that stays open. Browsers close handles under living pages: when somebody clears what
 * a site stored, when another page wants a newer version, when the process behind it ends. Then it
 * is opened again, and what was asked is done once more, which changes nothing if it was done.
 *
 * One that is found empty when it is opened again rejects once with `store-damaged`: it works, and
 * whoever still has what it held has to write that again.
 */
export class Connection {
  readonly #options: ConnectionOptions;
  #database: IDBDatabase | undefined;
  #opening: Promise<IDBDatabase> | undefined;
  #wasOpen = false;
  #isClosed = false;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  /** Opens it; rejects with why that cannot be. */
  async open(): Promise<void> {
    await this.#handle();
  }

  /**
   * Runs a transaction. One that writes is done when it outlasts a crash. Should `act` throw,
   * nothing of it is done.
   */
  async run<T>(
    tables: readonly string[],
    mode: IDBTransactionMode,
    act: (transaction: IDBTransaction) => Promise<T>,
    begun?: IDBTransaction | undefined,
  ): Promise<T> {
    if (begun !== undefined) {
      try {
        return await carryOut(begun, act);
      } catch (thrown) {
        // It was only a beginning: all of it is done in another one, unless others own the store.
        if (thrown instanceof PeerError) throw thrown;
      }
    }
    for (let isAgain = false; ; isAgain = true) {
      const database = await this.#handle();
      try {
        return await transact(database, tables, mode, act);
      } catch (thrown) {
        if (isAgain || !isHandleGone(thrown)) throw errorOfStore(thrown);
        this.#forget(database);
      }
    }
  }

  /**
   * Begins a transaction that writes, for {@link Connection.run} to carry on within this turn; none
   * if the database is not at hand.
   */
  begin(tables: readonly string[]): IDBTransaction | undefined {
    try {
      return this.#database?.transaction(tables, "readwrite", { durability: "strict" });
    } catch {
      // The handle is gone, as whoever runs something will find.
      return undefined;
    }
  }

  /** Lets go of it until it is asked for something. What is under way is still done. */
  suspend(): void {
    this.#database?.close();
    this.#database = undefined;
  }

  /** Lets go of it, for good. What is under way is still done. */
  close(): void {
    this.#isClosed = true;
    this.#database?.close();
    this.#database = undefined;
  }

  async #handle(): Promise<IDBDatabase> {
    if (this.#isClosed) throw new PeerError("store-closed");
    if (this.#database !== undefined) return this.#database;
    this.#opening ??= this.#reopen().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  async #reopen(): Promise<IDBDatabase> {
    const { name, migrations, enter } = this.#options;
    const { database, isNew } = await openDatabase(name, migrations);
    try {
      if (!this.#isClosed) await enter?.(database);
      // It may have been closed while it was looked at.
      if (this.#isClosed) throw new PeerError("store-closed");
    } catch (thrown) {
      const error = errorOfOpening(thrown);
      if (error.code === "store-damaged" && !this.#isClosed) this.#adopt(database);
      else database.close();
      throw error;
    }
    this.#adopt(database);
    const isEmptied = this.#wasOpen && isNew;
    this.#wasOpen = true;
    if (isEmptied) throw new PeerError("store-damaged");
    return database;
  }

  #adopt(database: IDBDatabase): void {
    this.#database = database;
    database.onclose = () => this.#forget(database);
    database.onversionchange = () => this.#forget(database);
  }

  #forget(database: IDBDatabase): void {
    database.close();
    if (this.#database === database) this.#database = undefined;
  }
}

/** One transaction on one handle; rejects with what the browser says. */
export async function transact<T>(
  database: IDBDatabase,
  tables: readonly string[],
  mode: IDBTransactionMode,
  act: (transaction: IDBTransaction) => Promise<T>,
): Promise<T> {
  return carryOut(database.transaction(tables, mode, { durability: "strict" }), act);
}

/** Ends a transaction, of which nothing is done then. */
export function abandon(transaction: IDBTransaction | undefined): void {
  try {
    transaction?.abort();
  } catch {
    // It is over already.
  }
}

async function carryOut<T>(
  transaction: IDBTransaction,
  act: (transaction: IDBTransaction) => Promise<T>,
): Promise<T> {
  const done = completion(transaction);
  done.catch(() => {});
  let result: T;
  try {
    result = await act(transaction);
  } catch (thrown) {
    // If the transaction as a whole failed, its error says why, and those of its requests do not.
    if (transaction.error !== null) throw transaction.error;
    abandon(transaction);
    throw thrown;
  }
  if (transaction.mode === "readonly") return result;
  // Nothing more is asked of it: said so, it outlasts a page that is closed right now.
  transaction.commit?.();
  await done;
  return result;
}

/** Deletes a database and everything in it; other pages are asked to let go of it. */
export async function deleteDatabase(name: string): Promise<void> {
  const late = new PeerError("store-unavailable", { detail: "Another tab holds it open." });
  await within(OPEN_TIMEOUT_MS, late, (factory) => settle(factory.deleteDatabase(name)));
}

function openDatabase(
  name: string,
  migrations: Migrations,
): Promise<{ database: IDBDatabase; isNew: boolean }> {
  let isLate = false;
  const late = new PeerError("store-unavailable", { cause: "blocked" });
  const opened = within(OPEN_TIMEOUT_MS, late, async (factory) => {
    let isNew = false;
    const request = factory.open(name, migrations.length);
    request.onupgradeneeded = ({ oldVersion }) => {
      isNew = oldVersion === 0;
      for (const migrate of migrations.slice(oldVersion)) migrate(request.result);
    };
    const database = await settle(request);
    // After the deadline nobody is there to use it, and open it would block others.
    if (isLate) database.close();
    return { database, isNew };
  });
  return opened.catch((error: unknown) => {
    isLate = true;
    throw error;
  });
}

/** Asks the browser's databases for something, and waits no longer than that. */
async function within<T>(
  ms: number,
  late: PeerError,
  ask: (factory: IDBFactory) => Promise<T>,
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(reject, ms, late);
  });
  try {
    // Where a page may store nothing, naming the factory throws already, or there is none.
    const factory = globalThis.indexedDB as IDBFactory | undefined;
    if (factory === undefined) throw new PeerError("store-unavailable");
    return await Promise.race([ask(factory), deadline]);
  } catch (thrown) {
    throw errorOfOpening(thrown);
  } finally {
    clearTimeout(timer);
  }
}
