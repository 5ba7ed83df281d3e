import { forceCloseDatabase, IDBFactory, IDBKeyRange } from "fake-indexeddb";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { PeerError } from "../src/errors.js";
import { load } from "../src/low-level.js";
import { Peer } from "../src/peer.js";
import { Connection } from "../src/store/connection.js";
import { IndexedDbStore } from "../src/store/indexed-db.js";
import { StoreKeeper } from "../src/store/keeper.js";
import { openStore } from "../src/store/open.js";
import type { Store } from "../src/store/store.js";
import { realModule } from "./real-module.js";
import { bytesOf, History, keyOf } from "./store-history.mjs";

const HEADS = 2;
const BODIES = 3;

/** The handles that are open, the newest last. */
let handles: IDBDatabase[] = [];

/** A browser without databases, which remembers the handles that it hands out. */
function freshBrowser(): void {
  handles = [];
  const factory = new IDBFactory();
  const { open } = factory;
  factory.open = (...words: Parameters<typeof open>) => {
    const request = open.apply(factory, words);
    request.addEventListener("success", () => handles.push(request.result as IDBDatabase));
    return request;
  };
  vi.stubGlobal("indexedDB", factory);
  vi.stubGlobal("IDBKeyRange", IDBKeyRange);
}

/** What a browser does to a handle: it closes it and tells so. */
const spoil = (): void => forceCloseDatabase(handles.at(-1) as never);

async function open(name = "store"): Promise<IndexedDbStore> {
  // Locks are a matter of browsers; whoever opens it last is its owner without them too.
  const store = new IndexedDbStore(name, { lost: new Promise(() => {}), release: () => {} });
  await store.open();
  return store;
}

const put = (store: Store, group: number, from: number, count: number, text?: string) =>
  store.write(
    Array.from({ length: count }, (_, at) => ({
      table: HEADS,
      key: keyOf(group, from + at),
      value: text === undefined ? undefined : bytesOf(text, 370),
    })),
  );

const textOf = (value: Uint8Array | undefined): string =>
  new TextDecoder().decode(value).replace(/\0+$/, "");

/** All entries of a group's heads, by the number of the record. */
async function heads(store: Store, group: number): Promise<Map<number, string>> {
  const found = new Map<number, string>();
  for (let after: Uint8Array | undefined; ; ) {
    const page = await store.scan(HEADS, keyOf(group, 0).slice(0, 32), after, 4_096);
    for (const [at, key] of page.keys.entries()) {
      const record = new DataView(key.buffer, key.byteOffset).getUint32(44);
      found.set(record, textOf(page.values[at]));
    }
    if (page.keys.length < 4_096) return found;
    after = page.keys.at(-1);
  }
}

const codeOf = (done: Promise<unknown>): Promise<unknown> =>
  done.then(
    () => undefined,
    (error) => error.code,
  );

beforeEach(freshBrowser);

