import assert from "node:assert/strict";
import { scenario } from "../support/scenario.mjs";

const MODULE = "**/lacis_bg.wasm";

/** Why the module could not be loaded, for whoever makes the page. */
const failure = (tab) =>
  tab.evaluate(() =>
    lacis.init().then(
      () => ({ code: "none" }),
      ({ code, message, detail, retryable }) => ({ code, message, detail, retryable }),
    ),
  );

async function isTold(tab, ...patterns) {
  const { code, message, detail, retryable } = await failure(tab);
  assert.equal(code, "wasm-failed");
  assert.equal(message, "A part of this app could not be loaded. Reload the page.");
  assert.equal(retryable, true);
  assert.match(detail, /http:\S+\/lacis\/wasm\/lacis_bg\.wasm/);
  for (const pattern of patterns) assert.match(detail, pattern);
}

/** Loads the page again, whose first script asks for the module. */
async function reload(tab) {
  await tab.page.reload();
  await tab.ready();
}

scenario("a module that does not come is told with its address: chromium", async (stage) => {
  const tab = await stage.tab("chromium", await stage.server());
  const page = { contentType: "text/html", body: "<!doctype html><title>App</title>" };
  const cases = [
    [(route) => route.fulfill(page), /200, text\/html/, /It is a page/],
    [(route) => route.fulfill({ status: 404, body: "" }), /404/],
    [(route) => route.abort(), /Nothing came/, /connect-src/],
  ];
  for (const [answer, ...patterns] of cases) {
    await tab.page.route(MODULE, answer);
    await reload(tab);
    await isTold(tab, ...patterns);
    await tab.page.unroute(MODULE);
  }
  // And the next call, in the same page, loads it.
  assert.deepEqual(await failure(tab), { code: "none" });
});

scenario("a policy that refuses WebAssembly is told: chromium", async (stage) => {
  const tab = await stage.tab("chromium", await stage.server());
  await tab.page.route(tab.page.url(), async (route) => {
    const response = await route.fetch();
    const policy = { "content-security-policy": "script-src 'self'" };
    await route.fulfill({ response, headers: { ...response.headers(), ...policy } });
  });
  await reload(tab);
  await isTold(tab, /script-src needs 'wasm-unsafe-eval'/);
});
