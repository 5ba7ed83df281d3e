import assert from "node:assert/strict";
import { joinRoom, scenario } from "../support/scenario.mjs";

const PAGES = 24;
/** What a page may hold, ever and once things are calm. */
const [LINKS_MAX, LINKS_CALM] = [12, 8];

scenario(
  `${PAGES} pages in one room all hear each other over few links`,
  async (stage) => {
    const server = await stage.server();
    const tabs = [];
    // Not all at once: this many pages that start together take the machine from each other.
    while (tabs.length < PAGES) {
      const few = Array.from({ length: 4 }, () => stage.tab("chromium", server));
      tabs.push(...(await Promise.all(few)));
    }
    const [first] = tabs;
    const everywhere = (run, argument) =>
      Promise.all(tabs.map((tab) => tab.evaluate(run, argument)));
    const link = await first.evaluate(() => lacis.createRoomLink());
    const start = Date.now();
    await Promise.all(tabs.map((tab) => joinRoom(tab, link)));
    await everywhere((others) => t.linked(others, 60_000), PAGES - 1);
    console.log(`  all know of all after ${Date.now() - start} ms`);
    const connections = () => everywhere(() => t.peer.diagnose().connections);
    assert.ok(Math.max(...(await connections())) <= LINKS_MAX);

    await everywhere(() => t.room.broadcast("text", `from ${t.peer.nodeId}`));
    await everywhere(async () => {
      const others = [...t.room.remotes.keys()];
      for (const id of others) await t.got(`from ${id}`, 30_000);
    });
    const counts = await everywhere(() => t.messages.length);
    assert.deepEqual([...new Set(counts)], [PAGES - 1], "each message came once");

    await everywhere(
      (most) => t.until(() => t.peer.diagnose().connections <= most, "calm", 60_000),
      LINKS_CALM,
    );
    const far = await first.evaluate(
      () => [...t.room.remotes.values()].find(({ state }) => state === "indirect").id,
    );
    await first.evaluate((id) => t.room.send(id, "text", "to you alone"), far);
    const ids = await everywhere(() => t.peer.nodeId);
    const listener = tabs[ids.indexOf(far)];
    await listener.evaluate(() => t.got("to you alone", 10_000));

    await first.evaluate(() => t.peer.close());
    tabs.shift();
    await everywhere(
      (others) => t.until(() => t.room.remotes.size === others, "who left is gone", 10_000),
      PAGES - 2,
    );
  },
  { deadlineMs: 240_000 },
);