describe("the store of a page", () => {
  test("holds what a map would, in 300 random histories", { timeout: 600_000 }, async () => {
    const sums: Record<string, number> = {};
    for (let seed = 1; seed <= 300; seed += 1) {
      freshBrowser();
      const history = new History(seed, open, spoil);
      const counts = await history.run(20).catch((error) => {
        throw new Error(`seed ${seed}: ${error.message}`, { cause: error });
      });
      for (const [name, count] of Object.entries(counts)) sums[name] = (sums[name] ?? 0) + count;
    }
    console.log(JSON.stringify(sums));
  });

  test("never goes back to older versions, nor undoes deletions, by merging", async () => {
    const store = await open();
    await put(store, 1, 0, 2_048, "v1");
    await put(store, 1, 0, 6_000, "v2");
    await put(store, 1, 0, 200);
    for (let turn = 0; turn < 150; turn += 1) await put(store, 1, 10_000 + turn * 60, 60, "x");
    const found = await heads(store, 1);
    expect(found.size).toBe(6_000 - 200 + 150 * 60);
    for (let record = 0; record < 6_000; record += 1) {
      expect(found.get(record)).toBe(record < 200 ? undefined : "v2");
    }
  });

  test("keeps two groups apart that are opened at once", async () => {
    const store = await open();
    for (const group of [1, 2]) await put(store, group, 0, 6_000, `group ${group}`);
    const both = await Promise.all([heads(store, 1), heads(store, 2)]);
    for (const [at, found] of both.entries()) {
      expect(found.size).toBe(6_000);
      expect(new Set(found.values())).toEqual(new Set([`group ${at + 1}`]));
    }
  });

  test("opens a handle again that the browser closed, and repeats the write", async () => {
    const store = await open();
    await put(store, 1, 0, 1, "before");
    spoil();
    await put(store, 1, 1, 1, "after");
    const writing = put(store, 1, 2, 1, "meanwhile");
    spoil();
    await writing;
    expect([...(await heads(store, 1)).values()]).toEqual(["before", "after", "meanwhile"]);
    expect(handles).toHaveLength(3);
  });

  test("writes what is gathered once, whatever else begins meanwhile", async () => {
    const store = await open();
    const change = (group: number, record: number) => ({
      table: BODIES,
      key: keyOf(group, record),
      value: bytesOf(`${group} ${record}`),
    });
    const [one, other] = [[change(1, 0)], [change(2, 0), change(2, 1)]];
    store.begin(one);
    store.begin(other);
    one.push(change(1, 1));
    other.push(change(2, 2));
    const writing = [store.write(other), store.write(one)];
    await Promise.all(writing);
    const all = [...one, ...other];
    const values = await store.read(
      BODIES,
      all.map(({ key }) => key),
    );
    expect(values.map(textOf)).toEqual(["1 0", "1 1", "2 0", "2 1", "2 2"]);
    // Of one whose handle is closed nothing is lost either.
    const last = [change(3, 0)];
    store.begin(last);
    spoil();
    last.push(change(3, 1));
    await store.write(last);
    const found = await store.read(BODIES, [keyOf(3, 0), keyOf(3, 1)]);
    expect(found.map(textOf)).toEqual(["3 0", "3 1"]);
  });

  test("shows what was asked to be changed before, though it is not done yet", async () => {
    const store = await open();
    const key = keyOf(1, 0);
    const put = (text: string) => store.write([{ table: BODIES, key, value: bytesOf(text) }]);
    const [first, second] = [put("older"), put("newer")];
    expect((await store.read(BODIES, [key])).map(textOf)).toEqual(["newer"]);
    const erased = store.erase(key.subarray(0, 32));
    expect((await store.scan(BODIES, key.subarray(0, 32), undefined, 9)).keys).toEqual([]);
    await Promise.all([first, second, erased]);
  });

  test("that is found empty says so once, and keeps what is written then", async () => {
    const store = await open();
    await put(store, 1, 0, 1, "before");
    // Somebody clears what the site has stored: the handle is closed, the database gone.
    spoil();
    indexedDB.deleteDatabase("store");
    const both = [store.read(BODIES, [keyOf(1, 0)]), put(store, 1, 1, 1, "lost")];
    expect(await Promise.all(both.map(codeOf))).toEqual(["store-damaged", "store-damaged"]);
    await put(store, 1, 2, 1, "after");
    expect([...(await heads(store, 1)).values()]).toEqual(["after"]);
  });

  test("of which a table was emptied under a living handle says so too", async () => {
    const store = await open();
    handles.at(-1)?.transaction("owner", "readwrite").objectStore("owner").clear();
    expect(await codeOf(put(store, 1, 1, 1, "lost"))).toBe("store-damaged");
    await put(store, 1, 2, 1, "after");
  });

  test("writes nothing any more once another page has opened it", async () => {
    const [first, second] = [await open(), await open()];
    expect(await codeOf(put(first, 1, 0, 1, "first"))).toBe("store-in-use");
    await first.lost;
    expect(await codeOf(first.read(BODIES, [keyOf(1, 0)]))).toBe("store-in-use");
    await put(second, 1, 1, 1, "second");
    expect([...(await heads(second, 1)).values()]).toEqual(["second"]);
  });

  test("goes on after its page was put aside, unless another one has opened it since", async () => {
    const store = await open();
    await put(store, 1, 0, 1, "before");
    store.suspend?.();
    await put(store, 1, 1, 1, "after");
    expect([...(await heads(store, 1)).values()]).toEqual(["before", "after"]);
    const writing = put(store, 1, 2, 1, "meanwhile");
    store.suspend?.();
    await writing;
    store.suspend?.();
    const other = await open();
    expect(await codeOf(put(store, 1, 3, 1, "stale"))).toBe("store-in-use");
    await store.lost;
    expect([...(await heads(other, 1)).values()]).toEqual(["before", "after", "meanwhile"]);
  });

  test("deletes a group with what nobody knows of any more, and no other one", async () => {
    const store = await open();
    for (const group of [1, 2]) {
      await put(store, group, 0, 100, "head");
      const row = { table: BODIES, key: keyOf(group, 9), value: bytesOf("body") };
      await store.write([row, { table: 0, key: keyOf(group, 0).slice(0, 32), value: row.value }]);
    }
    await store.erase(keyOf(1, 0).slice(0, 32));
    expect((await heads(store, 1)).size).toBe(0);
    expect((await heads(store, 2)).size).toBe(100);
    const bodies = await store.read(BODIES, [keyOf(1, 9), keyOf(2, 9)]);
    expect(bodies.map(textOf)).toEqual(["", "body"]);
    expect((await store.scan(0, new Uint8Array(0), undefined, 9)).keys).toHaveLength(1);
  });

  test("is refused with a code when the browser throws, refuses or knows a newer one", async () => {
    const denied = new DOMException("denied", "SecurityError");
    vi.stubGlobal("indexedDB", {
      open: () => {
        throw denied;
      },
    });
    await expect(open()).rejects.toMatchObject({ code: "store-unavailable", cause: denied });
    vi.stubGlobal("indexedDB", undefined);
    expect(await codeOf(open())).toBe("store-unavailable");
    freshBrowser();
    await new Promise((resolve) => {
      indexedDB.open("store", 99).onsuccess = resolve;
    });
    expect(await codeOf(open())).toBe("store-version");
  });

  test("that is closed refuses, and what was under way is done", async () => {
    const store = await open();
    const writing = put(store, 1, 0, 1, "last");
    store.close();
    await writing;
    expect(await codeOf(put(store, 1, 1, 1, "late"))).toBe("store-closed");
    expect(await codeOf(store.read(HEADS, [keyOf(1, 0)]))).toBe("store-closed");
    expect((await heads(await open(), 1)).size).toBe(1);
  });
});

