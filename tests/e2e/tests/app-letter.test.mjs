// The newsletter: published once, read by people who never meet its publisher.
import assert from "node:assert/strict";
import { Person } from "../support/people.mjs";
import { scenario } from "../support/scenario.mjs";
import { Server } from "../support/server.mjs";

const TEXT = [
  "The **tomatoes** are ripe.",
  "",
  "- red",
  "- yellow",
  "",
  '<img src=x onerror="document.title=1">',
  "",
  "[more](https://example.org) [no](javascript:alert(1))",
].join("\n");

async function publish(person, title, text) {
  await person.fill("issue-title", title);
  await person.fill("issue-markdown", text);
  await person.click("publish");
  await person.see("issue-view", { text: title });
}

const reads = (person, text) => person.see("issue-view", { text });

scenario(
  "the newsletter: publisher away, read on from one reader to the next",
  async (stage) => {
    const server = await stage.server();
    const paula = await Person.arrive(stage, "chromium", server, "Paula");
    await paula.found("letter", "Harvest news");
    await paula.click("write-issue");
    await paula.click("publish");
    await paula.see("editor-problem", { text: "An issue needs a title." });
    await picture(paula);
    await paula.see("issue-markdown", { text: "](lacis:" });
    const withPicture = `${TEXT}\n${await paula.see("issue-markdown")}`;
    await publish(paula, "First harvest", withPicture);
    await paula.click("write-issue");
    await publish(paula, "Second harvest", "Now the *beans*.");
    await paula.picture("letter-publisher");

    const arthur = await Person.arrive(stage, "chromium", server, "Arthur", {
      link: await paula.invitation(),
    });
    await arthur.join();
    await arthur.see("issue", { count: 2 });
    await arthur.click("issue", { text: "First harvest" });
    await arthur.see("issue-source", { text: "Came to you from Paula" });
    await paula.click("issue", { text: "First harvest" });
    await paula.click("correct");
    await publish(paula, "First harvest", `${withPicture}\n\nCorrected: they are **green**.`);
    await reads(arthur, "they are green");
    await arthur.see("issue-corrected");

    // The publisher is away for good. A reader passes it on, in another browser.
    await paula.tab.close();
    const berta = await Person.arrive(stage, "firefox", server, "Berta", {
      link: await arthur.invitation(),
    });
    await berta.join();
    await berta.see("issue", { count: 2 });
    await berta.click("issue", { text: "First harvest" });
    await reads(berta, "they are green");
    await berta.see("issue-source", { text: "Came to you from Arthur" });
    const signed = await berta.see("issue-signed");
    assert.match(signed, /Signed by Paula/);
    assert.equal(await arthur.see("issue-signed"), signed);
    await shown(berta);

    // Nothing in it could do anything.
    const harm = await berta.tab.evaluate(() => ({
      title: document.title,
      scripts: document.querySelectorAll("article script, article [onerror]").length,
      links: [...document.querySelectorAll("article a")].map((link) => link.getAttribute("href")),
    }));
    assert.deepEqual(harm, {
      title: "Harvest news - Lacis",
      scripts: 0,
      links: ["https://example.org"],
    });

    // And one more reader, from the last one who is left; then nobody and nothing is.
    await arthur.tab.close();
    const cara = await Person.arrive(stage, "chromium", server, "Cara", {
      link: await berta.invitation(),
    });
    await cara.join();
    await cara.see("issue", { count: 2 });
    await cara.stores();
    await cara.tab.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
    await berta.tab.close();
    const listen = server.address;
    await server.stop();
    await cara.tab.reload();
    await cara.click("issue", { text: "First harvest" });
    await reads(cara, "they are green");
    await shown(cara);
    await cara.see("issue-source", { text: "Came to you from Berta" });
    await cara.see("write-issue", { gone: true });
    await cara.picture("letter-reader");
    await stage.run(() => Server.start({ pages: stage.pages, listen }));
    await cara.click("back");
    await cara.see("server-state", { state: '[data-state="open"]' });
  },
  { deadlineMs: 180_000 },
);

/** Puts a picture into the text. */
async function picture(person) {
  await person.tab.evaluate(async () => {
    const canvas = new OffscreenCanvas(80, 60);
    const context = canvas.getContext("2d");
    context.fillStyle = "#d23b2b";
    context.fillRect(0, 0, 80, 60);
    const field = document.querySelector("[data-testid=issue-image]");
    const files = new DataTransfer();
    files.items.add(new File([await canvas.convertToBlob()], "tomato.png", { type: "image/png" }));
    field.files = files.files;
    field.dispatchEvent(new Event("change", { bubbles: true }));
  });
}

/** Waits until the picture of the issue is drawn. */
function shown(person) {
  return person.tab.evaluate(async () => {
    const find = () => document.querySelector("article img[src^='blob:']");
    const end = Date.now() + 15_000;
    while (find() === null || !find().complete) {
      if (Date.now() > end) throw new Error(document.querySelector("article").outerHTML);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    if (find().naturalWidth !== 80) throw new Error(`${find().naturalWidth} wide`);
  });
}
