// The start page, and every state in which a person can find itself.
import assert from "node:assert/strict";
import { join } from "node:path";
import { OUTPUT } from "../support/pages.mjs";
import { Person } from "../support/people.mjs";
import { scenario } from "../support/scenario.mjs";
import { showQr } from "../support/video.mjs";

const APPS = "lacis/dist/apps/";

const say = async (person, text) => {
  await person.fill("compose", text);
  await person.click("send");
};

/** Two people who share a chat. */
async function pair(stage, server, options = {}) {
  const anna = await Person.arrive(stage, "chromium", server, "Anna", options);
  await anna.found("chat", "Kitchen");
  const link = await anna.invitation();
  const bert = await Person.arrive(stage, "chromium", server, "Bert", { link });
  await bert.join();
  await Promise.all([anna, bert].map((person) => person.meets(1)));
  return [anna, bert];
}

scenario("links that are none, damaged or for somebody else say so", async (stage) => {
  const server = await stage.server();
  const anna = await Person.arrive(stage, "chromium", server, "Anna");
  await anna.see("server-state", { state: '[data-state="open"]' });
  const tries = async (link, reason) => {
    await anna.fill("paste-link", link);
    await anna.click("paste-open");
    await anna.see("join-problem", { text: reason });
    await anna.see("join-now", { gone: true });
    await anna.click("join-cancel");
    await anna.see("paste-link");
  };
  await tries("https://example.org/#/join/chat/hello", "This is not an invitation.");
  await anna.found("chat", "Kitchen");
  const link = await anna.invitation();
  await anna.click("back");
  const damaged = `${link.slice(0, -9)}aaaaaaaaa`;
  await tries(damaged, "This invitation is damaged");
  // Whoever is here for the first time is told before saying a name.
  const dora = new Person(await stage.bareTab("chromium", damaged), "Dora");
  await dora.see("welcome-problem", { text: "This invitation is damaged" });
  // An invitation for the group one is in leads there.
  await anna.fill("paste-link", link);
  await anna.click("paste-open");
  await anna.see("compose");

  // One that is bound to an identity is of no use to anybody else.
  const bert = await Person.arrive(stage, "chromium", server, "Bert");
  await bert.click("me");
  const card = await bert.tab.evaluate(() => {
    document.querySelector("[data-testid=identity] details").open = true;
    return document.querySelector("[data-testid=card]").value;
  });
  await anna.click("open-invite");
  await anna.tab.evaluate(() => {
    document.querySelector("[data-testid=invite] details").open = true;
  });
  await anna.fill("their-card", card);
  await anna.click("by-card");
  const bound = await anna.see("card-link", { text: "#/join/" });
  const cleo = await Person.arrive(stage, "chromium", server, "Cleo", { link: bound });
  await cleo.click("join-now");
  await cleo.see("join-problem", { text: "for somebody else" });
  await anna.tab.close();
  // Nobody is there to let Bert in, and nobody need be.
  await bert.tab.page.goto(bound);
  await bert.join();
  await bert.see("compose");
});

scenario("an invitation that ends beyond all calendars says so", async (stage) => {
  const server = await stage.server();
  const host = await stage.tab("chromium", server);
  // A name that holds marks which reverse text is taken without them.
  const anna = await Person.arrive(stage, "chromium", server, "\u202Ean\u2069nA");
  await anna.click("me");
  const card = await anna.tab.evaluate(() => document.querySelector("[data-testid=card]").value);
  await anna.close("identity");
  const invitation = await host.evaluate(async (text) => {
    const peer = await lacis.createPeer({});
    const group = await peer.createGroup({ name: "Kitchen", connect: false });
    return group.invite({ for: (await lacis.parseCard(text)).peerId, memberFor: 9e15 });
  }, card);
  await anna.fill("paste-link", invitation);
  await anna.click("paste-open");
  await anna.see("join", { text: "Valid until a time beyond any calendar." });
  await anna.see("join", { text: "You join as annA." });
  await anna.see("join-now");
  await anna.picture("join-endless");
});

scenario("a second tab takes over, and gives back", async (stage) => {
  const server = await stage.server();
  const [anna, bert] = await pair(stage, server);
  const second = await anna.page.context().newPage();
  await second.goto(`${server.url}/${APPS}`);
  await second.getByTestId("space").waitFor();
  await anna.see("elsewhere", { text: "open in another tab" });
  await anna.picture("elsewhere");
  await say(bert, "While the other tab is at work");
  await second.getByTestId("unread").filter({ hasText: "1" }).waitFor();
  await anna.click("use-here");
  await anna.see("message", { text: "While the other tab" });
  await second.getByTestId("elsewhere").waitFor();
  await anna.meets(1);
});

