// The desk of the newsletter: where an issue is written, looked at, put aside, and published.
import assert from "node:assert/strict";
import { Person } from "../support/people.mjs";
import { scenario } from "../support/scenario.mjs";
import { PHONE, resize, sight } from "../support/sights.mjs";

const LANGUAGES = ["en", "fr"];
const LONG = "The **tomatoes** are ripe, and the beans will follow. ".repeat(30);
const TEXT = `## In the garden\n\n${LONG}\n\n- red\n- yellow\n\n> Come and see.`;

/** Chooses a part of the text. */
function select(person, part) {
  return person.tab.evaluate((wanted) => {
    const field = document.querySelector("[data-testid=issue-markdown]");
    const at = field.value.indexOf(wanted);
    field.focus();
    field.setSelectionRange(at, at + wanted.length);
  }, part);
}

/** Hands files to the text as the clipboard or the mouse does. */
function give(person, kind, ...files) {
  return person.tab.evaluate(
    async ([type, names]) => {
      const data = new DataTransfer();
      for (const name of names) {
        const canvas = new OffscreenCanvas(40, 30);
        canvas.getContext("2d").fillRect(0, 0, 40, 30);
        const isPicture = name.endsWith(".png");
        const content = isPicture ? await canvas.convertToBlob() : "words";
        data.items.add(new File([content], name, { type: isPicture ? "image/png" : "text/plain" }));
      }
      const init = { bubbles: true, cancelable: true };
      const event =
        type === "paste"
          ? new ClipboardEvent("paste", { ...init, clipboardData: data })
          : new DragEvent("drop", { ...init, dataTransfer: data });
      document.querySelector("[data-testid=issue-markdown]").dispatchEvent(event);
    },
    [kind, files],
  );
}

for (const language of LANGUAGES) {
  scenario(`an issue from the first word to its readers: ${language}`, async (stage) => {
    const server = await stage.server();
    const initScript = `localStorage.setItem("lacis.language", '"${language}"')`;
    const paula = await Person.arrive(stage, "chromium", server, "Paula", { initScript });
    const see = (name) => sight(paula.tab, `desk-${name}-${language}`, { isForeign: true });
    await paula.found("letter", "Harvest news");
    await paula.see("no-issues");
    await see("nothing-published");
    await paula.click("write-issue");
    await paula.see("editor-readers", { state: '[data-readers="0"]' });
    await see("empty");
    // Whoever opens it can type at once.
    const focus = () => document.activeElement.dataset.testid;
    assert.equal(await paula.tab.evaluate(focus), "issue-title");
    await paula.fill("issue-title", "First harvest");
    await paula.fill("issue-markdown", TEXT);
    await paula.see("draft-kept", { text: language === "en" ? "words" : "mots" });
    await see("written");
    await resize(paula.tab, PHONE);
    await paula.see("issue-text", { gone: true });
    await paula.click("view-preview");
    await paula.see("issue-text", { text: "tomatoes" });
    await paula.see("issue-markdown", { gone: true });
    await sight(paula.tab, `desk-preview-${language}`, {
      sizes: { phone: PHONE },
      isForeign: true,
    });
    await paula.click("view-write");

    // Put aside, it waits in sight.
    await paula.click("editor-close");
    await paula.see("no-issues");
    await see("draft-first");
    await paula.click("write-issue");
    await paula.see("issue-title", { text: "First harvest" });
    await paula.click("publish");
    await paula.see("letter-note", { text: language === "en" ? "kept here" : "gardé ici" });
    await see("published");
    await paula.click("write-issue");
    await paula.fill("issue-markdown", "Only a beginning");
    await paula.click("editor-close");
    await paula.see("draft");
    await paula.tab.reload();
    await paula.see("draft");
    await see("draft-waits");

    const link = await paula.invitation();
    const arthur = await Person.arrive(stage, "firefox", server, "Arthur", { link });
    await arthur.join();
    await arthur.see("issue-view", { text: "First harvest" });
    await arthur.see("draft", { gone: true });
    await paula.click("draft");
    await paula.see("editor-readers", { state: '[data-readers="1"]', text: "1" });
    await paula.click("publish");
    await paula.see("editor-problem", { text: language === "en" ? "title" : "titre" });
    await see("flaw");
    await paula.fill("issue-title", "Second harvest");
    await paula.click("publish");
    const now = language === "en" ? "in a moment" : "dans un instant";
    await paula.see("letter-note", { text: now });
    await paula.see("draft", { gone: true });
    await arthur.see("issue", { text: "Second harvest" });
    await paula.click("correct");
    await see("correct");
    await paula.fill("issue-markdown", "More than a beginning");
    await paula.click("publish");
    await arthur.click("issue", { text: "Second harvest" });
    await arthur.see("issue-view", { text: "More than a beginning" });
    await paula.click("withdraw");
    await paula.click("confirm-yes");
    await arthur.see("issue", { count: 1 });
  });
}

scenario("marks are put on by button and key, and undone like typing", async (stage) => {
  const server = await stage.server();
  const paula = await Person.arrive(stage, "chromium", server, "Paula");
  await paula.found("letter", "Harvest news");
  await paula.click("write-issue");
  await paula.fill("issue-markdown", "ripe tomatoes\nbeans");
  await select(paula, "tomatoes");
  await paula.click("format-bold");
  await paula.see("issue-markdown", { text: "ripe **tomatoes**" });
  await paula.see("issue-text", { text: "tomatoes" });
  const { keyboard } = paula.page;
  await keyboard.press("Control+i");
  await paula.see("issue-markdown", { text: "ripe ***tomatoes***" });
  await keyboard.press("Control+z");
  await keyboard.press("Control+z");
  assert.equal(await paula.see("issue-markdown"), "ripe tomatoes\nbeans");
  await select(paula, "beans");
  await paula.click("format-list");
  await paula.see("issue-markdown", { text: "\n- beans" });
  await select(paula, "ripe");
  await keyboard.press("Control+k");
  // The address is chosen, to be typed over.
  await keyboard.type("https://example.org");
  await paula.see("issue-markdown", { text: "[ripe](https://example.org) tomatoes" });
  // What would save the page to a file tells that nothing need be saved.
  await keyboard.press("Control+s");
  await paula.see("editor-note", { text: "kept on this device" });
});

scenario("marks are put on in Firefox, too", async (stage) => {
  const server = await stage.server();
  const paula = await Person.arrive(stage, "firefox", server, "Paula");
  await paula.found("letter", "Harvest news");
  await paula.click("write-issue");
  await paula.fill("issue-markdown", "ripe tomatoes");
  await select(paula, "tomatoes");
  await paula.click("format-bold");
  await paula.see("issue-markdown", { text: "ripe **tomatoes**" });
  await paula.see("issue-text", { text: "ripe tomatoes" });
});

scenario("pictures are pasted and dropped; what is none is said", async (stage) => {
  const server = await stage.server();
  const paula = await Person.arrive(stage, "chromium", server, "Paula");
  await paula.found("letter", "Harvest news");
  await paula.click("write-issue");
  await give(paula, "paste", "tomato.png");
  await paula.see("issue-markdown", { text: "![tomato](lacis:" });
  await give(paula, "drop", "bean.png", "list.txt", "pea.png");
  await paula.see("issue-markdown", { text: ["![tomato]", "![bean](lacis:", "![pea](lacis:"] });
  await paula.see("editor-problem", { text: "no picture" });
});
