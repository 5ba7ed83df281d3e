// The applications of docs/guide do what the guide says, as they stand there.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { scenario } from "../support/scenario.mjs";

const GUIDE = fileURLToPath(new URL("../../../docs/guide", import.meta.url));
const LINES_MAX = 40;

/** Puts an application where the server hands it out; a bundler would find the package itself. */
function place(stage, name) {
  const script = readFileSync(join(GUIDE, `${name}.js`), "utf8");
  assert.ok(script.split("\n").length <= LINES_MAX, `${name}.js is longer than ${LINES_MAX} lines`);
  const found = script.replace('from "lacis"', 'from "./lacis/dist/index.js"');
  assert.notEqual(found, script);
  writeFileSync(join(stage.pages, `${name}.js`), found);
  const html = readFileSync(join(GUIDE, `${name}.html`), "utf8");
  writeFileSync(join(stage.pages, `${name}.html`), html);
}

/** The page of the application, by its invitation if there is one. */
async function open(stage, server, name, invitation = "") {
  const hash = invitation.split("#")[1];
  const tab = await stage.bareTab(
    "chromium",
    `${server.url}/${name}.html${hash === undefined ? "" : `#${hash}`}`,
  );
  tab.page.setDefaultTimeout(20_000);
  await tab.page.waitForFunction(() => document.querySelector("input").value.includes("#"));
  return { tab, page: tab.page, link: await tab.page.locator("input").inputValue() };
}

const write = async ({ page }, text) => {
  await page.locator("textarea").fill(text);
  await page.locator("button").click();
};

const reads = ({ page }, text) => page.locator("li").filter({ hasText: text }).waitFor();

scenario("the guide's chat: lines reach the other page, and survive a reload", async (stage) => {
  const server = await stage.server();
  place(stage, "chat");
  const first = await open(stage, server, "chat");
  const second = await open(stage, server, "chat", first.link);
  await write(first, "bonjour");
  await reads(second, "bonjour");
  await write(second, "salut");
  await reads(first, "salut");
  await first.tab.close();
  await second.tab.reload();
  await reads(second, "bonjour");
  await reads(second, "salut");
});

scenario(
  "the guide's board: strokes are seen at once, and by whoever comes late",
  async (stage) => {
    const server = await stage.server();
    place(stage, "board");
    const inked = ({ page }) =>
      page.waitForFunction(() => {
        const canvas = document.querySelector("canvas");
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        return data.some((value) => value > 0);
      });
    const first = await open(stage, server, "board");
    const second = await open(stage, server, "board", first.link);
    const box = await first.page.locator("canvas").boundingBox();
    await first.page.mouse.move(box.x + 50, box.y + 50);
    await first.page.mouse.down();
    await first.page.mouse.move(box.x + 200, box.y + 120, { steps: 8 });
    await inked(second);
    await first.page.mouse.up();
    const third = await open(stage, server, "board", second.link);
    await inked(third);
  },
);

scenario("the guide's letter: a reader passes it on while its publisher is away", async (stage) => {
  const server = await stage.server();
  place(stage, "letter");
  const publisher = await open(stage, server, "letter");
  await write(publisher, "The tomatoes are ripe.");
  const reader = await open(stage, server, "letter", publisher.link);
  await reads(reader, "The tomatoes are ripe.");
  assert.equal(await reader.page.locator("form").isVisible(), false);
  await publisher.tab.close();
  const next = await open(stage, server, "letter", reader.link);
  await reads(next, "The tomatoes are ripe.");
});
