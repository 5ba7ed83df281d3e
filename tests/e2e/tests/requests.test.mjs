import assert from "node:assert/strict";
import { joinRoom, linked, scenario } from "../support/scenario.mjs";

scenario("a request always ends: answered, refused, failed, too late, given up", async (stage) => {
  const { a, b, idOfB } = await stage.pair(await stage.server());
  await b.evaluate(() => {
    t.room.respond("fail", () => {
      throw new Error("no");
    });
    t.room.respond("never", () => new Promise(() => {}));
  });
  const ask = (label, options) =>
    a.evaluate(
      ([id, l, o]) => t.failure(() => t.room.request(id, l, "?", o)),
      [idOfB, label, options],
    );
  assert.equal((await ask("nobody")).code, "no-handler");
  assert.equal((await ask("fail")).code, "handler-failed");
  assert.equal((await ask("never", { timeoutMs: 200 })).code, "timeout");
  const aborted = await a.evaluate(
    (id) =>
      t.failure(() => {
        const controller = new AbortController();
        const asked = t.room.request(id, "never", "?", { signal: controller.signal });
        controller.abort(new Error("enough"));
        return asked;
      }),
    idOfB,
  );
  assert.equal(aborted.code, "aborted");
  assert.equal(aborted.cause, "Error: enough");
  assert.equal((await ask("fail")).code, "handler-failed", "the link is as good as before");
});

scenario("a question to all is answered by each, or says why not", async (stage) => {
  const server = await stage.server();
  const { a, b, link, idOfB } = await stage.pair(server, ["chromium", "firefox"]);
  const c = await stage.tab("chromium", server);
  await joinRoom(c, link);
  const [idOfC] = (await linked(a, 2)).filter((id) => id !== idOfB);
  await b.evaluate(() => t.room.respond("vote", (asked) => `yes to ${asked.json().motion}`));
  const asked = () =>
    a.evaluate(async () => {
      const outcomes = await t.room.requestAll("vote", { motion: 7 }, { timeoutMs: 500 });
      return Object.fromEntries(
        [...outcomes].map(([{ id }, { status, value, reason }]) => [
          id,
          status === "fulfilled" ? value.text() : reason.code,
        ]),
      );
    });
  assert.deepEqual(await asked(), { [idOfB]: "yes to 7", [idOfC]: "no-handler" });
  await c.evaluate(() => {
    t.room.respond("vote", () => new Promise(() => {}));
  });
  assert.deepEqual(await asked(), { [idOfB]: "yes to 7", [idOfC]: "timeout" });
});
