// What befalls a page: it is left and comes back, stops, crashes, is loaded anew, or its machine
// sleeps. After each it works again, without a reload.
import assert from "node:assert/strict";
import { found, invite, join, meets, reads, start, write } from "../support/group.mjs";
import { got, joinRoom, left, linked, scenario, send } from "../support/scenario.mjs";

const STOPPED_MS = 30_000;
const HOURS_8 = 8 * 3_600_000;

/** Follows a link to another page. The result goes back, and says whether the page was kept. */
async function leaveFor(tab, server) {
  await tab.evaluate(() =>
    addEventListener("pageshow", (event) => t.note("pageshow", event.persisted)),
  );
  // Another site, as most links lead to.
  await tab.page.goto(`${server.url.replace("127.0.0.1", "localhost")}/blank.html`);
  return async () => {
    await tab.page.goBack({ waitUntil: "commit" });
    return tab.evaluate(() => globalThis.t?.event("pageshow").then((it) => it.detail));
  };
}

/** Two people in a group and in a room, who have read each other. */
async function colleagues(stage, server, [first, second]) {
  const a = await stage.tab(first, server);
  const b = await stage.tab(second, server);
  await start(a, 1);
  const idOfB = await start(b, 2);
  const group = await found(a, "Board");
  await join(b, await invite(a, idOfB));
  await Promise.all([meets(a, 1), meets(b, 1)]);
  const link = await a.evaluate(() => lacis.createRoomLink());
  for (const tab of [a, b]) await joinRoom(tab, link);
  await Promise.all([linked(a), linked(b)]);
  await write(a, ["one"]);
  await reads(b, ["one"]);
  return { a, b, group, link };
}

function nodeOf(tab) {
  return tab.evaluate(() => t.peer.nodeId);
}

scenario("a page that was left and comes back meets the others again", async (stage) => {
  const server = await stage.server();
  const { a, b } = await colleagues(stage, server, ["chromium", "chromium-cached"]);
  const node = await nodeOf(b);
  await b.evaluate(() => {
    const other = [...t.room.remotes.keys()][0];
    // Behind the listeners of the peer: the last words of a page that is going.
    addEventListener("pagehide", () => {
      t.added = t.failure(() => t.group.add({ type: "note", data: "last words" }));
      t.sent = t.failure(() => t.room.send(other, "chat", "lost"));
    });
  });
  const back = await leaveFor(b, server);
  assert.equal(await left(a, node, 3_000), "left");
  await write(a, ["two"]);
  assert.equal(await back(), true, "the browser kept the page");

  await linked(a);
  await linked(b);
  assert.equal(await nodeOf(b), node);
  assert.equal((await b.evaluate(() => t.added)).code, "none");
  assert.equal((await b.evaluate(() => t.sent)).code, "remote-unknown");
  await reads(b, ["one", "two", "last words"]);
  await reads(a, ["one", "two", "last words"]);
  await send(a, node, "welcome back");
  await got(b, "welcome back");
  const states = await b.evaluate(() =>
    t.events.filter((it) => it.type === "peer-statechange").map((it) => it.detail),
  );
  assert.deepEqual(states.slice(-2), ["offline", "online"]);
});

scenario("what waits for somebody when a page is left is told that it failed", async (stage) => {
  const server = await stage.server();
  const { b, idOfA } = await stage.pair(server, ["chromium", "chromium-cached"]);
  await b.evaluate((other) => {
    const file = new File([t.bytes(1_000)], "small.bin");
    t.fates = Promise.all([
      t.failure(() => t.room.request(other, "nobody", "answers", { timeoutMs: 600_000 })),
      t.failure(() => t.room.sendFile(other, file)),
    ]);
  }, idOfA);
  const back = await leaveFor(b, server);
  assert.equal(await back(), true, "the browser kept the page");
  const fates = await b.evaluate(() => t.fates);
  assert.ok(
    fates.every(({ code }) => code === "suspended" || code === "no-handler"),
    fates,
  );
  assert.equal(fates[1].code, "suspended");
  assert.equal(fates[1].retryable, true);
});

scenario("a page that comes back is told if another one has its store by now", async (stage) => {
  const server = await stage.server();
  const a = await stage.tab("chromium-cached", server);
  await start(a, 1);
  await found(a, "Board");
  await a.evaluate(() =>
    t.peer.addEventListener("storelost", ({ detail }) => t.note("storelost", detail.code)),
  );
  const back = await leaveFor(a, server);
  const other = await a.page.context().newPage();
  await other.goto(`${server.url}/blank.html`);
  await other.waitForFunction(() => globalThis.isReady);
  await other.evaluate(async () => {
    t.peer = await t.start({ identity: new Uint8Array(32).fill(1), store: "lacis-test-1" });
  });
  assert.equal(await back(), true, "the browser kept the page");
  const lost = await a.evaluate(() => t.event("storelost", { ms: 5_000 }));
  assert.equal(lost.detail, "store-in-use");
});

