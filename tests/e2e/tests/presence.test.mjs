import assert from "node:assert/strict";
import { joinRoom, linked, scenario } from "../support/scenario.mjs";

/** Waits until these are the values that a page hears from others. */
const hears = (tab, values) =>
  tab.evaluate(async (wanted) => {
    t.room.addEventListener("presence", t.wake);
    const said = () => JSON.stringify(t.room.presence.others.map(({ value }) => value).sort());
    await t.until(() => said() === JSON.stringify(wanted.sort()), said, 10_000);
  }, values);

scenario("pages in a room by link say what they do now, until they go", async (stage) => {
  const server = await stage.server();
  const { a, b, link, idOfA } = await stage.pair(server, ["chromium", "firefox"]);
  await a.evaluate(() => t.room.presence.set("ada"));
  await hears(b, ["ada"]);
  const [said] = await b.evaluate(() => t.room.presence.others);
  const peer = await a.evaluate(() => t.peer.id);
  assert.deepEqual(said, { peerId: peer, nodeId: idOfA, value: "ada" });

  // Whoever comes hears it, and what follows in quick succession ends with the last.
  const late = await stage.tab("chromium", server);
  await joinRoom(late, link);
  await hears(late, ["ada"]);
  await b.evaluate(() => {
    for (let at = 0; at < 100; at += 1) t.room.presence.set(at);
  });
  await hears(late, ["ada", 99]);
  const much = await b.evaluate(() => t.failure(() => t.room.presence.set("x".repeat(9_000))));
  assert.equal(much.code, "too-large");

  await b.evaluate(() => t.room.presence.clear());
  await hears(late, ["ada"]);
  await a.evaluate(() => t.room.leave());
  await hears(late, []);
  await linked(late, 1);
});