scenario("a tab that becomes somebody else leaves its identity to the other", async (stage) => {
  const server = await stage.server();
  const anna = await Person.arrive(stage, "chromium", server, "Anna");
  await anna.found("chat", "Kitchen");
  await anna.click("back");
  const second = await anna.page.context().newPage();
  await second.goto(`${server.url}/${APPS}`);
  await second.getByTestId("space").waitFor();
  await anna.see("elsewhere");
  await second.getByTestId("me").click();
  await second.getByTestId("new-identity").click();
  await second.getByTestId("space").waitFor({ state: "detached" });
  // It goes on by itself, and both are at work.
  await anna.see("space", { text: "Kitchen" });
  await second.getByTestId("new-chat").waitFor();
  assert.equal(await second.getByTestId("elsewhere").count(), 0);
});

/** Makes another identity in the same browser. */
async function becomeAnother(person) {
  await person.click("me");
  const before = await person.tab.evaluate(() => localStorage.getItem("lacis.last-identity"));
  await person.click("new-identity");
  await person.page.waitForFunction(
    (old) => localStorage.getItem("lacis.last-identity") !== old,
    before,
  );
  await person.see("me");
}

scenario("an invitation for another identity of this browser is taken at once", async (stage) => {
  const server = await stage.server();
  const anna = await Person.arrive(stage, "chromium", server, "Anna");
  const bert = await Person.arrive(stage, "chromium", server, "Bert");
  await bert.click("me");
  const card = await bert.tab.evaluate(() => document.querySelector("[data-testid=card]").value);
  await bert.close("identity");
  await becomeAnother(bert);
  await anna.found("chat", "Kitchen");
  await anna.click("open-invite");
  await anna.tab.evaluate(() => {
    document.querySelector("[data-testid=invite] details").open = true;
  });
  await anna.fill("their-card", card);
  await anna.click("by-card");
  const bound = await anna.see("card-link", { text: "#/join/" });
  await anna.close("invite");
  await bert.page.goto(bound);
  await bert.join();
  await bert.see("compose");
  await Promise.all([anna, bert].map((person) => person.meets(1)));
});

scenario("news are counted, until they are seen; what was new is marked", async (stage) => {
  const server = await stage.server();
  const [anna, bert] = await pair(stage, server);
  await say(bert, "one");
  await anna.see("message", { text: "one" });
  await anna.click("back");
  await anna.see("unread", { gone: true });
  await say(bert, "two");
  await say(bert, "three");
  await anna.see("unread", { text: "2" });
  await anna.picture("start");
  await anna.tab.reload();
  await anna.see("unread", { text: "2" });
  await anna.enter("Kitchen");
  await anna.see("new-lines");
  await anna.click("back");
  await anna.see("unread", { gone: true });
});

scenario("an invitation is scanned with the camera", async (stage) => {
  const server = await stage.server();
  const anna = await Person.arrive(stage, "chromium", server, "Anna");
  await anna.found("chat", "Scanned");
  const video = join(OUTPUT, "camera", "invitation.y4m");
  showQr(video, await anna.invitation());
  const bert = await Person.arrive(stage, `chromium#${video}`, server, "Bert");
  await bert.click("scan");
  await bert.see("join", { text: "Talk with others in a chat" });
  await bert.join();
  await Promise.all([anna, bert].map((person) => person.meets(1)));
});

scenario("whoever is removed is told, and can write no more", async (stage) => {
  const server = await stage.server();
  const [anna, bert] = await pair(stage, server);
  await say(bert, "Before");
  await anna.see("message", { text: "Before" });
  await anna.click("open-details");
  await anna.click("remove-member");
  await anna.click("confirm-yes");
  await bert.see("trouble", { state: '[data-kind="revoked"]' });
  await bert.see("compose", { gone: true });
  await bert.see("message", { text: "Before" });
  // Nobody will come to whom anything could be sent.
  assert.equal(await bert.see("presence"), "");
  await bert.picture("revoked");
  await bert.click("trouble-leave");
  await bert.click("confirm-yes");
  await bert.see("spaces");
  await bert.see("space", { gone: true });
});

/** A store that is full while `isFull` is set. One whose disk is full cannot be opened again. */
const full = (name) => `{
  const put = IDBObjectStore.prototype.put;
  IDBObjectStore.prototype.put = function (...words) {
    if (globalThis.isFull) throw new DOMException("full", "${name}");
    return put.apply(this, words);
  };
  const open = IDBFactory.prototype.open;
  IDBFactory.prototype.open = function (...words) {
    if (globalThis.isFull) throw new DOMException("full", "${name}");
    return open.apply(this, words);
  };
}`;

