import { check } from "../check.js";
import { untilAborted } from "../wait.js";
import { deleteDatabase } from "./connection.js";
import { IndexedDbStore } from "./indexed-db.js";
import { hold } from "./lock.js";
import type { Store } from "./store.js";

/** Options of {@link openStore}. */
export interface OpenStoreOptions {
  /**
   * Takes the store from the page that owns it, which can write nothing from then on and is told by
   * the event `storelost` of its peer. For a page that people have just turned to, while another
   * one is frozen.
   */
  readonly take?: boolean | undefined;
  /** Gives up waiting. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Opens the IndexedDB database of that name as a store, of which this page then is the owner. While
 * another one is, it rejects with `store-in-use`, within 3 seconds; {@link storeFree} says when
 * that is over.
 */
export async function openStore(name: string, options: OpenStoreOptions = {}): Promise<Store> {
  check("openStore", [name, options]);
  const held = await hold(name, options);
  const store = new IndexedDbStore(name, held);
  try {
    await untilAborted(store.open(), options.signal);
    return store;
  } catch (thrown) {
    store.close();
    throw thrown;
  }
}

/**
 * Deletes the database of that name and everything in it; rejects with `store-in-use` while a page
 * owns it.
 */
export async function deleteStore(name: string): Promise<void> {
  check("deleteStore", [name]);
  const held = await hold(name);
  try {
    await deleteDatabase(name);
  } finally {
    held.release();
  }
}

/** Asks the browser not to throw stored data away when space is short; says whether it agrees. */
export async function persistStorage(): Promise<boolean> {
  return (await globalThis.navigator?.storage?.persist?.()) ?? false;
}
