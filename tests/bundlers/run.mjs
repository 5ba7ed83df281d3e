// `cargo xtask test --only bundlers`: the package in the set-ups that people have. Each builds a
// page or starts its server for development; two browsers open it and greet each other through a
// real signaling server.

import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { enterNetwork } from "../e2e/support/network.mjs";

await enterNetwork();

const { browser, closeBrowsers } = await import("../e2e/support/browsers.mjs");
const { Server } = await import("../e2e/support/server.mjs");
const { serveFiles } = await import("./files.mjs");
const { checkLines, placeOf, preparePage } = await import("./place.mjs");
const { chosen } = await import("./setups.mjs");

const { values } = parseArgs({ options: { quick: { type: "boolean" }, only: { type: "string" } } });
/** Servers for development compile at the first request. */
const PATIENCE_MS = 30_000;

/** What a page has loaded. */
class Visit {
  #page;
  #bodies = [];
  #log = [];

  static async open(url) {
    const visit = new Visit();
    const context = await (await browser("chromium")).newContext();
    const page = await context.newPage();
    visit.#page = page;
    page.on("console", (message) => visit.#log.push(message.text()));
    page.on("pageerror", (error) => visit.#log.push(`${error} ${error.cause ?? ""}`));
    page.on("response", (response) => {
      // What was not sent has no body.
      const body = response.body().catch(() => Buffer.alloc(0));
      visit.#bodies.push(body);
      if (!response.ok()) visit.#log.push(`${response.status()} ${response.url()}`);
    });
    await page.goto(url);
    return visit;
  }

  async #until(what, condition) {
    try {
      await this.#page.waitForFunction(condition, undefined, { timeout: PATIENCE_MS });
    } catch {
      throw new Error(`${what}; ${this.#log.join("; ")}`);
    }
  }

  /** The address to pass on, once the page runs. */
  async link() {
    await this.#until("the page does not run", () => location.hash.length > 1);
    return this.#page.url();
  }

  async said() {
    const hasSaid = () => document.querySelector("#said").textContent !== "nothing yet";
    await this.#until("no message has come", hasSaid);
    return this.#page.textContent("#said");
  }

  /** Fails if effects of the page were set up once only: then the set-up does not show it. */
  async hasRunTwice() {
    const effects = await this.#page.getAttribute("#said", "data-effects");
    if (effects !== "2") throw new Error(`the effect was set up ${effects} times`);
  }

  async weight() {
    const bodies = (await Promise.all(this.#bodies)).filter((body) => body.length > 0);
    const sum = (sizes) => sizes.reduce((all, size) => all + size, 0);
    return {
      files: bodies.length,
      raw: sum(bodies.map((body) => body.length)),
      gz: sum(bodies.map((body) => gzipSync(body, { level: 9 }).length)),
    };
  }

  close() {
    return this.#page.context().close();
  }
}

/** Two pages at this address greet each other. */
async function greet(url, { runsTwice = false }) {
  const host = await Visit.open(url);
  const guest = await Visit.open(await host.link());
  const said = [await host.said(), await guest.said()];
  const expected = ["bonjour from the guest", "bonjour from the host"];
  if (String(said) !== String(expected)) throw new Error(`they said ${said}`);
  if (runsTwice) await host.hasRunTwice();
  const weight = await host.weight();
  await guest.close();
  await host.close();
  return { page: "yes", message: "both ways", ...weight };
}

async function runBuilt(setup) {
  const place = placeOf(setup);
  setup.build(place);
  const signaling = await Server.start({ pages: place.path("dist") });
  const other = setup.hasInlineScript ? await serveFiles(place.path("dist"), signaling) : undefined;
  try {
    return await greet(`${(other ?? signaling).url}/`, setup);
  } finally {
    await other?.close();
    await signaling.stop();
  }
}

async function runServed(setup) {
  const signaling = await Server.start();
  let pages;
  try {
    const place = placeOf(setup, signaling.url);
    setup.build?.(place);
    const { env } = place;
    const options = { pattern: /Local:?\s+(\S+)/, deadlineMs: PATIENCE_MS, cwd: place.path(), env };
    pages = await Server.run(process.execPath, setup.serve(place), options);
    return await greet(`${pages.url}/`, setup);
  } finally {
    await pages?.stop();
    await signaling.stop();
  }
}

/** Prints the address that it put into a link. A test runner's report says how it went. */
function runPrinted(setup) {
  const said = setup.print(placeOf(setup));
  if (/"success":true/.test(said) || said.trim() === "wss://example.org/ws") {
    return { page: "none", message: "a link" };
  }
  throw new Error(`it printed ${said}`);
}

async function run(setup) {
  checkLines(setup);
  if (setup.print !== undefined) return runPrinted(setup);
  preparePage(setup);
  return setup.serve === undefined ? runBuilt(setup) : runServed(setup);
}

function row({ name, from, lines = [] }, result) {
  const kilobytes = (bytes) => (bytes === undefined ? "-" : (bytes / 1000).toFixed(0));
  const needed = [...(from === undefined ? [] : [`import from "${from}"`]), ...lines];
  const { page, message, files = "-", raw, gz } = result;
  const lineOrNone = needed.map((line) => `\`${line}\``).join(" ") || "none";
  const cells = [name, lineOrNone, page, message, files, kilobytes(raw), kilobytes(gz)];
  return `| ${cells.join(" | ")} |`;
}

const rows = [];
let failures = 0;
for (const setup of chosen(values)) {
  let result;
  try {
    result = await run(setup);
  } catch (error) {
    failures += 1;
    result = { page: "FAILED", message: "-" };
    console.error(`${setup.name}: ${error.message}`);
  }
  rows.push(row(setup, result));
  console.error(rows.at(-1));
}
await closeBrowsers();
const head = ["set-up", "needs", "page", "message", "files", "kB", "kB gz"];
console.log(`| ${head.join(" | ")} |\n|${" --- |".repeat(head.length)}\n${rows.join("\n")}`);
if (failures > 0) throw new Error(`${failures} of ${rows.length} set-ups failed`);
