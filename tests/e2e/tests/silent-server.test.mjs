import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { scenario } from "../support/scenario.mjs";

for (const browser of ["chromium", "firefox"]) {
  scenario(
    `in development a server that never answers is told of at once, in ${browser}`,
    async (stage) => {
      const pages = await stage.server();
      // As a development server that was not told to pass `/ws` on: it takes the connection, and
      // then says nothing.
      const held = new Set();
      const silent = createServer((socket) => void held.add(socket)).listen(0, "127.0.0.1");
      await once(silent, "listening");
      const url = `ws://127.0.0.1:${silent.address().port}/ws`;
      const tab = await stage.tab(browser, pages);
      try {
        const { founder, guest, room } = await tab.evaluate(async (address) => {
          const began = performance.now();
          const warned = new Promise((resolve) => {
            console.warn = (text) => resolve({ text, ms: performance.now() - began });
          });
          const peer = await t.start({ signaling: [address] });
          // The founder is not kept waiting: a group is there without anybody else.
          const group = await peer.createGroup({ name: "Board" });
          const link = await group.invite();
          const { text, ms } = await warned;
          const other = await t.start({ signaling: [address] });
          const options = { timeoutMs: 1_500 };
          return {
            founder: { text, ms, state: peer.state },
            guest: await t.failure(() => other.joinGroup(link, options)),
            room: await t.failure(async () => other.join(await lacis.createRoomLink(), options)),
          };
        }, url);
        assert.ok(founder.ms < 6_000, `${founder.ms} ms`);
        assert.match(founder.text, /^lacis: no signaling server answers: ws:.*\/ws \(dialing\)/);
        assert.match(founder.text, /npx lacis-signaling/);
        for (const { code, detail } of [guest, room]) {
          assert.equal(code, "signaling-unreachable");
          assert.ok(detail.includes(url), detail);
        }
      } finally {
        for (const socket of held) socket.destroy();
        silent.close();
      }
    },
  );
}
