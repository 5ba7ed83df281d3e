// `cargo xtask bench graph`: what groups cost: writing, verifying, opening a large one, memory, and
// the bytes and time of catching up.
import { enterNetwork, isIsolated } from "../e2e/support/network.mjs";

await enterNetwork();

const { execFileSync } = await import("node:child_process");
const { readFileSync } = await import("node:fs");
const { parseArgs } = await import("node:util");
const { closeBrowsers, Tab } = await import("../e2e/support/browsers.mjs");
const { buildPages } = await import("../e2e/support/pages.mjs");
const { Server } = await import("../e2e/support/server.mjs");

const { values: options } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    smoke: { type: "boolean", default: false },
  },
});
const FULL = { adds: 5_000, large: 100_000, sync: 10_000, opens: 3 };
const SMOKE = { adds: 300, large: 1_000, sync: 300, opens: 1 };
const size = options.smoke ? SMOKE : FULL;
/** Differences between two that have met before. */
const DIFFERENCES = 10;
/** Whose card it is does not matter, only that its signature is verified. */
const vectors = new URL("../vectors/card.json", import.meta.url);
const [{ text: CARD }] = JSON.parse(readFileSync(vectors, "utf8"));
const say = (text) => (options.json ? console.error(text) : console.log(text));

const pages = buildPages("tests/bench/pages");
const server = await Server.start({ pages });

async function openPage(number) {
  const tab = await Tab.open("chromium", `${server.url}/graph.html`);
  await tab.ready();
  const id = await tab.evaluate(([n, url]) => graph.start(n, url), [number, server.socketUrl]);
  return { tab, id };
}

/** Two pages, one of which has founded a group and invited the other. */
async function pair(numbers) {
  const [first, second] = [await openPage(numbers[0]), await openPage(numbers[1])];
  const id = await first.tab.evaluate(() => graph.found());
  const invitation = await first.tab.evaluate((peer) => graph.invite(peer), second.id);
  await second.tab.evaluate((text) => graph.join(text), invitation);
  return { first: first.tab, second: second.tab, id };
}

async function measureFirstSync() {
  const { first, second } = await pair([1, 2]);
  const addMs = await first.evaluate((n) => graph.add(n), size.adds);
  await first.evaluate((n) => graph.add(n), size.sync - size.adds);
  say(`  ${size.adds} records written in ${addMs.toFixed(0)} ms`);
  await first.evaluate(() => graph.connect());
  const syncMs = await second.evaluate((n) => graph.receive(n), size.sync);
  say(`  ${size.sync} records received in ${syncMs.toFixed(0)} ms`);
  await Promise.all([first.close(), second.close()]);
  return { addPerS: (size.adds * 1_000) / addMs, syncMs };
}

/** Memory of a page, once what nobody uses is gone. */
async function weigh(tab) {
  const session = await tab.session();
  await session.send("HeapProfiler.collectGarbage");
  return tab.evaluate(() => graph.heap());
}

async function measureLarge() {
  const { first, second, id } = await pair([3, 4]);
  const empty = await weigh(first);
  await first.evaluate((n) => graph.add(n), size.large);
  say(`  ${size.large} records written`);
  await first.evaluate(() => graph.connect());
  const ms = await second.evaluate((n) => graph.receive(n), size.large);
  say(`  ${size.large} records received in ${ms.toFixed(0)} ms`);

  // They part; one writes; they meet again.
  await second.evaluate(() => graph.disconnect());
  await first.evaluate((n) => graph.add(n), DIFFERENCES);
  await second.evaluate(() => graph.carried());
  const catchupMs = await second.evaluate((n) => graph.receive(n), DIFFERENCES);
  const catchupBytes = await second.evaluate(() => graph.carried());
  await second.close();

  const opens = [];
  let heap = 0;
  for (let turn = 0; turn < size.opens; turn += 1) {
    await first.reload();
    await first.ready();
    await first.evaluate(([n, url]) => graph.start(n, url), [3, server.socketUrl]);
    opens.push(await first.evaluate((group) => graph.open(group), id));
    heap = await weigh(first);
    const held = await first.evaluate(() => graph.count());
    if (held !== size.large + DIFFERENCES) throw new Error(`${held} records are stored`);
  }
  await first.close();
  opens.sort((a, b) => a - b);
  const openMs = opens[Math.floor(opens.length / 2)];
  return { openMs, perRecord: (heap - empty) / size.large, catchupBytes, catchupMs };
}

async function measureVerify() {
  const example = ["run", "--release", "--quiet", "--package", "lacis-wire", "--example", "verify"];
  const native = Number(execFileSync("cargo", example, { encoding: "utf8" }));
  const { tab } = await openPage(5);
  const wasm = await tab.evaluate((card) => graph.verifies(card), CARD);
  await tab.close();
  return { native, wasm };
}

const rounded = (value, digits = 0) => Number(value.toFixed(digits));

async function measure() {
  const verify = await measureVerify();
  const sync = await measureFirstSync();
  const large = await measureLarge();
  return {
    isolated_network: isIsolated(),
    smoke: options.smoke,
    add_per_s: rounded(sync.addPerS),
    verify_per_s: rounded(verify.wasm),
    verify_per_s_native: rounded(verify.native),
    open_100k_ms: rounded(large.openMs),
    heap_bytes_per_record: rounded(large.perRecord),
    catchup_bytes: large.catchupBytes,
    catchup_ms: rounded(large.catchupMs),
    first_sync_10k_ms: rounded(sync.syncMs),
    records: [size.sync, size.large],
  };
}

try {
  const result = await measure();
  for (const [name, value] of Object.entries(result)) say(`${name.padEnd(24)} ${value}`);
  console.log(JSON.stringify(result));
} finally {
  await closeBrowsers();
  await server.stop();
}
