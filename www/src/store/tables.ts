/** How the tables of the core lie in an IndexedDB database. */
import { PeerError } from "../errors.js";
import type { Migrations } from "./connection.js";
import type { StoreChange } from "./store.js";

/** One object store for each table of the core, by its number. */
export const TABLES = ["meta", "system", "heads", "bodies"] as const;

/** The table of which entries are packed: many, small, and all read when a group is opened. */
export const PACKED = TABLES.indexOf("heads");

/** Holds the one row that says who owns the database. */
export const OWNER = "owner";
export const OWNER_KEY = 0;

export const MIGRATIONS: Migrations = [
  (database) => {
    for (const table of [...TABLES, OWNER]) database.createObjectStore(table);
  },
];

/** Asks for one change, unless its table is packed. */
export function place(
  transaction: IDBTransaction,
  { table, key, value }: StoreChange,
): IDBRequest | undefined {
  if (table === PACKED) return undefined;
  const target = transaction.objectStore(tableName(table));
  const at = key as BufferSource;
  return value === undefined ? target.delete(at) : target.put(value, at);
}

/** Bytes as what a map can find: one character each. */
export function nameOf(key: Uint8Array): string {
  return String.fromCharCode(...key);
}

/** The bytes that {@link nameOf} named. */
export function bytesOf(name: string): Uint8Array {
  return Uint8Array.from(name, (character) => character.charCodeAt(0));
}

/** The object store of a table; `store-failed` for a number that none has. */
export function tableName(table: number): string {
  const name = TABLES[table];
  if (name === undefined) throw new PeerError("store-failed", { detail: `No table ${table}.` });
  return name;
}
