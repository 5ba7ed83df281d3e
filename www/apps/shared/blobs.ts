// Large files of one person in one group: too large for records, they lie in a database beside the
// group's own. It goes with the group.

const STORE = "files";

const nameOf = (me: string, group: string): string => `lacis-files-${me}-${group}`;

/** The files that are kept here, by their hashes. */
export class Blobs {
  readonly #name: string;
  readonly #signal: AbortSignal;
  #opening: Promise<IDBDatabase> | undefined;

  /** After `signal` nothing is kept any more, and nothing is in the way of deleting all. */
  constructor(me: string, group: string, signal: AbortSignal) {
    this.#name = nameOf(me, group);
    this.#signal = signal;
    signal.addEventListener("abort", () => {
      this.#opening?.then((database) => database.close()).catch(() => {});
    });
  }

  async get(hash: string): Promise<Blob | undefined> {
    return this.#do("readonly", (store) => store.get(hash));
  }

  async set(hash: string, blob: Blob): Promise<void> {
    await this.#do("readwrite", (store) => store.put(blob, hash));
  }

  async delete(hash: string): Promise<void> {
    await this.#do("readwrite", (store) => store.delete(hash));
  }

  async hashes(): Promise<string[]> {
    return this.#do("readonly", (store) => store.getAllKeys()) as Promise<string[]>;
  }

  /** Resolves once it is done for good, not only begun. */
  async #do<T>(mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest): Promise<T> {
    const database = await this.#open();
    const transaction = database.transaction(STORE, mode);
    return new Promise((resolve, reject) => {
      const request = act(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error ?? request.error);
    });
  }

  #open(): Promise<IDBDatabase> {
    this.#signal.throwIfAborted();
    this.#opening ??= new Promise((resolve, reject) => {
      const again = (): void => {
        this.#opening = undefined;
      };
      const request = indexedDB.open(this.#name);
      request.onupgradeneeded = () => request.result.createObjectStore(STORE);
      request.onsuccess = () => {
        const database = request.result;
        database.onclose = again;
        database.onversionchange = () => {
          database.close();
          again();
        };
        if (this.#signal.aborted) database.close();
        resolve(database);
      };
      request.onerror = () => {
        again();
        reject(request.error);
      };
    });
    return this.#opening;
  }
}

/** Deletes all files of a person in a group; what another tab holds open goes with that tab. */
export function deleteBlobs(me: string, group: string): Promise<void> {
  return new Promise((resolve) => {
    try {
      const request = indexedDB.deleteDatabase(nameOf(me, group));
      request.onsuccess = () => resolve();
      request.onblocked = () => resolve();
      request.onerror = () => resolve();
    } catch {
      // Storage is switched off: there are none.
      resolve();
    }
  });
}
