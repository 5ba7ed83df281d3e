// What the pages look like and how they are to be used: by keyboard and screen reader, on a phone
// and on a desk, in the light and in the dark.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { launchOn } from "../support/browsers.mjs";
import { Person } from "../support/people.mjs";
import { scenario } from "../support/scenario.mjs";

const APPS = "lacis/dist/apps/";
const require = createRequire(new URL("../../../www/package.json", import.meta.url));

const SIZES = { phone: { width: 390, height: 844 }, desk: { width: 1280, height: 800 } };

/** Looks at what is shown in every form; nothing may scroll sideways, and axe finds nothing. */
async function inspect(person, name, flaws) {
  const { page } = person;
  await page.evaluate(readFileSync(require.resolve("axe-core/axe.min.js"), "utf8"));
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
        return violations.map(
          ({ id, nodes }) => `${id}: ${nodes[0].html} ${nodes[0].failureSummary}`,
        );
      });
      flaws.push(...found.map((flaw) => `${name} on a ${device}, ${colorScheme}: ${flaw}`));
    }
  }
  await page.setViewportSize(SIZES.desk);
}

scenario(
  "axe finds nothing on any page, and nothing scrolls sideways",
  async (stage) => {
    const server = await stage.server();
    const tab = await stage.bareTab("chromium", `${server.url}/${APPS}`);
    const anna = new Person(tab, "Anna");
    const flaws = [];
    await anna.see("welcome");
    await inspect(anna, "welcome", flaws);
    await anna.fill("my-name", "Anna");
    await anna.click("begin");
    await anna.see("storage-used");
    await inspect(anna, "start-first", flaws);
    await anna.click("me");
    await anna.see("identity");
    await inspect(anna, "identity", flaws);
    await anna.close("identity");

    await anna.found("chat", "Kitchen");
    await anna.see("compose");
    await inspect(anna, "chat-alone", flaws);
    const link = await anna.invitation();
    const bert = await Person.arrive(stage, "chromium", server, "Bert", { link });
    await bert.see("join");
    await inspect(bert, "join", flaws);
    await bert.join();
    await bert.fill("compose", "Is there any *bread* left? https://example.org");
    await bert.click("send");
    await anna.see("message", { text: "bread" });
    await anna.fill("compose", "Two loaves, @Bert");
    await anna.click("send");
    await anna.see("message", { text: "delivered" });
    await inspect(anna, "chat-talk", flaws);
    await anna.click("open-invite");
    await anna.see("invite-link", { text: "#/join/" });
    await inspect(anna, "invite", flaws);
    await anna.close("invite");
    await anna.click("open-details");
    await inspect(anna, "details", flaws);
    await anna.close("details");
    await anna.click("back");

    await anna.found("board", "Plan");
    await anna.see("canvas");
    await inspect(anna, "board-empty", flaws);
    await anna.click("back");
    await anna.found("letter", "News");
    await anna.click("write-issue");
    await anna.fill("issue-title", "Bread");
    await anna.fill("issue-markdown", "# Rye\n\nIt is *ready*, see [more](https://example.org).");
    await inspect(anna, "letter-desk", flaws);
    await anna.click("publish");
    await anna.see("issue-view", { text: "Rye" });
    await inspect(anna, "letter-issue", flaws);
    await anna.click("back");
    await anna.see("space", { text: "Kitchen" });
    await inspect(anna, "start-groups", flaws);
    assert.deepEqual(flaws, []);
  },
  { deadlineMs: 150_000 },
);

/** Opens what is folded up in the dialog or page that is shown. */
const unfold = ({ tab }) =>
  tab.evaluate(() => {
    for (const it of document.querySelectorAll("details")) it.open = true;
  });

