// Somebody who is connected in one group is called into another.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Person } from "../support/people.mjs";
import { scenario } from "../support/scenario.mjs";

const require = createRequire(new URL("../../../www/package.json", import.meta.url));
const SIZES = [
  { width: 390, height: 844 },
  { width: 1280, height: 800 },
];

/** Two people who share a chat; one of them has a board, too. */
async function pair(stage) {
  const server = await stage.server();
  const anna = await Person.arrive(stage, "chromium", server, "Anna");
  await anna.found("chat", "Kitchen");
  const link = await anna.invitation();
  const bert = await Person.arrive(stage, "chromium", server, "Bert", { link });
  await bert.join();
  await Promise.all([anna, bert].map((person) => person.meets(1)));
  await anna.click("back");
  await anna.found("board", "Plan");
  return [anna, bert];
}

async function call(anna, bert) {
  await anna.click("open-invite");
  await anna.click("call");
  await anna.see("call-state", { state: '[data-state="open"]' });
  await bert.see("calls", { text: "Anna invites you" });
}

/** Closes a dialog and opens it before the browser could tell of its closing. */
async function reopen(person, hook) {
  await person.tab.evaluate(async (name) => {
    const press = (it) => document.querySelector(`[data-testid="${it}"]`).click();
    press(`${name}-close`);
    // Time to draw, and no more.
    for (let turn = 0; turn < 10; turn++) await null;
    press(`open-${name}`);
    await new Promise((resolve) => setTimeout(resolve));
  }, hook);
  await person.see(hook);
}

scenario("somebody is called into another group: taken back, then joined", async (stage) => {
  const [anna, bert] = await pair(stage);
  await call(anna, bert);
  await anna.click("call-cancel");
  await bert.see("call-state", { state: '[data-state="cancelled"]' });
  await bert.click("call-done");
  await bert.see("calls", { gone: true });
  await reopen(anna, "invite");
  await anna.close("invite");
  await call(anna, bert);
  await bert.picture("called");
  await bert.click("call-accept");
  await anna.see("call-state", { state: '[data-state="accepted"]' });
  await anna.click("call-done");
  await anna.close("invite");
  // Nothing is joined before it was seen what it is.
  await bert.see("join-name", { text: "Plan" });
  await bert.join();
  await bert.see("canvas");
  await Promise.all([anna, bert].map((person) => person.meets(1)));
});

scenario("a call takes no letter from whoever is writing, and is reached by Tab", async (stage) => {
  const [anna, bert] = await pair(stage);
  const { keyboard } = bert.page;
  await bert.page.getByTestId("compose").focus();
  await keyboard.type("hel");
  await call(anna, bert);
  await keyboard.type("lo");
  assert.equal(await bert.page.getByTestId("compose").inputValue(), "hello");
  await keyboard.press("Enter");
  await bert.see("message", { text: "hello" });
  await bert.see("received", { state: ':has([data-state="open"])' });
  for (const size of SIZES) {
    await bert.page.setViewportSize(size);
    await bert.picture(`called-${size.width}`);
  }
  await bert.page.evaluate(readFileSync(require.resolve("axe-core/axe.min.js"), "utf8"));
  const flaws = await bert.page.evaluate(async () => {
    const { violations } = await axe.run();
    return violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`);
  });
  assert.deepEqual(flaws, []);
  const focused = () =>
    bert.tab.evaluate(() => document.activeElement?.getAttribute("data-testid") ?? "");
  for (let times = 0; times < 20 && (await focused()) !== "call-decline"; times += 1) {
    await keyboard.press("Tab");
  }
  await keyboard.press("Enter");
  await anna.see("call-state", { state: '[data-state="declined"]' });
  await bert.see("calls", { gone: true });
  // Whoever was declined is answered, and not shown.
  await anna.click("call-done");
  await anna.click("call");
  await anna.see("call-state", { state: '[data-state="declined"]' });
  await bert.see("calls", { gone: true });
});
