import assert from "node:assert/strict";
import { got, PAIRS, scenario, send } from "../support/scenario.mjs";

for (const pair of PAIRS) {
  scenario(`two pages talk: ${pair.join(" and ")}`, async (stage) => {
    const server = await stage.server();
    const { a, b, idOfA, idOfB } = await stage.pair(server, pair);

    await send(a, idOfB, "there");
    await send(b, idOfA, "and back");
    assert.deepEqual(await got(b, "there"), message(idOfA, "direct", "there"));
    assert.deepEqual(await got(a, "and back"), message(idOfB, "direct", "and back"));

    for (const [from, to, id] of [
      [a, b, idOfA],
      [b, a, idOfB],
    ]) {
      await from.evaluate(() => t.room.broadcast("chat", "to all"));
      await from.evaluate(() => t.room.broadcast("chat", "soon old", { reliable: false }));
      assert.deepEqual(await got(to, "to all"), message(id, "reliable", "to all"));
      assert.deepEqual(await got(to, "soon old"), message(id, "ephemeral", "soon old"));
    }

    await b.evaluate(() => {
      t.room.respond("upper", (request) => new TextDecoder().decode(request.data).toUpperCase());
    });
    const answer = await a.evaluate(
      async (id) => (await t.room.request(id, "upper", "question")).text(),
      idOfB,
    );
    assert.equal(answer, "QUESTION");

    assert.equal(await a.evaluate(() => t.room.remotes.size), 1);
    assert.equal(await a.evaluate((id) => t.room.remotes.get(id).state, idOfB), "direct");
  });
}

function message(from, kind, text) {
  return { from, label: "chat", kind, text, bytes: text.length };
}
