// The store of a page in a real browser: one owner at a time, and what a browser does to databases.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { scenario } from "../support/scenario.mjs";

const STORE = "lacis-test-store";

/** A second page of the same browser profile. */
async function pageBeside(tab, server, initScript) {
  const page = await tab.page.context().newPage();
  if (initScript !== undefined) await page.addInitScript(initScript);
  await page.goto(`${server.url}/blank.html`);
  await page.waitForFunction(() => globalThis.isReady);
  return page;
}

/** Starts a peer with the store; what it told, or why it did not start and how long that took. */
function start(page, options = {}) {
  return page.evaluate(
    async ([store, more]) => {
      const begun = performance.now();
      const identity = new Uint8Array(32).fill(7);
      t.watchGroup = (group) => {
        for (const type of ["damaged", "unsaved", "saved"]) {
          group.addEventListener(type, ({ detail }) => t.note(type, detail));
        }
        return group;
      };
      try {
        t.peer = await t.start({ identity, store, ...more });
        for (const type of ["storelost", "storefree"]) {
          t.peer.addEventListener(type, ({ detail }) => t.note(type, detail?.code));
        }
        return { code: "none" };
      } catch (error) {
        const { name, code, retryable } = error;
        return { name, code, retryable, ms: performance.now() - begun };
      }
    },
    [STORE, options],
  );
}

function found(page) {
  return page.evaluate(async () => {
    t.group = t.watchGroup(await t.peer.createGroup({ name: "Board", connect: false }));
    return t.group.id;
  });
}

/** Opens the group; gives the texts in it. */
function open(page, id) {
  return page.evaluate(async (group) => {
    t.group = t.watchGroup(await t.peer.openGroup(group, { connect: false }));
    return (await t.group.find({ type: "note" })).map((record) => record.text()).sort();
  }, id);
}

/** Writes a note; "none", or the code of why it is not stored. */
function write(page, text) {
  return page.evaluate(
    (data) =>
      t.group.add({ type: "note", data }).then(
        () => "none",
        (error) => error.code,
      ),
    text,
  );
}

const eventsOf = (page, type) =>
  page.evaluate((name) => t.events.filter((event) => event.type === name).length, type);

scenario(
  "a second page is told that the store has an owner, and when it is free",
  async (stage) => {
    const server = await stage.server();
    const tab = await stage.tab("chromium", server);
    assert.deepEqual(await start(tab), { code: "none" });
    const id = await found(tab);
    for (let number = 0; number < 10; number += 1) await write(tab, `one ${number}`);

    const second = await pageBeside(tab, server);
    const refused = await start(second);
    assert.deepEqual(
      [refused.name, refused.code, refused.retryable],
      ["PeerError", "store-in-use", true],
    );
    assert.ok(refused.ms < 3_000, `refused after ${refused.ms} ms`);

    // What the first one changes and deletes meanwhile is what the second one finds.
    await second.evaluate((store) => {
      lacis.storeFree(store).then(() => t.note("free"));
    }, STORE);
    await tab.evaluate(async () => {
      const [first, other] = await t.group.find({ type: "note" });
      await t.group.update(first, { data: "changed" });
      await t.group.delete(other);
    });
    assert.equal(await eventsOf(second, "free"), 0);
    const giving = await tab.evaluate(() =>
      lacis
        .storeFree("lacis-test-store", { signal: AbortSignal.timeout(200) })
        .catch((e) => e.code),
    );
    assert.equal(giving, "aborted");
    await tab.evaluate(() => t.peer.close());
    await second.evaluate(() => t.event("free"));
    assert.deepEqual(await start(second), { code: "none" });
    const texts = await open(second, id);
    assert.equal(texts.length, 9);
    assert.deepEqual(texts[0], "changed");
    // A page that dies lets go of it as well.
    const third = await pageBeside(tab, server);
    await second.close();
    assert.deepEqual(await start(third), { code: "none" });
  },
);

scenario("a page whose store was taken writes nothing any more, and is told", async (stage) => {
  const server = await stage.server();
  const tab = await stage.tab("chromium", server);
  await start(tab);
  const id = await found(tab);
  for (const text of ["a", "b", "c"]) await write(tab, text);

  const second = await pageBeside(tab, server);
  assert.deepEqual(await start(second, { takeStore: true }), { code: "none" });
  await tab.evaluate(() => t.event("storelost"));
  assert.deepEqual(await open(second, id), ["a", "b", "c"]);
  await second.evaluate(async () => {
    const [a, b] = await t.group.find({ type: "note" });
    await t.group.update(a, { data: "a, version 2" });
    await t.group.update(await t.group.get(a.id), { data: "a, version 3" });
    await t.group.delete(b);
  });
  // The first one still shows what it has, and could put everything back to yesterday.
  const outcomes = await tab.evaluate(async () => {
    const records = await t.group.find({ type: "note" });
    const change = (record) =>
      t.group.update(record, { data: "stale" }).then(
        () => "none",
        (error) => error.code,
      );
    return Promise.all(records.map(change));
  });
  assert.deepEqual(outcomes, ["store-in-use", "store-in-use", "store-in-use"]);

  assert.equal(await eventsOf(tab, "storefree"), 0);
  await second.evaluate(() => t.peer.close());
  await tab.evaluate(() => t.event("storefree"));
  const third = await pageBeside(tab, server);
  assert.deepEqual(await start(third), { code: "none" });
  assert.deepEqual(await open(third, id), ["a, version 3", "c"]);
  assert.equal(await eventsOf(third, "damaged"), 0);
});

