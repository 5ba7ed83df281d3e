import assert from "node:assert/strict";
import { scenario } from "../support/scenario.mjs";

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