test("a database that is closed while it is looked at does not stay open", async () => {
  const connection: Connection = new Connection({
    name: "database",
    migrations: [(fresh) => void fresh.createObjectStore("table")],
    enter: async () => connection.close(),
  });
  expect(await codeOf(connection.open())).toBe("store-closed");
  expect(handles).toHaveLength(1);
  const use = (): unknown => handles[0]?.transaction("table");
  expect(use).toThrow(expect.objectContaining({ name: "InvalidStateError" }));
});

describe("a store of the application", () => {
  const [prefix, key, value] = [Uint8Array.of(1), Uint8Array.of(1, 2), Uint8Array.of(7)];
  const sound: Store = {
    write: async () => {},
    erase: async () => {},
    read: async (_, keys) => keys.map(() => undefined),
    scan: async () => ({ keys: [key], values: [value] }),
    close: () => {},
  };

  /** What the core is told of a read of two values and of a scan behind a key. */
  async function told(parts: object): Promise<unknown[]> {
    const calls: unknown[] = [];
    const note = (_: unknown, name: string) => (op: number) => calls.push([op, name]);
    const core = new Proxy({}, { get: note });
    const keeper = new StoreKeeper({ ...sound, ...parts }, (give) => give(core as never));
    keeper.read(1, 0, [key, key]);
    keeper.scan(2, 0, prefix, Uint8Array.of(1, 1), 1);
    keeper.write(3, new Uint8Array(), [], [], true);
    keeper.erase(4, prefix);
    keeper.resume();
    await vi.waitFor(() => expect(calls).toHaveLength(4));
    return calls.sort().map((call) => (call as unknown[])[1]);
  }

  const fail = (): never => {
    throw new Error("no promise");
  };
  const done = ["stored", "stored"];

  test("is answered for what it throws", async () => {
    expect(await told({})).toEqual(["store_values", "store_page", ...done]);
    const failing = { write: fail, erase: fail, read: fail, scan: fail };
    expect(await told(failing)).toEqual(Array.from({ length: 4 }, () => "store_failed"));
  });

  test.each([
    { values: undefined },
    { values: null },
    { values: [] },
    { values: [value] },
    { values: [value, "text"] },
    { values: [value, value.buffer] },
    { values: [value, value, value] },
  ])("fails if it reads $values", async ({ values }) => {
    const read = async (): Promise<unknown> => values;
    expect(await told({ read })).toEqual(["store_failed", "store_page", ...done]);
  });

  test.each([
    undefined,
    {},
    { keys: [key], values: [] },
    { keys: [key], values: [value.buffer] },
    { keys: [key], values: ["text"] },
    { keys: [key.buffer], values: [value] },
    { keys: [Uint8Array.of(2, 2)], values: [value] },
    { keys: [Uint8Array.of(1, 1)], values: [value] },
    { keys: [key, key], values: [value, value] },
    { keys: [Uint8Array.of(1, 3), key], values: [value, value] },
  ])("fails if it scans %j", async (page) => {
    const scan = async (): Promise<unknown> => page;
    expect(await told({ scan })).toEqual(["store_values", "store_failed", ...done]);
  });

  test("that has no value may say so by null", async () => {
    const read = async (): Promise<unknown> => [null, undefined];
    expect(await told({ read })).toEqual(["store_values", "store_page", ...done]);
  });

  test("that fails in its own way fails as stores do, by its code if that is known", async () => {
    const module = await load(realModule());
    const groups = async (thrown: unknown): Promise<unknown> => {
      const scan = (): Promise<never> => Promise.reject(thrown);
      const peer = new Peer(module, { signaling: ["ws://127.0.0.1:1/ws"] }, { ...sound, scan });
      const code = await codeOf(peer.groups());
      await peer.close();
      return code;
    };
    expect(await groups(new Error("no network"))).toBe("store-failed");
    expect(await groups(new DOMException("no space", "QuotaExceededError"))).toBe("store-failed");
    expect(await groups(undefined)).toBe("store-failed");
    expect(await groups(new PeerError("store-full"))).toBe("store-full");
  });
});

test("opening a store is given up by its signal, and what opens later is closed", async () => {
  const request: Partial<Record<"onsuccess", () => void>> & { result?: object } = {};
  vi.stubGlobal("indexedDB", { open: () => request });
  const enough = new AbortController();
  const opening = openStore("store", { signal: enough.signal });
  await vi.waitFor(() => expect(request.onsuccess).toBeDefined());
  enough.abort("enough");
  await expect(opening).rejects.toMatchObject({ code: "aborted", cause: "enough" });
  const close = vi.fn();
  request.result = { close };
  request.onsuccess?.();
  await vi.waitFor(() => expect(close).toHaveBeenCalledOnce());
});