scenario(
  "axe finds nothing in dialogs and rare states, and nothing scrolls sideways",
  async (stage) => {
    const server = await stage.server();
    const dead = `?server=${encodeURIComponent("ws://127.0.0.1:9/ws")}`;
    const anna = await Person.arrive(stage, "chromium", server, "Anna", {
      link: `${server.url}/${APPS}${dead}`,
    });
    const flaws = [];
    const look = (name, person = anna) => inspect(person, name, flaws);
    await anna.see("server-state", { state: '[data-state="offline"]' });
    await anna.click("new-letter");
    await look("found");
    await anna.close("found");
    await anna.click("me");
    await unfold(anna);
    await look("identity-unfolded");
    await anna.click("import-identity");
    await look("import");
    await anna.close("import");
    await anna.close("identity");

    await anna.found("letter", "News");
    await anna.see("no-server");
    await look("letter-no-server");
    await anna.click("write-issue");
    await look("letter-desk-empty");
    await anna.fill("issue-title", "Bread");
    await anna.fill("issue-markdown", "Rye, **ready**.");
    await anna.page.setViewportSize(SIZES.phone);
    await anna.click("view-preview");
    await look("letter-desk-preview");
    await anna.click("discard-draft");
    await look("confirm");
    await anna.click("confirm-no");
    await anna.click("publish");
    await anna.see("letter-note", { text: "Published" });
    await anna.click("write-issue");
    await anna.fill("issue-markdown", "More of it");
    await anna.click("editor-close");
    await anna.see("draft");
    await look("letter-draft");
    await anna.click("no-server-by-hand");
    await anna.click("by-hand-begin");
    await anna.see("by-hand-link", { text: "/lp1" });
    await unfold(anna);
    await look("by-hand");
    await anna.close("invite");
    const link = await anna.invitation();
    await anna.click("back");

    await anna.found("board", "Plan");
    await anna.click("export");
    await look("exporting");
    await anna.close("exporting");
    await anna.click("back");
    await anna.found("chat", "Kitchen");
    await anna.click("open-details");
    await anna.click("change-servers");
    await anna.fill("server-url", "bonjour");
    await anna.click("servers-save");
    await anna.see("server-flaw", { text: "wss://" });
    await look("servers");
    await anna.click("servers-cancel");
    await anna.close("details");
    await anna.click("search-open");
    await look("chat-search");
    await anna.tab.evaluate(() => void Promise.reject(new Error("out of the blue")));
    await anna.see("failure");
    await look("failure-bar");
    await anna.click("failure-show");
    await look("failure-shown");
    await anna.close("failure-dialog");

    const tab = await stage.bareTab("chromium", link);
    const bert = new Person(tab, "Bert");
    await bert.see("welcome-said");
    await look("welcome-invited", bert);
    await bert.fill("my-name", "Bert");
    await bert.click("begin");
    await bert.see("join-waiting", { state: '[data-state="offline"]' });
    await look("join-no-server", bert);
    await bert.page.goto(`${server.url}/${APPS}#/join/chat/bonjour`);
    await bert.see("join-problem", { text: "not an invitation" });
    await look("join-useless", bert);
    const second = await bert.page.context().newPage();
    await second.goto(`${server.url}/${APPS}`);
    await bert.see("elsewhere");
    await look("elsewhere", bert);
    assert.deepEqual(flaws, []);
  },
  { deadlineMs: 150_000 },
);

scenario("axe finds nothing where the pages fail", async (stage) => {
  const server = await stage.server();
  const flaws = [];
  const without = async (pattern) => {
    const tab = await stage.bareTab("chromium", "about:blank", { serviceWorkers: "block" });
    await tab.page.context().route(pattern, (route) => route.abort());
    await tab.page.goto(`${server.url}/${APPS}`);
    return new Person(tab, "Anna");
  };
  const first = await without("**/assets/start-*.js");
  await first.see("opening", { text: "start-" });
  await inspect(first, "opening-failed", flaws);
  const core = await without("**/assets/*.wasm");
  await core.see("fatal");
  await unfold(core);
  await inspect(core, "fatal-unfolded", flaws);
  assert.deepEqual(flaws, []);
});

/** A port that nobody uses. */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** What Lighthouse finds in a page, as it is kept in the browser at that port. */
async function audit(port, url) {
  const { default: lighthouse } = await import(require.resolve("lighthouse"));
  const { lhr } = await lighthouse(url, {
    port,
    logLevel: "error",
    disableStorageReset: true,
    onlyCategories: ["accessibility", "best-practices"],
  });
  const flaws = Object.values(lhr.audits).filter(({ score }) => score !== null && score < 1);
  const said = flaws.map(({ id, title }) => `${id}: ${title}`).join("\n");
  for (const { id, score } of Object.values(lhr.categories)) {
    console.log(`  ${id}: ${Math.round(100 * score)}`);
    assert.equal(score, 1, `${id} of ${url}: ${said}`);
  }
}

scenario(
  "Lighthouse gives start page and applications 100 for accessibility and best practices",
  async (stage) => {
    const server = await stage.server();
    const port = await freePort();
    const folder = mkdtempSync(join(tmpdir(), "lacis-lighthouse-"));
    stage.defer(() => rmSync(folder, { recursive: true, force: true }));
    const context = await launchOn(folder, [`--remote-debugging-port=${port}`]);
    stage.defer(() => context.close());
    const [page] = context.pages();
    const start = `${server.url}/${APPS}`;
    await audit(port, start);
    await page.goto(start);
    await page.getByTestId("my-name").fill("Anna");
    await page.getByTestId("begin").click();
    const groups = [];
    for (const app of ["board", "chat", "letter"]) {
      await page.getByTestId(`new-${app}`).click();
      await page.getByTestId("found-now").click();
      await page.getByTestId("presence").waitFor();
      groups.push(page.url());
      await page.getByTestId("back").click();
    }
    await page.goto("about:blank");
    for (const url of [start, ...groups]) await audit(port, url);
  },
  { deadlineMs: 200_000 },
);