scenario("a store whose page is frozen is taken, and not spoiled when it wakes", async (stage) => {
  const server = await stage.server();
  const tab = await stage.tab("chromium", server);
  // Without locks, as in pages that are not secure: whoever opened the store last owns it.
  const withoutLocks = () => Object.defineProperty(navigator, "locks", { value: undefined });
  const [first, second] = [
    await pageBeside(tab, server, withoutLocks),
    await pageBeside(tab, server, withoutLocks),
  ];
  await start(first);
  const id = await found(first);
  assert.equal(await write(first, "a"), "none");
  assert.deepEqual(await start(second), { code: "none" });
  assert.deepEqual(await open(second, id), ["a"]);
  assert.equal(await write(first, "stale"), "store-in-use");
  await first.evaluate(() => t.event("storelost"));
  assert.equal(await write(second, "b"), "none");
  // Told that it is free, each of the two would take it from the other again and again.
  assert.equal(await eventsOf(first, "storefree"), 0);
});

const CLEARINGS = {
  "by the browser, with all that the site stored": async (tab, server) => {
    const session = await tab.session();
    const what = { origin: new URL(server.url).origin, storageTypes: "indexeddb" };
    await session.send("Storage.clearDataForOrigin", what);
  },
  "by another page": async (tab, server) => {
    const other = await pageBeside(tab, server);
    await other.evaluate(
      (name) =>
        new Promise((resolve, reject) => {
          const request = indexedDB.deleteDatabase(name);
          request.onsuccess = resolve;
          request.onerror = () => reject(request.error);
        }),
      STORE,
    );
  },
};

for (const [how, clear] of Object.entries(CLEARINGS)) {
  scenario(`a store deleted ${how} is told and written anew`, async (stage) => {
    const server = await stage.server();
    const tab = await stage.tab("chromium", server);
    await start(tab);
    const id = await found(tab);
    for (const text of ["a", "b"]) assert.equal(await write(tab, text), "none");
    await clear(tab, server);
    assert.equal(await write(tab, "c"), "none");
    assert.equal(await eventsOf(tab, "damaged"), 1);
    await tab.reload();
    await tab.ready();
    await start(tab);
    assert.deepEqual(await open(tab, id), ["a", "b", "c"]);
    assert.equal(await eventsOf(tab, "damaged"), 0);
  });
}

scenario("a store that is in use is not deleted, and a closed one is", async (stage) => {
  const server = await stage.server();
  const tab = await stage.tab("chromium", server);
  await start(tab);
  await found(tab);
  const tries = await tab.evaluate(async (name) => {
    const refused = await lacis.deleteStore(name).catch((error) => error.code);
    await t.peer.close();
    await lacis.deleteStore(name);
    return [refused, (await indexedDB.databases()).map((database) => database.name)];
  }, STORE);
  assert.deepEqual(tries, ["store-in-use", []]);
});

scenario("a browser that lets nothing be kept is reported with a code", async (stage) => {
  const server = await stage.server();
  const initScript = () => {
    IDBFactory.prototype.open = () => {
      throw new DOMException("denied", "SecurityError");
    };
  };
  const tab = await stage.tab("chromium", server, { initScript });
  const { name, code } = await start(tab);
  assert.deepEqual([name, code], ["PeerError", "store-unavailable"]);
  const identities = await tab.evaluate(() => lacis.openIdentities().catch((error) => error.code));
  assert.equal(identities, "store-unavailable");
});

scenario("identities outlast a handle that the browser closed", async (stage) => {
  const server = await stage.server();
  const tab = await stage.tab("chromium", server);
  await tab.evaluate(async () => {
    await lacis.init();
    t.identities = await lacis.openIdentities();
    await t.identities.create("Ada");
  });
  await CLEARINGS["by the browser, with all that the site stored"](tab, server);
  const outcomes = await tab.evaluate(async () => [
    await t.identities.list().catch((error) => error.code),
    (await t.identities.create("Bob")).name,
    (await t.identities.list()).map((identity) => identity.name),
  ]);
  assert.deepEqual(outcomes, ["store-damaged", "Bob", ["Bob"]]);
});

const HISTORIES = 20;
const history = new URL("../../../www/test/store-history.mjs", import.meta.url);

scenario(
  `the store holds what a map would, in ${HISTORIES} random histories`,
  async (stage) => {
    const server = await stage.server();
    const tab = await stage.tab("chromium", server);
    // The page takes scripts from its server only, and this one is no part of the package.
    const script = readFileSync(history, "utf8").replace(/^export /gm, "");
    await tab.evaluate(`${script}; t.History = History;`);
    const counts = await tab.evaluate(async (histories) => {
      const sums = {};
      for (let seed = 1; seed <= histories; seed += 1) {
        const open = () => lacis.openStore(`history-${seed}`, { take: true });
        const told = await new t.History(seed, open).run(20).catch((error) => {
          throw new Error(`seed ${seed}: ${error.message}`, { cause: error });
        });
        for (const [name, count] of Object.entries(told)) sums[name] = (sums[name] ?? 0) + count;
        await lacis.deleteStore(`history-${seed}`);
      }
      return sums;
    }, HISTORIES);
    console.log(`  ${JSON.stringify(counts)}`);
    assert.ok(counts.crashed > 0 && counts.erased > 0, JSON.stringify(counts));
  },
  { deadlineMs: 180_000 },
);
