import assert from "node:assert/strict";
import { cut, isIsolated } from "../support/network.mjs";
import { linked, scenario, texts } from "../support/scenario.mjs";

const OFFLINE_MS = 12_000;
const MESSAGES = 10;

for (const pair of [
  ["chromium", "chromium"],
  ["firefox", "chromium"],
]) {
  scenario(
    `offline for ${OFFLINE_MS / 1000} s: every message once, in order, ${pair.join(" and ")}`,
    async (stage) => {
      const server = await stage.server();
      const { a, b, idOfA, idOfB } = await stage.pair(server, pair);
      const sides = [
        [a, idOfB, "a"],
        [b, idOfA, "b"],
      ];
      const restore = cut(server);
      stage.defer(restore);
      const cutAt = Date.now();
      for (const [tab, other, name] of sides) await tab.evaluate(sendAll, [other, name, MESSAGES]);
      // The time offline is what is under test here, so it has to pass.
      await new Promise((resolve) => setTimeout(resolve, OFFLINE_MS - (Date.now() - cutAt)));
      assert.deepEqual(await texts(a), []);
      assert.deepEqual(await texts(b), []);
      restore();
      const restoredAt = Date.now();

      const sent = (name) => Array.from({ length: MESSAGES }, (_, n) => `${name} ${n}`);
      for (const [tab] of sides) {
        assert.deepEqual(
          await tab.evaluate(() => Promise.all(t.sends)),
          Array(MESSAGES).fill("ok"),
        );
        await linked(tab, 1, 30_000);
      }
      console.log(`  all delivered ${Date.now() - restoredAt} ms after the network came back`);
      assert.deepEqual(await texts(a), sent("b"));
      assert.deepEqual(await texts(b), sent("a"));
      await a.evaluate(() => t.until(() => t.room.state === "open", "the room to be open", 45_000));
    },
    { deadlineMs: 120_000, skip: isIsolated() ? false : "the network cannot be cut here" },
  );
}

function sendAll([other, name, count]) {
  t.sends = Array.from({ length: count }, (_, n) =>
    t.room.send(other, "chat", `${name} ${n}`, { until: "delivered" }).then(
      () => "ok",
      (error) => error.code,
    ),
  );
}
