// The server is gone for good: members bring each other together, and whoever people bring.
import assert from "node:assert/strict";
import { joinRoom, linked, scenario } from "../support/scenario.mjs";

const PAGES = 6;

/** Has a page keep its connections where the test finds them. */
const keepConnections = (tab) =>
  tab.evaluate(() => {
    const Native = RTCPeerConnection;
    globalThis.connections = [];
    globalThis.RTCPeerConnection = class extends Native {
      constructor(...words) {
        super(...words);
        connections.push(this);
      }
    };
  });

/** Closes connections that stand behind the back of the package, all but one; says how many. */
const loseLinks = (tab) =>
  tab.evaluate(() => {
    const open = connections.filter((each) => each.connectionState === "connected").slice(1);
    for (const each of open) each.close();
    return open.length;
  });

const all = (tabs, run, argument) => Promise.all(tabs.map((tab) => tab.evaluate(run, argument)));

/** Everybody tells all something; each gets each of them. */
async function expectAllToAll(tabs, word) {
  await all(tabs, (text) => t.room.broadcast("text", `${text} of ${t.peer.nodeId}`), word);
  await all(
    tabs,
    async (text) => {
      for (const id of t.room.remotes.keys()) await t.got(`${text} of ${id}`, 10_000);
    },
    word,
  );
}

scenario(
  "the server dies: who loses links finds back, and a page that comes by a text gets to know all",
  async (stage) => {
    const server = await stage.server();
    const open = () => stage.tab("chromium", server);
    const tabs = await Promise.all(Array.from({ length: PAGES }, open));
    const late = await open();
    const link = await tabs[0].evaluate(() => lacis.createRoomLink());
    await keepConnections(tabs[0]);
    await Promise.all(tabs.map((tab) => joinRoom(tab, link)));
    await Promise.all(tabs.map((tab) => linked(tab, PAGES - 1)));
    await server.stop("SIGKILL");

    const lostAt = Date.now();
    assert.equal(await loseLinks(tabs[0]), PAGES - 2);
    await tabs[0].evaluate((count) => {
      const connected = () => [...t.room.remotes.values()].filter((remote) => remote.connected);
      return t.until(() => connected().length < count, "a loss is noticed", 30_000);
    }, PAGES - 1);
    await Promise.all(tabs.map((tab) => linked(tab, PAGES - 1, 45_000)));
    console.log(`  all are linked again after ${Date.now() - lostAt} ms`);
    await expectAllToAll(tabs, "back");

    await late.evaluate((text) => t.join(text, { join: { wait: false } }).then(() => {}), link);
    const offer = await late.evaluate(async () => {
      t.pairing = await t.room.pair();
      return t.pairing.text;
    });
    const answer = await tabs[3].evaluate(async (text) => {
      t.pairing = await t.room.pair(text);
      return t.pairing.text;
    }, offer);
    const pairedAt = Date.now();
    await late.evaluate((text) => t.pairing.complete(text), answer);
    const everybody = [...tabs, late];
    await Promise.all(everybody.map((tab) => linked(tab, PAGES, 30_000)));
    console.log(`  who came by a text is linked with all after ${Date.now() - pairedAt} ms`);
    await expectAllToAll(everybody, "all");
  },
  { deadlineMs: 150_000 },
);
