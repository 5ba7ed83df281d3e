// One behaviour under test: servers, tabs and what to keep when it fails.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Tab } from "./browsers.mjs";
import { buildPages, OUTPUT } from "./pages.mjs";
import { Server } from "./server.mjs";

/** The pairs of browsers that everything basic is shown for: who is there first, who comes. */
export const PAIRS = [
  ["chromium", "chromium"],
  ["firefox", "firefox"],
  ["chromium", "firefox"],
  ["firefox", "chromium"],
];

let pages;

/** What a scenario works with; everything it starts ends with it. */
class Stage {
  #cleanups = [];
  #tabs = [];

  /** The folder that servers hand out. */
  get pages() {
    pages ??= buildPages();
    return pages;
  }

  /** Has something done at the end, whatever happens. */
  defer(cleanup) {
    this.#cleanups.push(cleanup);
  }

  async server(options) {
    return this.run(() => Server.start({ pages: this.pages, ...options }));
  }

  /** Starts a program that ends with the scenario. */
  async run(start) {
    const server = await start();
    this.defer(() => server.stop());
    return server;
  }

  /** Opens a tab with the package loaded. */
  async tab(name, server, options) {
    const tab = await this.bareTab(name, `${server.url}/blank.html`, options);
    await tab.ready();
    return tab;
  }

  /** Opens a tab at any address. */
  async bareTab(name, url, options) {
    const tab = await Tab.open(name, url, options);
    this.#tabs.push(tab);
    return tab;
  }

  /** Two tabs that are linked in one new room; `ids` are those of the tabs, in their order. */
  async pair(server, [first, second] = ["chromium", "chromium"], options) {
    const a = await this.tab(first, server, options);
    const b = await this.tab(second, server, options);
    const link = await a.evaluate(() => lacis.createRoomLink());
    for (const tab of [a, b]) await joinRoom(tab, link);
    const [[idOfB], [idOfA]] = [await linked(a), await linked(b)];
    return { a, b, link, idOfA, idOfB };
  }

  /** Keeps what every tab saw, beside its picture. */
  async keep(name) {
    const folder = join(OUTPUT, name.replace(/[^a-z0-9]+/gi, "-").toLowerCase());
    mkdirSync(folder, { recursive: true });
    for (const [index, tab] of this.#tabs.entries()) {
      const base = join(folder, `tab-${index + 1}-${tab.browser}`);
      const said = await within(
        2_000,
        tab.evaluate(() => globalThis.t?.report()),
      );
      writeFileSync(`${base}.txt`, `${tab.log.join("\n")}\n\n${said}\n`);
      await within(2_000, tab.screenshot(`${base}.png`));
    }
    return folder;
  }

  async end() {
    for (const tab of this.#tabs) await within(5_000, tab.close());
    for (const cleanup of this.#cleanups.reverse()) await cleanup();
  }
}

/** What a broken tab gives, or why it gives nothing: the failure at hand must not be hidden. */
async function within(ms, promise) {
  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, ms, `no answer in ${ms} ms`);
  });
  const result = await Promise.race([promise.catch((error) => String(error)), late]);
  clearTimeout(timer);
  return result;
}

/**
 * Declares a test. Without a deadline of its own it has a minute. `crash` says why a page's process
 * may crash that is under no fault of a page: then the rest is skipped.
 */
export function scenario(name, run, { deadlineMs = 60_000, skip = false, crash } = {}) {
  test(name, { timeout: deadlineMs + 15_000, skip }, async (context) => {
    const stage = new Stage();
    let timer;
    try {
      const late = new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error(`not done in ${deadlineMs} ms`)), deadlineMs);
      });
      await Promise.race([run(stage), late]);
    } catch (error) {
      if (crash !== undefined && error.message.includes("Target crashed")) {
        context.skip(crash);
        return;
      }
      const folder = await stage.keep(name);
      console.error(`  what the pages saw is in ${folder}`);
      throw error;
    } finally {
      clearTimeout(timer);
      await stage.end();
    }
  });
}

/** Joins the tab's first room. */
export function joinRoom(tab, link, options) {
  return tab.evaluate(([l, o]) => t.join(l, o).then(() => undefined), [link, options]);
}

/** Waits until the tab has so many links; gives the ids of the others. */
export function linked(tab, count = 1, ms = 15_000) {
  return tab.evaluate(([n, limit]) => t.linked(n, limit), [count, ms]);
}

/** Waits for a message with this text. */
export function got(tab, text, ms = 15_000) {
  return tab.evaluate(([wanted, limit]) => t.got(wanted, limit), [text, ms]);
}

/** Sends a text to one member, and waits for what `until` says. */
export function send(tab, nodeId, text, until = "delivered") {
  return tab.evaluate(
    ([to, content, end]) => t.room.send(to, "chat", content, { until: end }),
    [nodeId, text, until],
  );
}

/** Waits until the tab was told that a member left, and gives the reason. */
export function left(tab, nodeId, ms = 15_000) {
  return tab.evaluate(
    ([id, limit]) =>
      t.event("remoteleave", { where: (d) => d.id === id, ms: limit }).then((e) => e.detail.code),
    [nodeId, ms],
  );
}

/** Texts of the messages that a tab has received. */
export function texts(tab) {
  return tab.evaluate(() => t.messages.map((message) => message.text));
}

/** How many sockets and connections the tab's peer holds. */
export async function held(tab) {
  const { sockets, connections } = await tab.evaluate(() => t.peer.diagnose());
  return { sockets, connections };
}

/** Waits until the tab's peer holds no connection any more. */
export function disconnected(tab, ms = 10_000) {
  return tab.evaluate((limit) => {
    const isDone = () => t.peer.diagnose().connections === 0;
    return t.until(isDone, "every connection to be closed", limit);
  }, ms);
}
