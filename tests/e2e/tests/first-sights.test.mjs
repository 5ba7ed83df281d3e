// The pages as they are first seen: on a phone and on a desk, in both languages, in either browser,
// by whoever begins, whoever is invited, and whoever comes when somebody or something is missing.
// Each state is told in words, with a way on.
import assert from "node:assert/strict";
import { Person } from "../support/people.mjs";
import { scenario } from "../support/scenario.mjs";
import { Server } from "../support/server.mjs";
import { DESK, PHONE, resize, sight } from "../support/sights.mjs";

const APPS = "lacis/dist/apps/";
const APP_NAMES = ["board", "chat", "letter"];
const VIEWS = [
  ["chromium", "en"],
  ["chromium", "fr"],
  ["firefox", "en"],
];
/** How soon somebody is told what is the matter. */
const AT_ONCE_MS = 5_000;

const speak = (language) => ({
  initScript: `localStorage.setItem("lacis.language", '"${language}"')`,
});

for (const [browser, language] of VIEWS) {
  scenario(
    `whoever begins: ${browser}, ${language}`,
    async (stage) => {
      const server = await stage.server();
      const tab = await stage.bareTab(browser, `${server.url}/${APPS}`, speak(language));
      const see = (name) => sight(tab, `begin-${name}-${browser}-${language}`);
      const anna = new Person(tab, "Anna");
      await anna.see("welcome");
      await see("welcome");
      await anna.fill("my-name", "Anna");
      await anna.click("begin");
      await anna.see("server-state", { state: '[data-state="open"]' });
      await anna.see("storage-used");
      await see("start");
      for (const app of APP_NAMES) {
        await anna.click(`new-${app}`);
        await see(`new-${app}`);
        await anna.fill("found-name", "Kitchen and garden");
        await anna.click("found-now");
        await anna.see("presence");
        await see(app);
        await anna.click("open-invite");
        await anna.see("invite-link", { text: "#/join/" });
        await see(`${app}-invite`);
        await anna.close("invite");
        await anna.click("open-details");
        await see(`${app}-details`);
        await anna.close("details");
        await anna.click("back");
      }
      await anna.see("space", { count: 3 });
      await see("start-groups");
    },
    { deadlineMs: 90_000 },
  );

  scenario(
    `whoever is invited sees by whom and to what: ${browser}, ${language}`,
    async (stage) => {
      const server = await stage.server();
      const anna = await Person.arrive(stage, "chromium", server, "Anna");
      for (const app of APP_NAMES) {
        await anna.found(app, "Kitchen");
        const link = await anna.invitation();
        const tab = await stage.bareTab(browser, link, speak(language));
        const see = (name) => sight(tab, `guest-${app}-${name}-${browser}-${language}`);
        const bert = new Person(tab, "Bert");
        await bert.see("welcome-said", { text: "Anna" });
        await see("welcome");
        await bert.fill("my-name", "Bert");
        await bert.click("begin");
        await bert.see("join-name", { text: "Kitchen" });
        // Nobody has checked what a link says.
        await bert.see("join-inviter", { text: "Anna" });
        await see("join");
        await bert.join();
        await bert.meets(1);
        await see("in");
        await anna.click("back");
        await tab.close();
      }
    },
    { deadlineMs: 90_000 },
  );
}

