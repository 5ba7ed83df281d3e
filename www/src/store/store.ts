/** One change to a store. */
export interface StoreChange {
  /** The number of the table, from 0 to 3. */
  readonly table: number;
  /** The key. */
  readonly key: Uint8Array;
  /** The value; without one the key is deleted. */
  readonly value?: Uint8Array | undefined;
}

/** Entries of a store, in the order of their keys. */
export interface StorePage {
  /** Their keys, in order. */
  readonly keys: readonly Uint8Array[];
  /** Their values, one for each key. */
  readonly values: readonly Uint8Array[];
}

/**
 * Where a peer keeps its groups: opaque bytes under opaque keys. The core checks whatever it reads,
 * so a store need not be trusted, only kept. Failures are `PeerError`s whose code begins with
 * `store-`. One of them asks for something: `store-damaged`, after which everything that is still
 * known is written anew. Whatever is read shows the changes that were asked for before. What throws
 * anything else, or answers what cannot be, has failed with `store-failed`.
 */
export interface Store {
  /** Makes all changes or none, and resolves only when they outlast a crash. */
  write(changes: readonly StoreChange[]): Promise<void>;
  /** Deletes, in every table, the entries whose keys begin with these bytes, 32 at most. */
  erase(prefix: Uint8Array): Promise<void>;
  /** One value a key, undefined where there is none. */
  read(table: number, keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]>;
  /**
   * The first `limit` entries whose keys begin with `prefix` and come after `after`; fewer are all
   * that are left.
   */
  scan(
    table: number,
    prefix: Uint8Array,
    after: Uint8Array | undefined,
    limit: number,
  ): Promise<StorePage>;
  /** Resolves if another page becomes its owner; then everything fails with `store-in-use`. */
  readonly lost?: Promise<void> | undefined;
  /** Resolves once no page owns it. */
  free?(options?: { readonly signal?: AbortSignal | undefined }): Promise<void>;
  /** Lets go of it; what was written stays. */
  close(): void;
  /**
   * The page is put aside, perhaps for good: gives back what would keep browsers from keeping the
   * page, or other pages from working. The next call takes it again.
   */
  suspend?(): void;
}
