import assert from "node:assert/strict";
import { PAIRS, scenario } from "../support/scenario.mjs";

const COUNT = 200;

for (const [first, second] of PAIRS) {
  // Firefox goes on delivering messages while a listener waits, Chromium does so afterwards.
  scenario(
    `what ${first} sends while ${second} shows a dialog is heard after it`,
    async (stage) => {
      const server = await stage.server();
      const { a, b, idOfB } = await stage.pair(server, [first, second]);
      const shown = new Promise((resolve) => b.page.once("dialog", resolve));
      await b.evaluate((count) => {
        t.heard = [];
        t.room.addEventListener("message", ({ detail }) => {
          if (t.heard.length === 0) confirm("Go on?");
          t.heard.push(detail.text());
        });
        t.all = t.room.messages({ label: "last" }).next();
        t.wanted = Array.from({ length: count }, (_, at) => `${at}`);
      }, COUNT);
      const send = ([id, count]) => {
        const sent = Array.from({ length: count }, (_, at) => t.room.send(id, "number", `${at}`));
        return Promise.all(sent).then(() => {});
      };
      await a.evaluate(send, [idOfB, COUNT]);
      await (await shown).dismiss();
      await a.evaluate((id) => t.room.send(id, "last", "", { until: "delivered" }), idOfB);
      const [heard, wanted] = await b.evaluate(() => t.all.then(() => [t.heard, t.wanted]));
      assert.deepEqual(heard.slice(0, COUNT), wanted);
    },
  );
}