for (const [device, name, reason] of [
  ["a device without space left", "QuotaExceededError", "no space left"],
  ["a full disk", "UnknownError", "may be full"],
]) {
  scenario(`${device} is told of, and nothing is lost when there is room again`, async (stage) => {
    const server = await stage.server();
    const [anna, bert] = await pair(stage, server, { initScript: full(name) });
    await anna.tab.evaluate(() => {
      globalThis.isFull = true;
    });
    await say(anna, "Is there room?");
    await anna.see("trouble", { state: '[data-kind="unsaved"]', text: reason });
    // Once, and with nothing to be sent again: it is kept in memory meanwhile.
    await anna.see("message", { count: 1 });
    await anna.see("say-again", { gone: true });
    // A small file is a record, too; a large one has no other place.
    await anna.choose("attach", { name: "map.txt", type: "text/plain", bytes: 3_000 });
    await anna.see("message", { text: "map.txt" });
    await anna.see("chat-problem", { gone: true });
    await anna.choose("attach", { name: "film.bin", type: "video/mp4", bytes: 300_000 });
    await anna.see("chat-problem", { text: reason });
    await anna.picture("full");
    await anna.tab.evaluate(() => {
      globalThis.isFull = false;
    });
    await anna.see("trouble", { gone: true }, 30_000);
    await bert.see("message", { text: "Is there room?" });
    await bert.see("message", { text: "map.txt" });
    await bert.see("message", { text: "film.bin", gone: true });
    await anna.tab.reload();
    await anna.see("message", { text: "Is there room?" });
    await anna.see("message", { text: "map.txt" });
  });
}

scenario("an identity moves to another device, with its name", async (stage) => {
  const server = await stage.server();
  const anna = await Person.arrive(stage, "chromium", server, "Anna");
  await anna.click("me");
  await anna.tab.evaluate(() => {
    document.querySelector("[data-testid=export]").open = true;
  });
  await anna.fill("export-password", "short");
  await anna.click("export-make");
  await anna.see("export-problem", { text: "8" });
  await anna.fill("export-password", "correct horse");
  await anna.click("export-make");
  await anna.see("export-problem", { gone: true });
  const exported = await anna.see("exported");
  const other = new Person(await stage.bareTab("firefox", `${server.url}/${APPS}`), "Anna");
  await other.see("welcome");
  await other.tab.evaluate(() => document.querySelector("[data-testid=welcome] .plain").click());
  await other.fill("import-text", exported);
  await other.fill("import-password", "wrong");
  await other.click("import-take");
  await other.see("import-problem", { text: "The password is wrong." });
  await other.fill("import-password", "correct horse");
  await other.click("import-take");
  await other.see("me", { text: "Anna" });
});

scenario("the pages speak French to whoever asks for it", async (stage) => {
  const server = await stage.server();
  const tab = await stage.bareTab("chromium", `${server.url}/${APPS}`, { locale: "fr-FR" });
  const anne = new Person(tab, "Anne");
  await anne.fill("my-name", "Anne");
  await anne.see("begin", { text: "Commencer" });
  await anne.click("begin");
  await anne.see("new-letter", { text: "Lettre" });
  await anne.see("server-state", { text: "Connecté" });
  assert.equal(await tab.evaluate(() => document.documentElement.lang), "fr");
  await anne.fill("paste-link", "https://example.org/#/join/chat/bonjour");
  await anne.click("paste-open");
  await anne.see("join-problem", { text: "Ce n'est pas une invitation." });
  await anne.click("join-cancel");
  await anne.picture("start-fr");
});

scenario(
  "T3: all neighbours of one page are closed; it finds others and syncs without a click",
  async (stage) => {
    const server = await stage.server();
    const [anna, bert] = await pair(stage, server);
    const link = await anna.invitation();
    const cleo = await Person.arrive(stage, "chromium", server, "Cleo", { link });
    await cleo.join();
    const dora = await Person.arrive(stage, "firefox", server, "Dora", { link });
    await dora.join();
    await dora.meets(3);
    // Dora is away, and hears nothing of what comes.
    await dora.page.goto("about:blank");
    await anna.meets(2);
    await say(bert, "Said before everybody left");
    await anna.see("message", { text: "Said before everybody left" });
    await Promise.all([bert, cleo].map(({ tab }) => tab.close()));
    await say(anna, "Is anybody here?");
    await dora.page.goto(`${server.url}/${APPS}`);
    await dora.enter("Kitchen");
    await dora.see("message", { text: "Said before everybody left" });
    await dora.see("message", { text: "Is anybody here?" });
    await say(dora, "I am");
    await anna.see("message", { text: "I am" });
    await anna.meets(1);
  },
  { deadlineMs: 120_000 },
);
