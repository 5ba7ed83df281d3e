import assert from "node:assert/strict";
import { left, scenario } from "../support/scenario.mjs";

// Nobody says goodbye for a page that was killed: its server or the silence must tell.
const NOTICED_MS = 30_000;

scenario("a killed page is noticed", async (stage) => {
  const { a, b, idOfB } = await stage.pair(await stage.server());
  const session = await b.session();
  const start = Date.now();
  // The command itself never answers: what would answer is gone.
  session.send("Page.crash").catch(() => {});
  const code = await left(a, idOfB, NOTICED_MS);
  console.log(`  noticed after ${Date.now() - start} ms: ${code}`);
  assert.ok(["link-lost", "left"].includes(code), code);
  assert.equal(await a.evaluate(() => t.room.remotes.size), 0);
  await a.evaluate(() =>
    t.until(() => t.peer.diagnose().connections === 0, "the connection to be gone", 5_000),
  );
});
