// The servers of a group are changed while it lives, and the old one goes for good.
import assert from "node:assert/strict";
import { invite, join, meets, reads, SYNC_MS, write } from "../support/group.mjs";
import { scenario } from "../support/scenario.mjs";

/** Starts a peer that knows no server but those that its groups name. */
const start = (tab, number) =>
  tab.evaluate(async (n) => {
    const identity = new Uint8Array(32).fill(n);
    t.peer = await t.start({ identity, store: `lacis-test-${n}`, signaling: [] });
    return t.peer.id;
  }, number);

const found = (tab, servers) =>
  tab.evaluate(async (named) => {
    t.group = await t.peer.createGroup({ name: "Board", servers: named });
    return t.group.id;
  }, servers);

const open = (tab, group) =>
  tab.evaluate(async (id) => {
    t.group = await t.peer.openGroup(id);
  }, group);

/** Waits until the group meets there, as far as the page knows. */
const movesTo = (tab, url) =>
  tab.evaluate(
    ([wanted, ms]) => {
      t.group.addEventListener("servers", () => t.wake());
      return t.until(() => t.group.servers[0] === wanted, "the group has moved", ms);
    },
    [url, SYNC_MS],
  );

/** Waits until the page has a session with a server, or has none. */
const isAt = (tab, url, wanted) =>
  tab.evaluate(
    ([server, is, ms]) => {
      t.peer.addEventListener("server", () => t.wake());
      const state = () => (t.peer.servers.get(server)?.state === "open") === is;
      return t.until(state, `${server} is ${is ? "open" : "not open"}`, ms);
    },
    [url, wanted, SYNC_MS],
  );

scenario("a group moves to another server and outlives the old one", async (stage) => {
  const pages = await stage.server();
  const [old, next] = [await stage.server(), await stage.server()];
  const [a, b, away] = await Promise.all([
    stage.tab("chromium", pages),
    stage.tab("firefox", pages),
    stage.tab("chromium", pages),
  ]);
  const [, idOfB, idOfAway] = await Promise.all([start(a, 1), start(b, 2), start(away, 3)]);
  const group = await found(a, [old.socketUrl]);
  await join(b, await invite(a, idOfB));
  await join(away, await invite(a, idOfAway));
  await Promise.all([meets(a, 2), meets(b, 2)]);
  await away.evaluate(() => t.peer.close());
  await Promise.all([meets(a, 1), meets(b, 1)]);

  // Who may not, and where nobody can be sent.
  const codes = (tab, servers) =>
    tab.evaluate(async (named) => (await t.failure(() => t.group.setServers(named))).code, servers);
  assert.equal(await codes(b, [next.socketUrl]), "not-allowed");
  for (const wrong of ["wss://ada:secret@a.example/ws", "ws://a.example/ws", "no address"]) {
    assert.equal(await codes(a, [wrong]), "invalid-argument", wrong);
  }
  // What one page may not reach keeps nobody from the others.
  await b.evaluate((allowed) => {
    const meta = document.createElement("meta");
    meta.httpEquiv = "Content-Security-Policy";
    meta.content = `connect-src 'self' ${allowed}`;
    document.head.append(meta);
  }, old.socketUrl);
  await a.evaluate((url) => t.group.setServers([url]), next.socketUrl);
  await Promise.all([movesTo(a, next.socketUrl), movesTo(b, next.socketUrl)]);
  await Promise.all([isAt(a, next.socketUrl, true), isAt(a, old.socketUrl, true)]);
  await Promise.all([isAt(b, next.socketUrl, false), isAt(b, old.socketUrl, true)]);

  // Who was away finds back over the old one, and goes to the new one.
  await start(away, 3);
  await open(away, group);
  await Promise.all([movesTo(away, next.socketUrl), isAt(away, next.socketUrl, true)]);
  await Promise.all([a, b, away].map((tab) => meets(tab, 2)));

  await old.stop("SIGKILL");
  const link = await a.evaluate(() => t.group.invite());
  const { servers } = await a.evaluate((text) => lacis.parseInvitation(text), link);
  assert.deepEqual(servers, [next.socketUrl]);
  const late = await stage.tab("firefox", pages);
  await start(late, 4);
  await join(late, link);
  await Promise.all([a, away, late].map((tab) => meets(tab, 3)));
  await write(late, ["bonjour"]);
  await Promise.all([a, b, away].map((tab) => reads(tab, ["bonjour"])));

  // What is stored leads there, and nothing else does.
  await a.evaluate(() => t.peer.close());
  await start(a, 1);
  await open(a, group);
  assert.deepEqual(await a.evaluate(() => t.group.servers), [next.socketUrl]);
  await meets(a, 3);
});
