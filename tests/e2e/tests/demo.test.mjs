import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { Person } from "../support/people.mjs";
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
    const at = { link: demo.url };
    const anna = await Person.arrive(stage, "chromium", demo, "Anna", {
      ...at,
      permissions: ["clipboard-read", "clipboard-write"],
    });
    await anna.found("chat", "First words");
    await anna.click("open-invite");
    await anna.see("invite-link", { text: "#/join/" });
    await anna.click("invite-link-copy");
    await anna.see("invite", { text: "Copied" });
    const link = await anna.page.evaluate(() => navigator.clipboard.readText());
    await anna.close("invite");
    assert.match(link, /#\/join\/chat\//);

    const bert = await Person.arrive(stage, "chromium", demo, "Bert", { link });
    await bert.join();
    await bert.meets(1);
    await anna.fill("compose", "Hello from the first tab");
    await anna.click("send");
    await bert.see("message", { text: "Hello from the first tab" });
    await bert.fill("compose", "And hello back");
    await bert.press("compose", "Enter");
    await anna.see("message", { text: "And hello back" });
    await anna.see("message", { state: '[data-state="delivered"]' });

    const lost = await Person.arrive(stage, "chromium", demo, "Lost", {
      link: `${demo.url}/#/join/chat/lo1abc`,
    });
    await lost.see("join-problem", { text: "damaged" });
    for (const { tab } of [anna, bert, lost]) {
      assert.deepEqual(
        tab.log.filter((line) => line.startsWith("error")),
        [],
      );
    }
  },
  { deadlineMs: 330_000 },
);
