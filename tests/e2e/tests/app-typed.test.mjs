// What somebody types is never lost: not by a reload, not by a page that dies on the way, not by a
// store or a peer that fails.
import assert from "node:assert/strict";
import { Person } from "../support/people.mjs";
import { scenario } from "../support/scenario.mjs";

/** What stands in a field. */
const valueIn = (person, hook) =>
  person.tab.evaluate((name) => document.querySelector(`[data-testid=${name}]`)?.value, hook);

/** Waits until a field says so. */
async function stands(person, hook, text) {
  await person.see(hook);
  assert.equal(await valueIn(person, hook), text);
}

/** From here on nothing can be written into the store of this page. */
const breakStore = (person) =>
  person.tab.evaluate(() => {
    const begin = IDBDatabase.prototype.transaction;
    IDBDatabase.prototype.transaction = function (names, mode, options) {
      if (mode === "readwrite") throw new DOMException("broken", "UnknownError");
      return begin.call(this, names, mode, options);
    };
  });

/** The page is told that it goes, which ends its peer, and stays all the same. */
const endPeer = (person) =>
  person.tab.evaluate(() => {
    dispatchEvent(new PageTransitionEvent("pagehide", { persisted: false }));
  });

/** Presses something and leaves the page in the same moment. */
const pressAndReload = async (person, hook) => {
  const loaded = person.page.waitForEvent("load");
  await person.tab.evaluate((name) => {
    document.querySelector(`[data-testid=${name}]`).click();
    location.reload();
  }, hook);
  await loaded;
};

/** Presses something, and the page dies in the same moment. */
async function pressAndCrash(person, hook) {
  const { page, tab } = person;
  const where = page.url();
  const session = await tab.session();
  const crashed = page.waitForEvent("crash");
  await tab.evaluate((name) => document.querySelector(`[data-testid=${name}]`).click(), hook);
  session.send("Page.crash").catch(() => {});
  await crashed;
  await tab.renew(where);
}

const say = async (person, text) => {
  await person.fill("compose", text);
  await person.click("send");
};

/** Waits until a line is stored, and is there once. */
async function once(person, text) {
  await person.see("message", { text: [text, "kept here"] });
  await person.see("message", { text, count: 1 });
}

scenario("the chat keeps what is typed and what was sent", async (stage) => {
  const server = await stage.server();
  const anna = await Person.arrive(stage, "chromium", server, "Anna");
  await anna.found("chat", "Notes");
  await say(anna, "first");
  await once(anna, "first");

  // A thought that is not finished, and another one while an older line is changed.
  await anna.fill("compose", "half a thought");
  await anna.click("edit");
  await stands(anna, "compose", "first");
  await anna.fill("compose", "first, changed");
  await anna.tab.reload();
  await anna.see("compose-about", { text: "Editing" });
  await stands(anna, "compose", "first, changed");
  await anna.picture("chat-draft");
  await anna.click("send");
  await anna.see("edited", { text: "edited" });
  await anna.see("compose-about", { gone: true });
  await stands(anna, "compose", "half a thought");
  await anna.press("compose", "Escape");
  await stands(anna, "compose", "half a thought");

  // The page goes in the moment in which it is sent.
  await pressAndReload(anna, "send");
  await once(anna, "half a thought");

  // The store fails: it is told, and said again by the next page.
  await breakStore(anna);
  await say(anna, "nowhere to keep it");
  await anna.see("trouble", { state: '[data-kind="unsaved"]' });
  await anna.tab.reload();
  await once(anna, "nowhere to keep it");

  // The peer has ended: the line stays, can be tried again, and is not lost with the page.
  await endPeer(anna);
  await say(anna, "nobody takes it");
  await anna.see("message", { text: "nobody takes it" });
  await anna.picture("chat-failed");
  await anna.tab.reload();
  await once(anna, "nobody takes it");

  // What is too long stays where it is.
  await anna.fill("compose", "x".repeat(8_001));
  await anna.click("send");
  await anna.see("chat-problem", { text: "8,001 characters" });
  assert.equal((await valueIn(anna, "compose")).length, 8_001);
  await anna.picture("chat-too-long");
});

