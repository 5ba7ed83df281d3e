import { isBytes } from "../check.js";
import type { CoreNode } from "../core.js";
import { PeerError } from "../errors.js";
import { IndexedDbStore } from "./indexed-db.js";
import { PackedPage } from "./merged.js";
import { startsWith } from "./prefix.js";
import { compare } from "./ranges.js";
import { pack } from "./runs.js";
import type { Store, StoreChange, StorePage } from "./store.js";

/** Asks a store what the core wants to know, and hands the core what it answers. */
export class StoreKeeper {
  readonly #store: Store;
  readonly #answer: (give: (core: CoreNode) => void) => void;
  /** Of writes that follow in this turn their first changes. */
  readonly #begun = new Map<number, StoreChange[]>();

  /** `answer` makes a call into the core, unless the core is gone. */
  constructor(store: Store, answer: (give: (core: CoreNode) => void) => void) {
    this.#store = store;
    this.#answer = answer;
  }

  /** Makes changes; of a write that is not whole yet, gets them ready until the rest follows. */
  write(
    op: number,
    tables: Uint8Array,
    keys: Uint8Array[],
    values: (Uint8Array | undefined)[],
    isWhole: boolean,
  ): void {
    const changes = this.#begun.get(op) ?? [];
    for (const [at, key] of keys.entries()) {
      changes.push({ table: tables[at] as number, key, value: values[at] });
    }
    if (isWhole) {
      this.#begun.delete(op);
      this.#run(
        op,
        async () => this.#store.write(changes),
        (core) => core.stored(op),
      );
    } else {
      this.#begun.set(op, changes);
      if (this.#store instanceof IndexedDbStore) this.#store.begin(changes);
    }
  }

  /** Deletes what begins with something. */
  erase(op: number, prefix: Uint8Array): void {
    this.#run(
      op,
      async () => this.#store.erase(prefix),
      (core) => core.stored(op),
    );
  }

  /** Reads values. */
  read(op: number, table: number, keys: Uint8Array[]): void {
    this.#run(
      op,
      async () => valuesOf(await this.#store.read(table, keys), keys),
      (core, values) => core.store_values(op, values),
    );
  }

  /** Reads a page of entries. */
  scan(
    op: number,
    table: number,
    prefix: Uint8Array,
    after: Uint8Array | undefined,
    limit: number,
  ): void {
    this.#run(
      op,
      async () => packed(await this.#store.scan(table, prefix, after, limit), prefix, after),
      (core, page) => core.store_page(op, page),
    );
  }

  /** The page is put aside: nothing is held until something is asked again. */
  suspend(): void {
    this.#store.suspend?.();
  }

  /** The page is back: a read of nothing tells at once if another page has the store by now. */
  resume(): void {
    const read = async (): Promise<unknown> => this.#store.read(0, []);
    read().catch(() => {});
  }

  /** Nothing more will be asked. */
  close(): void {
    this.#store.close();
  }

  /**
   * Asks at once. What a store of others throws is its answer, and must not reach the core: to that
   * every code is `store-failed` that it does not know.
   */
  #run<T>(op: number, ask: () => Promise<T>, give: (core: CoreNode, result: T) => void): void {
    ask().then(
      (result) => this.#answer((core) => give(core, result)),
      (thrown) => this.#answer((core) => core.store_failed(op, `${thrown?.code}`)),
    );
  }
}

/** The values of a read: for one that is missing the core would give up its record. */
function valuesOf<Value>(values: Value[], keys: readonly unknown[]): Value[] {
  demand(values.length === keys.length && values.every((it) => it == null || isBytes(it)));
  return values;
}

/**
 * The entries of a scan: what is no entry of its own the core would delete, and where entries come
 * again it would read for ever.
 */
function packed(page: StorePage, prefix: Uint8Array, after: Uint8Array | undefined): Uint8Array {
  if (page instanceof PackedPage) return page.packed;
  let last = after;
  const entries = page.keys.map((key, at) => {
    const value = page.values[at] as Uint8Array;
    demand(startsWith(key, prefix) && compare(last, key) < 0 && isBytes(value));
    last = key;
    return [key, value] as const;
  });
  return pack(entries);
}

/** Throws if a store answers what cannot be. */
function demand(fine: boolean): void {
  if (!fine) throw new PeerError("store-failed");
}
