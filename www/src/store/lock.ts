import { check } from "../check.js";
import { errorOfAbort, PeerError } from "../errors.js";
import type { Identity } from "../identity/identity.js";
import { errorOfOpening } from "./request.js";

/**
 * How long a page waits for a store that another one owns: a page that is being reloaded or closed
 * lets go of it some moments later.
 */
const PATIENCE_MS = 2_000;

/** What a page has that owns a store. */
export interface Hold {
  /** Resolves if another page takes it by force. */
  readonly lost: Promise<void>;
  /** Lets others have it. */
  release(): void;
}

interface HoldOptions {
  /** Takes it from whoever has it. */
  readonly take?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Makes this page the owner of a store, by a Web Lock of the name that {@link lockOf} gives;
 * rejects with `store-in-use` if another page remains it. Browsers give Web Locks to secure pages
 * only; elsewhere everybody gets a hold, and whoever opened the store last keeps it.
 */
export async function hold(store: string, options: HoldOptions = {}): Promise<Hold> {
  const locks = locksOfBrowser();
  if (locks === undefined) return { lost: new Promise(() => {}), release: () => {} };
  const { take = false, signal } = options;
  if (signal?.aborted) throw errorOfAbort(signal);
  const patience = new AbortController();
  const giveUp = (): void => patience.abort();
  const timer = setTimeout(giveUp, PATIENCE_MS);
  signal?.addEventListener("abort", giveUp, { once: true });
  try {
    return await request(locks, store, take ? { steal: true } : { signal: patience.signal });
  } catch (thrown) {
    if (signal?.aborted) throw errorOfAbort(signal);
    if (!patience.signal.aborted) throw errorOfOpening(thrown);
    throw new PeerError("store-in-use", { cause: thrown });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", giveUp);
  }
}

function request(locks: LockManager, store: string, options: LockOptions): Promise<Hold> {
  return new Promise((resolve, reject) => {
    let isReleased = false;
    const lost = new Promise<void>((lose) => {
      const held = (): Promise<void> =>
        new Promise((release) => {
          const leave = (): void => {
            isReleased = true;
            release();
          };
          resolve({ lost, release: leave });
        });
      // Rejected after it was granted, the lock was taken by force.
      locks.request(lockOf(store), options, held).catch((thrown: unknown) => {
        if (!isReleased) lose();
        reject(thrown);
      });
    });
  });
}

/**
 * Resolves once no page owns the store, however long that takes: then `createPeer`, which was
 * refused with `store-in-use`, can be tried again. Rejects with `aborted`.
 *
 * @example
 * ```ts
 * try {
 *   peer = await createPeer({ identity: me });
 * } catch (error) {
 *   if (!(error instanceof PeerError) || error.code !== "store-in-use") throw error;
 *   showThatAnotherTabHasIt();
 *   await storeFree(me);
 *   location.reload();
 * }
 * ```
 *
 * @param store The identity whose store it is, or the name of the store.
 */
export async function storeFree(
  store: string | Identity,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<void> {
  check("storeFree", [store, options]);
  const name = typeof store === "string" ? store : store.store;
  const locks = locksOfBrowser();
  const { signal } = options;
  try {
    await locks?.request(lockOf(name), { signal } as LockOptions, () => {});
  } catch (thrown) {
    if (signal?.aborted) throw errorOfAbort(signal);
    throw errorOfOpening(thrown);
  }
}

/** What makes one page the owner; browsers give it to secure pages only. */
export function locksOfBrowser(): LockManager | undefined {
  const browser = globalThis.navigator as { locks?: LockManager | undefined } | undefined;
  return browser?.locks;
}

/** The name of the lock that the owner of a store holds. */
function lockOf(store: string): string {
  return `lacis-store-${store}`;
}
