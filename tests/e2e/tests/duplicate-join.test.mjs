import assert from "node:assert/strict";
import { got, left, scenario, send } from "../support/scenario.mjs";

scenario("joining a room twice shares it, and it is left with the last holder", async (stage) => {
  const { a, b, link, idOfA, idOfB } = await stage.pair(await stage.server());
  const again = await a.evaluate(async (l) => (await t.peer.join(l)) === t.room, link);
  assert.ok(again, "the same room");
  const exclusive = (l) => t.failure(() => t.peer.join(l, { exclusive: true }));
  assert.equal((await a.evaluate(exclusive, link)).code, "already-joined");

  await a.evaluate(() => t.room.leave());
  await send(a, idOfB, "one holder is left");
  await got(b, "one holder is left");

  await a.evaluate(() => t.room.leave());
  assert.equal(await left(b, idOfA, 3_000), "left");
  assert.equal(await a.evaluate(() => t.room.state), "left");
  const late = (id) => t.failure(() => t.room.send(id, "x", "x"));
  assert.equal((await a.evaluate(late, idOfB)).code, "left");
});
