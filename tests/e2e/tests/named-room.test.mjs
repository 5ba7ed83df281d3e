import assert from "node:assert/strict";
import { joinRoom, linked, scenario } from "../support/scenario.mjs";

/** The link of the room of that name and password, as a page makes it. */
function named(tab, password) {
  return tab.evaluate(async (text) => {
    const { roomSecret } = await import("/lacis/dist/room-secret.js");
    const options = { app: "org.example.chess", name: "table 7", password: text };
    return lacis.createRoomLink({ secret: await roomSecret(options) });
  }, password);
}

scenario("pages meet by a name and a password, and not by the name alone", async (stage) => {
  const server = await stage.server();
  const tabs = [];
  for (const browser of ["chromium", "firefox", "chromium"]) {
    tabs.push(await stage.tab(browser, server));
  }
  const [a, b, guesser] = tabs;
  const link = await named(a, "correct horse");
  assert.equal(await named(b, "correct horse"), link);
  const guess = await named(guesser);
  assert.notEqual(guess, link);
  for (const [tab, text] of [
    [guesser, guess],
    [a, link],
    [b, link],
  ]) {
    await joinRoom(tab, text);
  }
  const [idOfB] = await linked(a);
  const [idOfA] = await linked(b);

  // Values that JSON can hold go as they are, in messages, questions and answers.
  await b.evaluate(() => {
    t.room.respond("twice", (asked) => ({ is: asked.json().of.map((n) => 2 * n) }));
    t.moves = t.room.messages({ label: "move" });
  });
  const answer = await a.evaluate(async (id) => {
    await t.room.send(id, "move", { from: "e2", to: "e4" }, { until: "delivered" });
    return (await t.room.request(id, "twice", { of: [1, 2] })).json();
  }, idOfB);
  assert.deepEqual(answer, { is: [2, 4] });
  const moved = await b.evaluate(async () => {
    const { value } = await t.moves.next();
    return { from: value.from.id, move: value.json() };
  });
  assert.deepEqual(moved, { from: idOfA, move: { from: "e2", to: "e4" } });
  assert.equal(await guesser.evaluate(() => t.room.remotes.size), 0);
});
