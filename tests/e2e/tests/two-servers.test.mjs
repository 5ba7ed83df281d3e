import assert from "node:assert/strict";
import { got, joinRoom, linked, scenario, send } from "../support/scenario.mjs";

scenario("of two servers one is dead: pages meet at the other", async (stage) => {
  const server = await stage.server();
  const dead = await stage.server();
  const deadUrl = dead.socketUrl;
  await dead.stop();
  const tabs = [];
  for (const signaling of [
    [deadUrl, server.socketUrl],
    [server.socketUrl, deadUrl],
  ]) {
    const tab = await stage.tab("chromium", server);
    tabs.push([tab, { peer: { signaling } }]);
  }
  const [a, b] = tabs.map(([tab]) => tab);
  const link = await a.evaluate(() => lacis.createRoomLink());
  for (const [tab, options] of tabs) await joinRoom(tab, link, options);
  const [idOfB] = await linked(a);
  await linked(b);
  await send(a, idOfB, "by the one that works");
  await got(b, "by the one that works");
  for (const tab of [a, b]) {
    assert.equal(await tab.evaluate(() => t.peer.state), "online");
    const isWaiting = (url) => t.peer.servers.get(url)?.state !== "open";
    assert.ok(await tab.evaluate(isWaiting, deadUrl));
  }
});

scenario("a link that names its server is enough, wherever it is opened", async (stage) => {
  const pages = await stage.server();
  const named = await stage.server();
  const a = await stage.tab("chromium", pages);
  const b = await stage.tab("chromium", pages);
  const link = await a.evaluate((url) => lacis.createRoomLink({ servers: [url] }), named.socketUrl);
  for (const tab of [a, b]) await joinRoom(tab, link, { peer: { signaling: [] } });
  await Promise.all([linked(a), linked(b)]);
  const { servers } = await a.evaluate((l) => lacis.parseRoomLink(l), link);
  assert.deepEqual(servers, [named.socketUrl]);
});