scenario(
  "a page that is stopped for half a minute goes on where it was",
  async (stage) => {
    const server = await stage.server();
    const { a, b } = await colleagues(stage, server, ["chromium", "chromium/stopped"]);
    const node = await nodeOf(b);
    const wake = await b.stop();
    stage.defer(wake);
    const sent = a.evaluate(
      (id) => t.failure(() => t.room.send(id, "chat", "are you there", { until: "delivered" })),
      node,
    );
    await write(a, ["two"]);
    // The time that it is stopped is what is under test here, so it has to pass.
    await new Promise((resolve) => setTimeout(resolve, STOPPED_MS));
    wake();
    assert.equal((await sent).code, "none");
    await got(b, "are you there");
    await reads(b, ["one", "two"]);
    await write(b, ["three"]);
    await reads(a, ["one", "two", "three"]);
  },
  { deadlineMs: 150_000 },
);

scenario(
  "a page that crashed is noticed, and opened anew it has what was told to be stored",
  async (stage) => {
    const server = await stage.server();
    const { a, b, group, link } = await colleagues(stage, server, ["chromium", "chromium"]);
    await write(b, ["two"]);
    const node = await nodeOf(b);
    const session = await b.session();
    // The command itself never answers: what would answer is gone.
    session.send("Page.crash").catch(() => {});
    assert.ok(["left", "link-lost"].includes(await left(a, node, 60_000)));
    await b.renew(`${server.url}/blank.html`);
    await b.ready();
    await start(b, 2);
    await b.evaluate(async (id) => {
      t.group = await t.peer.openGroup(id);
    }, group);
    await joinRoom(b, link);
    await Promise.all([meets(a, 1), linked(a), linked(b)]);
    await reads(b, ["one", "two"]);
    await write(a, ["three"]);
    await reads(b, ["one", "two", "three"]);
  },
  { deadlineMs: 120_000 },
);

scenario("a page that is loaded anew is in its group and room again", async (stage) => {
  const server = await stage.server();
  const { a, b, group, link } = await colleagues(stage, server, ["chromium", "chromium"]);
  const node = await nodeOf(b);
  await b.reload();
  assert.equal(await left(a, node, 3_000), "left");
  await b.ready();
  await start(b, 2);
  await b.evaluate(async (id) => {
    t.group = await t.peer.openGroup(id);
  }, group);
  await joinRoom(b, link);
  await Promise.all([meets(a, 1), linked(a), linked(b)]);
  await write(b, ["two"]);
  await reads(a, ["one", "two"]);
});

/** Lets a test move the clock on the wall, and the monotonic one or not. */
const CLOCKS = `
  const [now, monotonic] = [Date.now, performance.now.bind(performance)];
  globalThis.skipped = { wall: 0, monotonic: 0 };
  Date.now = () => now() + skipped.wall;
  globalThis.Date = class extends Date {
    constructor(...words) {
      super(...(words.length === 0 ? [Date.now()] : words));
    }
  };
  performance.now = () => monotonic() + skipped.monotonic;
`;

scenario("a laptop that slept hears the other without a reload", async (stage) => {
  const server = await stage.server();
  const [a, b] = await Promise.all(
    [1, 2].map(() => stage.tab("chromium", server, { initScript: CLOCKS })),
  );
  await start(a, 1);
  const idOfB = await start(b, 2);
  await found(a, "Board");
  await join(b, await invite(a, idOfB));
  await Promise.all([meets(a, 1), meets(b, 1)]);
  await write(a, ["before"]);
  await reads(b, ["before"]);

  // Both are 8 hours older now, but the clock that b counts on stood still meanwhile.
  await a.evaluate((ms) => Object.assign(skipped, { wall: ms, monotonic: ms }), HOURS_8);
  await b.evaluate((ms) => Object.assign(skipped, { wall: ms }), HOURS_8);
  await write(a, ["in the morning"]);
  await reads(b, ["before", "in the morning"]);
  await write(b, ["well rested"]);
  await reads(a, ["before", "in the morning", "well rested"]);
  const off = await b.evaluate(() => Math.abs(t.group.time().getTime() - Date.now()));
  assert.ok(off < 1_000, `group time is off by ${off} ms`);
});