scenario("a server that is full is called full, and lets in later", async (stage) => {
  const server = await stage.server({ words: ["--connections-max", "1"] });
  const inside = await stage.tab("chromium", server);
  const link = await inside.evaluate(() => lacis.createRoomLink());
  await inside.evaluate((room) => t.join(room).then(() => undefined), link);
  const outside = await Person.arrive(stage, "chromium", server, "Olga");
  await outside.see("server-state", { text: "The server is full." });
  await outside.see("server-state", { state: '[data-state="offline"]', text: "Trying again in" });
  await outside.picture("start-full");
  // Groups can be made and written all the same.
  await outside.found("chat", "Meanwhile");
  await outside.fill("compose", "Nobody hears this yet");
  await outside.click("send");
  await outside.see("message", { text: "kept here, nobody has it yet" });
  await outside.click("back");
  await inside.evaluate(() => t.peer.close());
  // As if the device had just come back to the network; the wait would end by itself as well.
  await outside.tab.evaluate(() => dispatchEvent(new Event("online")));
  await outside.see("server-state", { state: '[data-state="open"]' });
});

scenario("a group founded at another server is met there by its link alone", async (stage) => {
  const pages = await stage.server();
  const named = await stage.server();
  const query = `?server=${encodeURIComponent(named.socketUrl)}`;
  const anna = await Person.arrive(stage, "chromium", pages, "Anna", {
    link: `${pages.url}/${APPS}${query}`,
  });
  await anna.found("chat", "Elsewhere");
  const link = await anna.invitation();
  // Neither the query nor the server of the pages is needed.
  const bare = `${pages.url}/${APPS}#${link.split("#").at(-1)}`;
  const bert = await Person.arrive(stage, "chromium", pages, "Bert", { link: bare });
  await bert.join();
  await Promise.all([anna, bert].map((person) => person.meets(1)));

  const wrong = await stage.bareTab("chromium", `${pages.url}/${APPS}?server=example.org`);
  const cleo = new Person(wrong, "Cleo");
  await cleo.fill("my-name", "Cleo");
  await cleo.click("begin");
  await cleo.see("fatal", { text: "wss://" });
});

scenario("a long talk opens at its end, and shows what was before on demand", async (stage) => {
  const server = await stage.server();
  const anna = await Person.arrive(stage, "chromium", server, "Anna");
  await anna.found("chat", "Long");
  for (let line = 0; line < 180; line += 1) {
    await anna.fill("compose", `line ${line}.`);
    await anna.click("send");
  }
  await anna.see("message", { text: "line 179." });
  await anna.tab.reload();
  await anna.see("message", { text: "line 179." });
  await anna.see("message", { text: "line 0.", gone: true });
  await anna.see("earlier", { text: "(30)" });
  await anna.click("earlier");
  await anna.see("message", { text: "line 0." });
  // Whoever reads its end goes on reading that when the page gets another size.
  await anna.tab.reload();
  await anna.see("message", { text: "line 179." });
  for (const size of [SIZES.phone, SIZES.desk, { width: 700, height: 300 }]) {
    await anna.page.setViewportSize(size);
    await anna.page.waitForFunction(() => {
      const list = document.querySelector("[data-testid=messages]");
      return list.scrollHeight - list.scrollTop - list.clientHeight < 2;
    });
  }
});

// Effects of a page that draws late come late: the library waits for a frame, or for 35 ms.
const DRAWS_LATE = `
  const soon = globalThis.setTimeout;
  globalThis.requestAnimationFrame = (draw) => soon(() => draw(performance.now()), 1000);
  globalThis.setTimeout = (run, ms, ...rest) => soon(run, ms === 35 ? 1000 : ms, ...rest);
`;

scenario(
  "a page that draws late shows what came meanwhile, and keeps what is typed",
  async (stage) => {
    const server = await stage.server();
    const options = { initScript: DRAWS_LATE };
    const anna = await Person.arrive(stage, "chromium", server, "Anna", options);
    await anna.found("chat", "Late");
    await anna.fill("compose", "I come by bike");
    await anna.click("send");
    await anna.see("message", { text: "I come by bike" });
    await anna.see("delivery", { text: "kept here" });
    await anna.tab.reload();
    await anna.see("message", { text: "I come by bike" });
    await anna.click("edit");
    await anna.fill("compose", "I come by train");
    await anna.click("send");
    await anna.see("message", { text: "I come by train" });
    await anna.see("message", { text: "bike", gone: true });
  },
);
