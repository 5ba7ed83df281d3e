// The inspector: a live picture of the mesh, and in words what is wrong; as a page of its own, and
// from each application.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Person } from "../support/people.mjs";
import { joinRoom, linked, scenario } from "../support/scenario.mjs";

const require = createRequire(new URL("../../../www/package.json", import.meta.url));
const INSPECTOR = "lacis/dist/apps/inspector.html";
const SIZES = { phone: { width: 390, height: 844 }, desk: { width: 1280, height: 900 } };

/** Opens the page of its own and has it join a room. */
async function looksAt(stage, server, link) {
  const tab = await stage.bareTab("chromium", `${server.url}/${INSPECTOR}`);
  const person = new Person(tab, "Inspector");
  await person.fill("room-link", link);
  await person.click("look");
  await person.see("looking");
  return person;
}

/** Looks at what is shown in every form; nothing may scroll sideways, and axe finds nothing. */
async function examine(person, name) {
  const { page } = person;
  await page.evaluate(readFileSync(require.resolve("axe-core/axe.min.js"), "utf8"));
  const flaws = [];
  for (const [device, size] of Object.entries(SIZES)) {
    await page.setViewportSize(size);
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      await person.picture(`${name}-${device}-${colorScheme}`);
      const isWide = () => {
        const all = [document.documentElement, ...document.querySelectorAll("dialog[open]")];
        return all.some((it) => it.scrollWidth > it.clientWidth);
      };
      assert.equal(await page.evaluate(isWide), false, `${name} on a ${device} scrolls sideways`);
      const found = await page.evaluate(async () => {
        const { violations } = await axe.run();
        return violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`);
      });
      flaws.push(...found.map((flaw) => `${name} on a ${device}, ${colorScheme}: ${flaw}`));
    }
  }
  assert.deepEqual(flaws, []);
}

/** Counts what a page does again and again. */
const COUNTS = `
  const timers = new Set();
  const [set, clear] = [setInterval, clearInterval];
  globalThis.setInterval = (...args) => {
    const id = set(...args);
    timers.add(id);
    return id;
  };
  globalThis.clearInterval = (id) => {
    timers.delete(id);
    clear(id);
  };
  globalThis.intervals = () => timers.size;
`;
const looking = ({ tab }) => tab.evaluate(() => globalThis.intervals());

/** All that the inspector gives away. */
async function copied(person) {
  await person.click("inspector-copy");
  return person.see("inspector-json", { text: "findings" });
}

scenario(
  "a page joins a room by its link and shows the others, and that the server is gone",
  async (stage) => {
    const server = await stage.server();
    const tabs = [await stage.tab("chromium", server), await stage.tab("chromium", server)];
    const link = await tabs[0].evaluate(() => lacis.createRoomLink());
    for (const tab of tabs) await joinRoom(tab, link);
    const inspector = await looksAt(stage, server, link);
    for (const tab of tabs) await linked(tab, 2);

    await inspector.see("mesh", { state: '[data-linked="2"][data-known="2"]' });
    await inspector.see("edge", { state: '[data-edge="eager"]', count: 2 });
    await inspector.see("trip", { text: " ms", count: 2 });
    await inspector.see("remote", { state: '[data-state="direct"]', text: " ms", count: 2 });
    await inspector.see("finding", { text: "Nothing is wrong." });
    await inspector.see("servers", { text: "connected" });
    // Which ends the browsers have chosen is known a little later.
    await inspector.see("remote", { text: "by their own addresses", count: 2 }, 40_000);
    await examine(inspector, "inspector-room");

    await server.stop();
    await inspector.see("finding", {
      state: '[data-kind="problem"][data-code="offline"]',
      text: "No server is reached. Links that exist keep working",
    });
    await inspector.see("servers", { text: "Trying again" });
    await inspector.see("mesh", { state: '[data-linked="2"]' });
    await tabs[1].close();
    await inspector.see("mesh", { state: '[data-linked="1"]' });

    const text = await copied(inspector);
    const secret = link.slice(link.lastIndexOf("#") + 1);
    for (let at = 0; at + 12 <= secret.length; at += 4) {
      const part = secret.slice(at, at + 12);
      assert.ok(!text.includes(part), `the link's ${part} is in what is copied`);
    }
    const found = JSON.parse(text);
    const [first, ...more] = found.findings;
    assert.equal(first.code, "offline");
    assert.ok(
      more.some(({ kind, url }) => kind === "problem" && url === server.socketUrl),
      `nothing is said of the server: ${text}`,
    );
    await inspector.click("stop");
    await inspector.see("entry");
  },
  { deadlineMs: 120_000 },
);

scenario("what is not a room's link is told so, and a group is shown the way", async (stage) => {
  const server = await stage.server();
  const tab = await stage.bareTab("chromium", `${server.url}/${INSPECTOR}`);
  const person = new Person(tab, "Inspector");
  await person.fill("room-link", "bonjour");
  await person.click("look");
  await person.see("problem", { text: "not an invitation" });
  for (const link of ["#/join/chat/li1abc", "#li1abc", "#lo1abc"]) {
    await person.fill("room-link", `${server.url}/${link}`);
    await person.click("look");
    await person.see("problem", { text: "invitation to a group" });
    await person.fill("room-link", "lr1");
    await person.click("look");
    await person.see("problem", { text: "invitation to a group", gone: true });
  }
  await person.fill("room-link", "li1abc");
  await person.click("look");
  await examine(person, "inspector-entry");
});

scenario(
  "each application opens it for its group, and nothing that is secret is copied",
  async (stage) => {
    const server = await stage.server();
    const anna = await Person.arrive(stage, "chromium", server, "Anna", { initScript: COUNTS });
    await anna.found("chat", "Kitchen");
    const link = await anna.invitation();
    const others = [];
    for (const name of ["Bert", "Cleo"]) {
      const person = await Person.arrive(stage, "chromium", server, name, { link });
      await person.join();
      others.push(person);
    }
    await Promise.all([anna, ...others].map((person) => person.meets(2)));
    await anna.fill("compose", "The bread is ready");
    await anna.click("send");
    await anna.see("message", { text: "delivered to 2 of 2" });

    const before = await looking(anna);
    await anna.click("open-details");
    await anna.click("open-inspector");
    await anna.see("inspector-dialog");
    assert.equal(await looking(anna), before + 1);
    await anna.see("mesh", { state: '[data-linked="2"]', text: ["Bert", "Cleo"] });
    await anna.see("trip", { text: " ms", count: 2 });
    await anna.see("sync", { state: '[data-state="synced"]' });
    await anna.see("remote", { text: "nothing", count: 2 });
    await examine(anna, "inspector-chat");
    const text = await copied(anna);
    for (const [what, secret] of [
      ["what was written", "bread"],
      ["a name", "Bert"],
      ["the name of the group", "Kitchen"],
      ["the invitation", link.split("/").at(-1).slice(0, 20)],
    ]) {
      assert.ok(!text.includes(secret), `${what} is in what is copied`);
    }
    assert.equal(JSON.parse(text).groups[0].missing, 0);
    await anna.close("inspector-dialog");

    // It is out of sight before it is taken away.
    await anna.page.waitForFunction((count) => globalThis.intervals() === count, before);

    await anna.click("back");
    for (const app of ["board", "letter"]) {
      await anna.found(app, `My ${app}`);
      await anna.click("open-details");
      await anna.click("open-inspector");
      await anna.see("mesh", { state: '[data-linked="0"]' });
      await anna.see("inspector-room", { state: "" });
      await examine(anna, `inspector-${app}`);
      await anna.close("inspector-dialog");
      await anna.click("back");
    }
  },
  { deadlineMs: 150_000 },
);
