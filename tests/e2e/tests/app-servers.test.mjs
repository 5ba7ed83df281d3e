// Where a group meets, as people see and change it: an admin at a screen of the applications, the
// others where they are, and the server of before gone for good.
import assert from "node:assert/strict";
import { Person } from "../support/people.mjs";
import { scenario } from "../support/scenario.mjs";
import { PHONE, resize, sight } from "../support/sights.mjs";

const APPS = "lacis/dist/apps/";
/** A page looks only twice a minute whether its groups meet elsewhere. */
const FOLLOW_MS = 40_000;

/** Waits until somebody sees that the group meets there, and at nothing else. */
const meetsAt = async (person, server) => {
  await person.see("meeting-server", { state: `[data-url="${server.socketUrl}"]` });
  await person.see("meeting-server", { count: 1, state: '[data-state="here"]' }, FOLLOW_MS);
};

/** The same group by whatever server the page comes from: a link names those of the group. */
const from = (pages, link) => `${pages.url}/${APPS}#${link.split("#").at(-1)}`;

const focused = ({ tab }) => tab.evaluate(() => document.activeElement.dataset.testid);

/** Opens the screen by keyboard. */
const begin = async (person) => {
  await person.page.getByTestId("change-servers").focus();
  assert.equal(await focused(person), "change-servers");
  await person.page.keyboard.press("Enter");
  await person.see("edit-servers");
};

scenario(
  "an admin moves a group by keyboard, everybody follows, and the old server may go",
  async (stage) => {
    const [pages, old, next] = [await stage.server(), await stage.server(), await stage.server()];
    const query = `?server=${encodeURIComponent(old.socketUrl)}`;
    const anna = await Person.arrive(stage, "chromium", pages, "Anna", {
      link: `${pages.url}/${APPS}${query}`,
    });
    await anna.found("chat", "Sunday walk");
    const before = await anna.invitation();
    const link = from(pages, before);
    const bert = await Person.arrive(stage, "firefox", pages, "Bert", { link });
    await bert.join();
    await Promise.all([anna.meets(1), bert.meets(1)]);

    // Everybody sees where, and only an admin is offered to change it.
    for (const person of [anna, bert]) {
      await person.click("open-details");
      await meetsAt(person, old);
    }
    await bert.see("change-servers", { gone: true });
    await begin(anna);
    const { keyboard } = anna.page;
    await anna.see("server-remove", { gone: true });
    await anna.click("server-add");
    await anna.see("server-remove", { count: 2 });
    // The new field has the keyboard, and what is wrong is said beside it.
    await anna.see("server-url", { state: ":focus", text: "" });
    await keyboard.type("ws://walk.example/ws");
    await keyboard.press("Enter");
    await anna.see("server-flaw", { text: "must begin with wss://" });
    await anna.see("server-url", { state: ":focus[aria-invalid=true]" });
    // What is typed outlasts the dialog.
    await keyboard.press("Escape");
    await anna.see("edit-servers", { gone: true });
    await begin(anna);
    await anna.see("server-url", { text: "ws://walk.example/ws" });
    await anna.click("server-remove");
    await anna.see("server-url", { count: 1, state: ":focus", text: "walk.example" });
    await keyboard.press("Control+a");
    await keyboard.type(next.socketUrl);
    await keyboard.press("Enter");
    await anna.see("edit-servers", { gone: true });
    // Whoever works by keyboard goes on where they were.
    assert.equal(await focused(anna), "change-servers");
    await anna.see("servers-said", { text: "Changed" });
    await Promise.all([meetsAt(anna, next), meetsAt(bert, next)]);
    await sight(anna.tab, "servers-changed");
    await Promise.all([anna, bert].map((person) => person.close("details")));

    // The server of before is gone; a new link leads to where they are.
    await old.stop("SIGKILL");
    const after = await anna.invitation();
    assert.notEqual(after, before);
    const cleo = await Person.arrive(stage, "chromium", pages, "Cleo", {
      link: from(pages, after),
    });
    await cleo.join();
    await Promise.all([anna, bert, cleo].map((person) => person.meets(2)));
    await cleo.click("open-details");
    await meetsAt(cleo, next);
  },
  { deadlineMs: 120_000 },
);

scenario(
  "the server of a group is gone while that of the page works: it is said",
  async (stage) => {
    const [pages, other] = [await stage.server(), await stage.server()];
    const query = `?server=${encodeURIComponent(other.socketUrl)}`;
    const anna = await Person.arrive(stage, "chromium", pages, "Anna", {
      link: `${pages.url}/${APPS}${query}`,
    });
    await anna.found("chat", "Sunday walk");
    const link = from(pages, await anna.invitation());
    const bert = await Person.arrive(stage, "chromium", pages, "Bert", { link });
    await bert.join();
    await bert.meets(1);
    await other.stop("SIGKILL");
    // Whoever is invited there is told that, and not that nobody is there.
    const cleo = await Person.arrive(stage, "chromium", pages, "Cleo", { link });
    const waits = { state: '[data-state="offline"]', text: ["Cannot reach", "new link from Anna"] };
    await cleo.see("join-waiting", waits);
    await cleo.click("join-now");
    await cleo.see("join-waiting", waits);
    await cleo.tab.close();
    await anna.tab.close();
    for (const how of ["as it goes", "as it begins"]) {
      if (how === "as it begins") await bert.tab.reload();
      await bert.see("no-server", { text: ["Cannot reach the server", "is kept"] });
      await bert.see("presence", { text: "there is no server" });
    }
    await bert.click("open-details");
    await bert.see("meeting-server", { state: '[data-state="waiting"]', text: "tried again" });
    await bert.close("details");
    await bert.click("back");
    // The page itself has one.
    await bert.see("server-state", { state: '[data-state="open"]' });
    await bert.see("space", { text: "there is no server" });
  },
);

for (const language of ["en", "fr"]) {
  scenario(`the servers of a group on a phone and on a desk: ${language}`, async (stage) => {
    const server = await stage.server();
    const initScript = `localStorage.setItem("lacis.language", '"${language}"')`;
    const anna = await Person.arrive(stage, "chromium", server, "Anna", { initScript });
    await anna.found("board", "Plan");
    await anna.click("open-details");
    // Nobody has named any: it is the one that the page came from.
    await meetsAt(anna, server);
    await sight(anna.tab, `servers-of-page-${language}`);
    await begin(anna);
    for (const count of [2, 3, 4]) {
      await anna.click("server-add");
      await anna.see("server-url", { count });
    }
    await anna.see("server-add", { state: ":disabled" });
    await anna.see("server-url", { state: ":focus" });
    const urls = anna.page.getByTestId("server-url");
    const typed = ["bonjour", "ws://walk.example/ws", "wss://a:b@walk.example"];
    for (const [at, text] of typed.entries()) await urls.nth(at + 1).fill(text);
    await anna.click("servers-save");
    await anna.see("server-flaw", { state: ":not(:empty)", count: 3 });
    await sight(anna.tab, `servers-flaws-${language}`, { isForeign: true });
    await resize(anna.tab, PHONE);
    await anna.click("servers-cancel");
    await anna.see("edit-servers", { gone: true });
    await meetsAt(anna, server);
  });
}