scenario("what a link says of its sender is marked as such, and harmless", async (stage) => {
  const server = await stage.server();
  const anna = await Person.arrive(stage, "chromium", server, "Anna");
  await anna.found("chat", "Kitchen");
  const link = await anna.invitation();
  const bare = link.slice(0, link.lastIndexOf("//"));
  assert.notEqual(bare, link);
  const bert = await Person.arrive(stage, "chromium", server, "Bert", { link });
  await bert.see("join-inviter", { text: ['"Anna"', "nobody has checked"] });
  await bert.join();
  await bert.meets(1);
  await bert.see("message", { gone: true });
  // Whoever has met her sees the name under which she was met, whatever the link says.
  await anna.click("back");
  await anna.found("board", "Plan");
  const other = await anna.invitation();
  const lying = `${other.slice(0, other.lastIndexOf("/"))}/Zo%C3%A9`;
  await bert.page.goto(lying);
  await bert.see("join-inviter", { text: "Invited by Anna." });

  const evil = `<img src=x onerror=alert(1)>"\u202E\n${"x".repeat(60)}`;
  const tab = await stage.bareTab("chromium", `${bare}//${encodeURIComponent(evil)}`);
  const cleo = new Person(tab, "Cleo");
  const said = await cleo.see("welcome-said");
  const name = /"(.*)"/s.exec(said)[1];
  assert.equal(name, `<img src=x onerror=alert(1)> ${"x".repeat(11)}`);
  assert.equal(await tab.evaluate(() => document.querySelector("#app img[src=x]")), null);
  // Half a letter is none, and the rest of the link works.
  const cut = new Person(await stage.bareTab("chromium", `${bare}//%E9%`), "Dora");
  await cut.see("welcome-for");
  await cut.see("welcome-said", { gone: true });
  // And so does a link that says nothing.
  const plain = await Person.arrive(stage, "chromium", server, "Emil", { link: bare });
  await plain.see("join-inviter", { text: "somebody you have not met" });
});

for (const browser of ["chromium", "firefox"]) {
  scenario(`two tabs: the first goes on when the second is closed: ${browser}`, async (stage) => {
    const server = await stage.server();
    const tab = await stage.bareTab(browser, `${server.url}/${APPS}`, speak("en"));
    const anna = new Person(tab, "Anna");
    await anna.fill("my-name", "Anna");
    await anna.click("begin");
    await anna.found("chat", "Kitchen");
    await anna.see("compose");
    const context = tab.page.context?.() ?? tab.page.browserContext();
    const second = await context.newPage();
    await second.goto(`${server.url}/${APPS}`);
    await anna.see("elsewhere", { text: ["another tab", "goes on by itself"] });
    await sight(tab, `two-tabs-${browser}`);
    // One that is reloaded keeps its turn.
    await second.reload();
    await second.waitForSelector("[data-testid=space]");
    await anna.see("elsewhere");
    await second.close();
    await anna.see("compose");
    await anna.fill("compose", "It goes on here");
    await anna.click("send");
    await anna.see("message", { text: "It goes on here" });
  });
}

for (const [browser, language] of VIEWS) {
  scenario(
    `a guest while the host is away goes in when the host is back: ${browser}, ${language}`,
    async (stage) => {
      const server = await stage.server();
      const anna = await Person.arrive(stage, "chromium", server, "Anna");
      await anna.found("board", "Plan");
      const link = await anna.invitation();
      const there = anna.page.url();
      await anna.page.goto("about:blank");
      const options = { link, ...speak(language) };
      const bert = await Person.arrive(stage, browser, server, "Bert", options);
      const see = (name) => sight(bert.tab, `host-away-${name}-${browser}-${language}`);
      await bert.see("join-said", { text: "Anna" });
      await bert.see("join-waiting");
      await see("at-once");
      await bert.see("join-waiting", { state: '[data-state="long"]', text: "Anna" });
      await see("after-a-while");
      await bert.click("join-now");
      await see("joining");
      await anna.page.goto(there);
      await bert.see("canvas");
      await Promise.all([anna, bert].map((person) => person.meets(1)));
    },
    { deadlineMs: 90_000 },
  );
}

scenario("a guest who only looks is shown what it is once the host is back", async (stage) => {
  const server = await stage.server();
  const anna = await Person.arrive(stage, "chromium", server, "Anna");
  await anna.found("letter", "News");
  const link = await anna.invitation();
  const there = anna.page.url();
  await anna.page.goto("about:blank");
  const bert = await Person.arrive(stage, "chromium", server, "Bert", { link });
  await bert.see("join-waiting", { state: '[data-state="long"]' });
  await anna.page.goto(there);
  await bert.see("join-name", { text: "News" }, 40_000);
  await bert.see("join-waiting", { gone: true });
});

/** A port at which nobody is. */
const DEAD = `?server=${encodeURIComponent("ws://127.0.0.1:9/ws")}`;

