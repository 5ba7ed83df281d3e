// The snippets of README.md do what stands around them, verbatim but for where the package lies.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { scenario } from "../support/scenario.mjs";

const README = fileURLToPath(new URL("../../../README.md", import.meta.url));
const [ROOM, GROUP] = [...readFileSync(README, "utf8").matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(
  ([, code]) => code,
);

/** Puts a snippet on a page of the server. */
function place(stage, name, code) {
  const found = code.replace('from "lacis"', 'from "./lacis/dist/index.js"');
  assert.notEqual(found, code);
  writeFileSync(join(stage.pages, `${name}.js`), found);
  const script = `<script type="module" src="${name}.js"></script>`;
  writeFileSync(join(stage.pages, `${name}.html`), `<!doctype html><body></body>${script}`);
}

const shows = ({ page }, text) =>
  page.waitForFunction((wanted) => document.body.textContent.includes(wanted), text);
const shown = ({ page }) => page.evaluate(() => document.body.textContent);
// The icon of the page is asked for, and there is none.
const errorsOf = ({ log }) => log.filter((line) => /^error: (?!Failed to load)/.test(line));

scenario("the README's room: whoever opens its address is greeted once by each", async (stage) => {
  const server = await stage.server();
  place(stage, "readme-room", ROOM);
  const first = await stage.bareTab("chromium", `${server.url}/readme-room.html`);
  await first.page.waitForFunction(() => location.hash.startsWith("#lr"));
  const second = await stage.bareTab("chromium", first.page.url());
  await shows(second, "says hello: bonjour");
  const third = await stage.bareTab("chromium", first.page.url());
  // By now the first and the second have measured their round trip, which greets nobody anew.
  await third.page.waitForFunction(() => document.body.textContent.split("bonjour").length === 3);
  for (const tab of [first, second, third]) {
    const greeted = (await shown(tab)).match(/\S+ says hello: bonjour/g) ?? [];
    assert.equal(new Set(greeted).size, greeted.length, "once by each");
    assert.deepEqual(errorsOf(tab), []);
  }
});

scenario("the README's group: what one wrote the other reads, and a reload too", async (stage) => {
  const server = await stage.server();
  place(stage, "readme-group", GROUP);
  const first = await stage.bareTab("chromium", `${server.url}/readme-group.html`);
  await shows(first, "bonjour from Ada");
  const [link] = (await shown(first)).match(/http\S*#lo\S+/) ?? [];
  const second = await stage.bareTab("chromium", link);
  // Each reads its own line and that of the other, and after a reload a third one.
  const lines = (tab, count) =>
    tab.page.waitForFunction((n) => document.body.textContent.split("bonjour").length > n, count);
  await lines(first, 2);
  await lines(second, 2);
  await second.page.goto(`${server.url}/readme-group.html`);
  await lines(second, 3);
  await lines(first, 3);
  assert.deepEqual([first, second].flatMap(errorsOf), []);
});
