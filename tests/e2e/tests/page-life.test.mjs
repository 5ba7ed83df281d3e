import assert from "node:assert/strict";
import { got, joinRoom, left, linked, scenario, send } from "../support/scenario.mjs";

/** Follows a link to another page, and goes back. */
async function goAndComeBack(tab, server) {
  await tab.evaluate(() => {
    t.persisted = undefined;
    addEventListener("pageshow", (event) => t.note("pageshow", event.persisted));
  });
  // Another site, as most links lead to: pages of one site share more.
  await tab.page.goto(`${server.url.replace("127.0.0.1", "localhost")}/blank.html`);
  return () => tab.page.goBack({ waitUntil: "commit" });
}

function isBack(tab) {
  return tab.evaluate(() => globalThis.t?.event("pageshow").then((it) => it.detail));
}

scenario("a page that was left and comes back meets the others again", async (stage) => {
  const server = await stage.server();
  const { a, b, idOfB } = await stage.pair(server, ["chromium", "chromium-cached"]);
  const back = await goAndComeBack(b, server);
  assert.equal(await left(a, idOfB, 3_000), "left");
  await back();
  console.log("persisted", await isBack(b));
  const [again] = await linked(a);
  assert.equal(again, idOfB);
  await linked(b);
  await send(a, idOfB, "welcome back");
  await got(b, "welcome back");
});
