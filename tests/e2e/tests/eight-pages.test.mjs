import assert from "node:assert/strict";
import { got, joinRoom, linked, scenario } from "../support/scenario.mjs";

const PAGES = 8;

scenario(
  `${PAGES} pages are all linked to each other`,
  async (stage) => {
    const server = await stage.server();
    const tabs = [];
    for (let n = 0; n < PAGES; n += 1) tabs.push(await stage.tab("chromium", server));
    const link = await tabs[0].evaluate(() => lacis.createRoomLink());
    await Promise.all(tabs.map((tab) => joinRoom(tab, link)));
    const ids = await Promise.all(tabs.map((tab) => tab.evaluate(() => t.peer.nodeId)));
    const seen = await Promise.all(tabs.map((tab) => linked(tab, PAGES - 1, 45_000)));
    for (const [index, others] of seen.entries()) {
      assert.deepEqual([...others, ids[index]].sort(), [...ids].sort());
    }
    for (const [index, tab] of tabs.entries()) {
      await tab.evaluate((n) => t.room.broadcast("chat", `from ${n}`), index);
    }
    for (const [index, tab] of tabs.entries()) {
      for (let n = 0; n < PAGES; n += 1) if (n !== index) await got(tab, `from ${n}`);
      assert.equal(await tab.evaluate(() => t.messages.length), PAGES - 1, "each came once");
      const { connections } = await tab.evaluate(() => t.peer.diagnose());
      assert.equal(connections, PAGES - 1, "one connection to each, none left over");
    }
  },
  { deadlineMs: 120_000 },
);