for (const [browser, language] of VIEWS) {
  scenario(
    `the server is dead at opening: ${browser}, ${language}`,
    async (stage) => {
      const server = await stage.server();
      const link = `${server.url}/${APPS}${DEAD}`;
      const anna = await Person.arrive(stage, browser, server, "Anna", {
        link,
        ...speak(language),
      });
      await anna.see("server-state", { state: '[data-state="offline"]' }, AT_ONCE_MS);
      const see = (name) => sight(anna.tab, `dead-${name}-${browser}-${language}`);
      await see("start");
      for (const app of APP_NAMES) {
        await anna.found(app, "Kitchen");
        await anna.see("no-server", {}, AT_ONCE_MS);
        await see(app);
        if (app === "chat") {
          await anna.click("no-server-by-hand");
          await anna.click("by-hand-begin");
          await anna.see("by-hand-link", { text: "/lp1" });
          await see("by-hand");
          await anna.close("invite");
        }
        const invitation = await anna.invitation();
        const bert = await Person.arrive(stage, browser, server, "Bert", {
          link: invitation,
          ...speak(language),
        });
        await bert.see("join-waiting", { state: '[data-state="offline"]' }, AT_ONCE_MS);
        await sight(bert.tab, `dead-join-${app}-${browser}-${language}`);
        await bert.click("join-now");
        await bert.see("join-waiting", { state: '[data-state="offline"]', text: "Anna" });
        await sight(bert.tab, `dead-joining-${app}-${browser}-${language}`);
        await bert.tab.close();
        await anna.click("back");
      }
    },
    { deadlineMs: 120_000 },
  );
}

scenario("founder and guest go on by themselves when the server comes", async (stage) => {
  const pages = await stage.server();
  const gone = await stage.server();
  const listen = gone.address;
  await gone.stop();
  const query = `?server=${encodeURIComponent(`ws://${listen}/ws`)}`;
  const link = `${pages.url}/${APPS}${query}`;
  const anna = await Person.arrive(stage, "chromium", pages, "Anna", { link });
  await anna.found("chat", "Kitchen");
  await anna.see("no-server", {}, AT_ONCE_MS);
  const invitation = await anna.invitation();
  const bert = await Person.arrive(stage, "firefox", pages, "Bert", { link: invitation });
  await bert.see("join-waiting", { state: '[data-state="offline"]' }, AT_ONCE_MS);
  await bert.click("join-now");
  await stage.run(() => Server.start({ pages: stage.pages, listen }));
  for (const { tab } of [anna, bert]) {
    await tab.evaluate(() => dispatchEvent(new Event("online")));
  }
  await bert.see("compose", {}, 40_000);
  await Promise.all([anna, bert].map((person) => person.meets(1)));
  await anna.see("no-server", { gone: true });
});

scenario("a server that takes connections and says nothing is called slow", async (stage) => {
  const server = await stage.server();
  const { createServer } = await import("node:net");
  const silent = createServer(() => {});
  await new Promise((resolve) => silent.listen(0, "127.0.0.1", resolve));
  stage.defer(() => silent.close());
  const url = encodeURIComponent(`ws://127.0.0.1:${silent.address().port}/ws`);
  const anna = await Person.arrive(stage, "chromium", server, "Anna", {
    link: `${server.url}/${APPS}?server=${url}`,
  });
  await anna.see("server-state", { text: "has not answered yet" }, 2 * AT_ONCE_MS);
  await sight(anna.tab, "slow-start");
  await anna.found("chat", "Kitchen");
  await anna.see("no-server", { text: "has not answered yet" });
  await sight(anna.tab, "slow-chat");
});

/** Those that are looked at as a first visit, and in either browser. */
const SHOWN_TWICE = ["ended", "damaged", "no-group"];

/** Links that are of no use. */
function uselessLinks(server, link) {
  const page = `${server.url}/${APPS}`;
  const bare = link.slice(0, link.lastIndexOf("//"));
  return {
    ended: link,
    damaged: `${bare.slice(0, -9)}aaaaaaaaa`,
    cut: bare.slice(0, -30),
    newer: bare.replace("/lo1", "/lo2"),
    older: bare.replace("/lo1", "/le1"),
    room: `${page}#lr1${"a".repeat(60)}`,
    garbage: `${page}#/join/chat/bonjour`,
    empty: `${page}#/join/`,
    "no-group": `${page}#/g/abcdef`,
    "other-app": bare.replace("/chat/", "/poker/"),
  };
}

