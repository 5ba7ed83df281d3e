// What somebody sees who does what the README says.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { browser, closeBrowsers } from "../e2e/support/browsers.mjs";
import { develop, files, show } from "./readme.mjs";
import { Terminals } from "./terminal.mjs";

// The server would warn of variables that look like its own and are not.
const others = Object.entries(process.env).filter(([name]) => !name.startsWith("LACIS_"));
const env = { ...Object.fromEntries(others), NO_COLOR: "1", npm_config_offline: "true" };
/** In the folder of the app with this version of Vite. */
const terminalsIn = (version) => new Terminals(join(process.env.LACIS_FIRST_HOUR, version), env);
/** The version of which most is asked, and the newest one. */
const [older, newest] = ["vite-6", "vite-8"].map(terminalsIn);
const LISTENS = /listening on (\S+)/;
const OPEN = "Whoever opens this address has the list, too.";
const ELSEWHERE = "The list is open in another tab. Close that one, and this one goes on.";
/** Nothing here takes long; what does has failed. */
const timeout = 60_000;
const PATIENCE_MS = 20_000;

let server;
let pages;

async function startIn(terminals) {
  const [signaling, vite] = develop;
  server = await terminals.start(signaling, LISTENS);
  pages = await terminals.start(vite, /Local:\s+(\S+)/);
}

before(() => startIn(older));
after(async () => {
  older.close();
  newest.close();
  await closeBrowsers();
});

const context = async (name) => (await browser(name)).newContext();

/** Runs in a page: waits until a property of these elements has these values, in any order. */
function shown([selector, property, values, patienceMs]) {
  const wanted = JSON.stringify(values.sort());
  const end = Date.now() + patienceMs;
  return new Promise((resolve, reject) => {
    const look = () => {
      const found = [...document.querySelectorAll(selector)].map((it) => it[property]);
      const text = JSON.stringify(found.sort());
      if (text === wanted) return resolve();
      if (Date.now() < end) return setTimeout(look, 20);
      const state = document.querySelector("#state").textContent;
      return reject(new Error(`${selector} has ${text}, not ${wanted}; the page says "${state}"`));
    };
    look();
  });
}

/** One tab in a browser, and what a person does with it. */
class ListTab {
  #page;

  static async open(context, url = pages.found) {
    const tab = new ListTab();
    tab.#page = await context.newPage();
    await tab.#page.goto(url);
    return tab;
  }

  get url() {
    return this.#page.url();
  }

  #shows(...what) {
    return this.#page.evaluate(shown, [...what, PATIENCE_MS]);
  }

  /** Waits until the page says this. */
  says(text) {
    return this.#shows("#state", "textContent", [text]);
  }

  /** Waits until these items are in the list, in any order, and nothing else. */
  has(...items) {
    return this.#shows("li", "textContent", items);
  }

  /** Adds an item, and waits until the field is empty: then it is stored. */
  async add(item) {
    await this.#page.type("input", item);
    await this.#page.click("button");
    await this.#shows("input", "value", [""]);
  }

  reload() {
    return this.#page.reload();
  }

  close() {
    return this.#page.close();
  }
}

test("the app is short", () => {
  assert.deepEqual([...files.keys()], ["vite.config.mjs", "index.html", "main.js"]);
  const lines = files.get("main.js").split("\n");
  const code = lines.filter((line) => line !== "" && !line.startsWith("//"));
  assert.ok(code.length <= 40, `main.js has ${code.length} lines`);
});

for (const name of ["chromium", "firefox"]) {
  test(`two tabs of one browser take turns: ${name}`, { timeout }, async () => {
    const person = await context(name);
    const first = await ListTab.open(person);
    await first.says(OPEN);
    await first.add("milk");
    const second = await ListTab.open(person, first.url);
    await second.says(ELSEWHERE);
    await first.add("bread");
    await first.has("milk", "bread");
    await second.has();
    await first.close();
    await second.says(OPEN);
    await second.has("milk", "bread");
    // What is typed first, without what stands behind `#`, is the address of the same list.
    const third = await ListTab.open(person);
    await third.says(ELSEWHERE);
    await second.close();
    await third.says(OPEN);
    await third.has("milk", "bread");
    await person.close();
  });
}

async function share(host, guest) {
  const people = [await context(host), await context(guest)];
  const first = await ListTab.open(people[0]);
  await first.says(OPEN);
  await first.add("milk");
  const second = await ListTab.open(people[1], first.url);
  await second.says(OPEN);
  await second.has("milk");
  await second.add("eggs");
  await first.has("milk", "eggs");
  await first.reload();
  await first.has("milk", "eggs");
  await first.add("salt");
  await second.has("milk", "eggs", "salt");
  await first.close();
  await second.reload();
  await second.has("milk", "eggs", "salt");
  for (const person of people) await person.close();
}

for (const [host, guest] of [
  ["chromium", "firefox"],
  ["firefox", "chromium"],
]) {
  test(`a list is shared: made in ${host}, opened in ${guest}`, { timeout }, () =>
    share(host, guest),
  );
}

test("a reload without the server brings the list back", { timeout }, async () => {
  const person = await context("chromium");
  const tab = await ListTab.open(person);
  await tab.says(OPEN);
  await tab.add("milk");
  await server.stop();
  await tab.reload();
  await tab.says(OPEN);
  await tab.has("milk");
  await person.close();
});

test("the newest Vite does, too", { timeout }, async () => {
  await pages.stop();
  await server.stop();
  await startIn(newest);
  await share("chromium", "firefox");
});

for (const [version, terminals] of [
  ["older", older],
  ["newest", newest],
]) {
  test(`built by the ${version} Vite, it is served by one program`, { timeout }, async () => {
    const [build, serve] = show;
    terminals.run(build);
    await server.stop();
    server = await terminals.start(serve, LISTENS);
    pages = server;
    await share("chromium", "firefox");
  });
}
