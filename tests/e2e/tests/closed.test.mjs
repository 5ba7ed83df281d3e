import assert from "node:assert/strict";
import { got, joinRoom, left, linked, scenario, send } from "../support/scenario.mjs";

scenario(
  "a closed peer says goodbye, fails plainly, and a new one takes its place",
  async (stage) => {
    const { a, b, link, idOfA, idOfB } = await stage.pair(await stage.server());
    const outcome = await a.evaluate(async (id) => {
      t.room.respond("never", () => new Promise(() => {}));
      const waiting = t.failure(() => t.room.request(id, "nobody-answers", "x"));
      await t.peer.close();
      await t.peer.close();
      return { state: t.peer.state, room: t.room.state, waiting: (await waiting).code };
    }, idOfB);
    assert.deepEqual(outcome, { state: "closed", room: "left", waiting: "closed" });
    assert.equal(await left(b, idOfA, 3_000), "left");
    for (const act of [
      () => t.failure(() => t.peer.join("anything")),
      () => t.failure(() => t.peer.diagnose()),
      () => t.failure(() => t.room.broadcast("x", "x")),
      () => t.failure(() => t.room.ready()),
    ]) {
      assert.equal((await a.evaluate(act)).code, "closed", String(act));
    }

    await a.evaluate(() => {
      t.peer = undefined;
    });
    await joinRoom(a, link);
    await linked(a);
    const [newId] = await linked(b);
    assert.notEqual(newId, idOfA);
    await send(b, newId, "you again");
    await got(a, "you again");
  },
);
