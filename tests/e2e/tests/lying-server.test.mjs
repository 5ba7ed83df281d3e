import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import {
  disconnected,
  got,
  held,
  joinRoom,
  linked,
  scenario,
  send,
  texts,
} from "../support/scenario.mjs";
import { Server } from "../support/server.mjs";

const LIAR =
  process.env.LACIS_LYING_SERVER ??
  fileURLToPath(new URL("../../../target/debug/lying-server", import.meta.url));

/** Two tabs that know each other only through a server that lies. */
async function lied(stage, mode, withKey) {
  const server = await stage.server();
  const a = await stage.tab("chromium", server);
  const b = await stage.tab("chromium", server);
  const link = await a.evaluate(() => lacis.createRoomLink());
  const words = ["--upstream", server.socketUrl, "--mode", mode];
  if (withKey) words.push("--link", link);
  const liar = await stage.run(() => Server.run(LIAR, words));
  const options = { peer: { signaling: [liar.url] } };
  await joinRoom(a, link, options);
  // Both would say something as soon as they could.
  for (const tab of [a, b]) await tab.evaluate(talkToAll);
  const start = Date.now();
  await joinRoom(b, link, options);
  await b.evaluate(talkToAll);
  return { a, b, liar, start };
}

function talkToAll() {
  const speak = ({ detail: member }) => {
    t.room.send(member.id, "secret", "for your eyes only").catch(() => {});
    t.room.broadcast("secret", "for all", { reliable: false }).catch(() => {});
  };
  if (t.room === undefined) return;
  t.room.addEventListener("remotejoin", speak);
  for (const member of t.room.remotes.values()) speak({ detail: member });
}

for (const mode of ["swap-offer", "swap-answer", "swap-answer-and-hush"]) {
  scenario(
    `a server that knows the room and swaps a fingerprint gets nowhere: ${mode}`,
    async (stage) => {
      const { a, b, liar, start } = await lied(stage, mode, true);
      const failed = await b.evaluate(() => t.event("connectfailed", { ms: 10_000 }));
      const ms = Date.now() - start;
      assert.equal(failed.detail.code, "fingerprint-mismatch");
      assert.ok(ms < 10_000, `${ms} ms`);
      assert.match(liar.log, /swapped/);
      console.log(`  the offerer refused after ${ms} ms`);

      const settled = await a.evaluate(() => t.event("connectfailed", { ms: 45_000 }));
      console.log(`  the answerer settled with ${settled.detail.code}`);
      assert.match(settled.detail.code, /^(fingerprint-mismatch|timeout|dtls-failed|ice-failed)$/);
      for (const tab of [a, b]) {
        await tab.evaluate(() => t.until(() => t.room.remotes.size === 0, "nobody here", 90_000));
        await disconnected(tab);
        assert.deepEqual(await texts(tab), [], "no application byte has passed");
        const states = await tab.evaluate(() => t.events.map((e) => e.detail?.state));
        assert.ok(!states.includes("direct") && !states.includes("relayed"));
      }
    },
    { deadlineMs: 200_000 },
  );
}

scenario(
  "a server that damages what it cannot read is noticed, and the attempt ends typed",
  async (stage) => {
    const { a, b, liar } = await lied(stage, "garble", false);
    const warning = await a.evaluate(() => t.event("peer-warning", { ms: 10_000 }));
    assert.equal(warning.detail.code, "signal-tampered");
    assert.match(liar.log, /garbled/);
    const failed = await b.evaluate(() => t.event("connectfailed", { ms: 45_000 }));
    assert.match(failed.detail.code, /^(signal-tampered|no-answer|timeout)$/);
    console.log(`  the offerer gave up with ${failed.detail.code}`);
    for (const tab of [a, b]) assert.deepEqual(await texts(tab), []);
  },
  { deadlineMs: 90_000 },
);

scenario("a server that replays everything changes nothing", async (stage) => {
  const { a, b, liar } = await lied(stage, "replay", false);
  const [idOfB] = await linked(a);
  const [idOfA] = await linked(b);
  assert.match(liar.log, /replayed/);
  await send(a, idOfB, "once");
  await got(b, "once");
  await send(b, idOfA, "and once");
  await got(a, "and once");
  for (const tab of [a, b]) {
    assert.equal((await texts(tab)).filter((text) => text.includes("once")).length, 1);
    assert.equal((await held(tab)).connections, 1);
  }
});
