import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { OUTPUT } from "../support/pages.mjs";
import { scenario } from "../support/scenario.mjs";
import { Server } from "../support/server.mjs";

/** The demo as a person starts it: it builds what is missing and prints where to go. */
function startDemo() {
  return Server.run("cargo", ["xtask", "demo", "--port", "0"], {
    cwd: fileURLToPath(new URL("../../..", import.meta.url)),
    pattern: /^Open (\S+)/m,
    deadlineMs: 240_000,
  });
}

scenario(
  "the demo: two people meet through its pages and talk",
  async (stage) => {
    const demo = await stage.run(startDemo);
    const first = await stage.bareTab("chromium", demo.url, {
      permissions: ["clipboard-read", "clipboard-write"],
    });
    const [anna, ofAnna] = driven(first);
    await ofAnna("paste-link").fill("https://example.org/#lr1abc");
    await ofAnna("paste-open").click();
    await ofAnna("paste-error").filter({ hasText: "damaged" }).waitFor();

    await ofAnna("start-room").click();
    await ofAnna("room-state").and(anna.locator("[data-state=open]")).waitFor();
    await ofAnna("copy-link").click();
    const link = await anna.evaluate(() => navigator.clipboard.readText());
    assert.equal(link, anna.url());
    assert.match(link, /#lr1/);

    const second = await stage.bareTab("chromium", link);
    const [bert, ofBert] = driven(second);
    for (const page of [anna, bert]) {
      await page.locator("[data-testid=members] [data-state=direct]").waitFor();
    }
    await ofAnna("me-name").fill("Anna");
    await ofAnna("me-name").blur();
    await ofAnna("compose").fill("Hello from the first tab");
    await ofAnna("send").click();
    await ofBert("message").filter({ hasText: "Hello from the first tab" }).waitFor();
    await ofBert("compose").fill("And hello back");
    await ofBert("compose").press("Enter");
    await ofAnna("message").filter({ hasText: "And hello back" }).waitFor();
    await anna.locator("[data-testid=message][data-state=delivered]").waitFor();

    await ofAnna("attach").setInputFiles({
      name: "notes.txt",
      mimeType: "text/plain",
      buffer: Buffer.from("as it was written"),
    });
    await ofBert("file-accept").click();
    const download = bert.waitForEvent("download");
    await ofBert("file-save").click();
    const saved = await (await download).createReadStream();
    let content = "";
    for await (const bytes of saved) content += bytes;
    assert.equal(content, "as it was written");

    const invalid = await stage.bareTab("chromium", `${demo.url}/chat/#lr1abc`);
    const [, ofInvalid] = driven(invalid);
    await ofInvalid("fatal").and(invalid.page.locator("[data-code=link-damaged]")).waitFor();

    const start = await stage.bareTab("chromium", demo.url);
    await takePictures({ start: start.page, chat: anna });
    for (const tab of [first, second, start]) {
      assert.deepEqual(
        tab.log.filter((line) => line.startsWith("error")),
        [],
      );
    }
  },
  { deadlineMs: 330_000 },
);

/** A tab's page, and how to find what its `data-testid` names. */
function driven({ page }) {
  page.setDefaultTimeout(15_000);
  return [page, (hook) => page.getByTestId(hook)];
}

/** What people see, for people to look at. */
async function takePictures(pages) {
  const folder = join(OUTPUT, "screenshots");
  mkdirSync(folder, { recursive: true });
  const sizes = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 800 } };
  for (const [name, page] of Object.entries(pages)) {
    for (const [device, size] of Object.entries(sizes)) {
      await page.setViewportSize(size);
      for (const colorScheme of ["light", "dark"]) {
        await page.emulateMedia({ colorScheme });
        await page.screenshot({ path: join(folder, `${name}-${device}-${colorScheme}.png`) });
        const isWide = () => document.documentElement.scrollWidth > innerWidth;
        assert.equal(await page.evaluate(isWide), false, `${name} on a ${device} scrolls sideways`);
      }
    }
  }
}