scenario("a crash and the way back lose nothing that was typed", async (stage) => {
  const server = await stage.server();
  const anna = await Person.arrive(stage, "chromium-cached", server, "Anna");
  await anna.found("chat", "Notes");
  await anna.fill("compose", "sent at the last moment");
  await pressAndCrash(anna, "send");
  await once(anna, "sent at the last moment");
  await anna.fill("compose", "typed before a crash");
  await pressAndCrash(anna, "open-details");
  await stands(anna, "compose", "typed before a crash");

  // A link to another site is followed, and the person comes back to a page that was put aside.
  await anna.page.goto(`${server.url.replace("127.0.0.1", "localhost")}/blank.html`);
  await anna.page.goBack({ waitUntil: "commit" });
  await stands(anna, "compose", "typed before a crash");
  await anna.click("send");
  await once(anna, "typed before a crash");
  await anna.tab.reload();
  await once(anna, "typed before a crash");
  await stands(anna, "compose", "");
});

scenario("a text on the board is kept until it is stored", async (stage) => {
  const server = await stage.server();
  const anna = await Person.arrive(stage, "chromium", server, "Anna");
  await anna.found("board", "Plan");
  const has = (count) => anna.see("canvas", { state: `[data-items="${count}"]` });
  const write = async (x, y, text) => {
    await anna.click("tool-text");
    await anna.page.mouse.click(x, y);
    await anna.fill("text-field", text);
  };
  await write(300, 250, "Tomatoes here");
  await anna.tab.reload();
  await stands(anna, "text-field", "Tomatoes here");
  await anna.picture("board-draft");
  await anna.press("text-field", "Enter");
  await has(1);
  await anna.stores();
  await anna.tab.reload();
  await has(1);
  await anna.see("text-field", { gone: true });

  // What ends the writing does not end the text.
  await write(300, 350, "Beans");
  await anna.press("text-field", "Escape");
  await has(2);
  await anna.click("undo");
  await has(1);
  await anna.stores();

  // The peer has ended: what is written and drawn now is seen, and kept by the next page, once.
  await endPeer(anna);
  await write(300, 420, "Peas");
  await anna.press("text-field", "Enter");
  await anna.click("tool-rect");
  await anna.draw([
    [600, 300],
    [700, 400],
  ]);
  await has(3);
  await anna.see("board-retry");
  await anna.picture("board-failed");
  await anna.tab.reload();
  await has(3);
  await anna.stores();
  await anna.tab.reload();
  await has(3);
  await anna.see("text-field", { gone: true });
});

scenario("an issue is kept while it is written, and published once", async (stage) => {
  const server = await stage.server();
  const paula = await Person.arrive(stage, "chromium", server, "Paula");
  await paula.found("letter", "News");
  await paula.click("write-issue");
  await paula.fill("issue-title", "Harvest");
  await paula.fill("issue-markdown", "The *beans* are ripe.");
  await paula.tab.reload();
  await stands(paula, "issue-title", "Harvest");
  await stands(paula, "issue-markdown", "The *beans* are ripe.");
  await pressAndReload(paula, "publish");
  // Either it is an issue, or it is still a draft; never both, never neither.
  const isDraft = await paula.tab.evaluate(
    () =>
      new Promise((resolve) => {
        const look = () => {
          const title = document.querySelector("[data-testid=issue-title]");
          if (title?.value === "Harvest") resolve(true);
          else if (document.querySelector("[data-testid=issue]") !== null) resolve(false);
          else setTimeout(look, 50);
        };
        look();
      }),
  );
  if (isDraft) await paula.click("publish");
  await paula.see("issue", { text: "Harvest", count: 1 });

  // The peer has ended: the text stays in its field, with the reason and a way to try again.
  await paula.click("write-issue");
  await paula.fill("issue-title", "Winter");
  await paula.fill("issue-markdown", "Nothing grows.");
  await endPeer(paula);
  await paula.click("publish");
  await paula.see("editor-problem", { state: ":not(:empty)" });
  await stands(paula, "issue-markdown", "Nothing grows.");
  await paula.picture("letter-failed");
  await paula.tab.reload();
  await stands(paula, "issue-markdown", "Nothing grows.");
  await paula.click("publish");
  await paula.see("issue", { count: 2 });
  await paula.see("issue-view", { text: "Winter" });
});