for (const [browser, language] of VIEWS) {
  scenario(
    `links that are of no use say so: ${browser}, ${language}`,
    async (stage) => {
      const server = await stage.server();
      const anna = await Person.arrive(stage, "chromium", server, "Anna");
      await anna.found("chat", "Kitchen");
      const link = await anna.invitation();
      await anna.click("open-invite");
      await anna.see("invite-link", { text: "#/join/" });
      await anna.click("end-invitation");
      await anna.see("invite-link", { text: "#/join/" });
      await anna.close("invite");
      const tab = await stage.bareTab(browser, `${server.url}/${APPS}`, speak(language));
      const bert = new Person(tab, "Bert");
      await bert.fill("my-name", "Bert");
      await bert.click("begin");
      await bert.see("spaces");
      for (const [name, url] of Object.entries(uselessLinks(server, link))) {
        if (browser === "firefox" && !SHOWN_TWICE.includes(name)) continue;
        await bert.page.goto("about:blank");
        await bert.page.goto(url);
        if (name === "no-group") await bert.see("no-group");
        else await bert.see("join-problem", { text: "." });
        await sight(tab, `link-${name}-${browser}-${language}`);
      }
      // As somebody's first visit.
      for (const name of SHOWN_TWICE) {
        const url = uselessLinks(server, link)[name];
        const first = new Person(await stage.bareTab(browser, url, speak(language)), "Cleo");
        await first.see("welcome");
        await sight(first.tab, `link-${name}-welcome-${browser}-${language}`);
        await first.tab.close();
      }
    },
    { deadlineMs: 120_000 },
  );
}

scenario("an invitation that has expired says so", async (stage) => {
  const server = await stage.server();
  const host = await stage.tab("chromium", server);
  const tab = await stage.bareTab("chromium", `${server.url}/${APPS}`);
  const bert = new Person(tab, "Bert");
  await bert.fill("my-name", "Bert");
  await bert.click("begin");
  await bert.see("spaces");
  await bert.click("me");
  const card = await tab.evaluate(() => document.querySelector("[data-testid=card]").value);
  const [bound, open] = await host.evaluate(async (text) => {
    t.peer = await t.start();
    const group = await t.peer.createGroup({ name: "Kitchen" });
    const { peerId } = await lacis.parseCard(text);
    const links = [
      await group.invite({ for: peerId, memberFor: 1_000 }),
      await group.invite({ expires: 1_000 }),
    ];
    const end = AbortSignal.timeout(1_100);
    await new Promise((resolve) => end.addEventListener("abort", resolve));
    return links;
  }, card);
  for (const [name, invitation] of Object.entries({ bound, open })) {
    await bert.page.goto("about:blank");
    await bert.page.goto(`${server.url}/${APPS}#/join/chat/${invitation}`);
    if (name === "bound") await bert.click("join-now");
    await bert.see("join-problem", { text: name === "bound" ? "expired" : "" });
    await sight(tab, `link-expired-${name}`);
  }
});

scenario("an invitation that is used up says so", async (stage) => {
  const server = await stage.server();
  const host = await stage.tab("chromium", server);
  const link = await host.evaluate(async () => {
    t.peer = await t.start();
    t.group = await t.peer.createGroup({ name: "Kitchen" });
    return t.group.invite({ uses: 1 });
  });
  const other = await stage.tab("chromium", server);
  await other.evaluate(async (text) => {
    t.peer = await t.start();
    await t.peer.joinGroup(text);
  }, link);
  const bert = await Person.arrive(stage, "chromium", server, "Bert", {
    link: `${server.url}/${APPS}#/join/board/${link}`,
  });
  await bert.see("join-problem", { text: "Ask for a new one" });
  await sight(bert.tab, "link-used-up", { sizes: { phone: PHONE } });
  await resize(bert.tab, DESK);
});
