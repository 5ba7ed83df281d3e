// `cargo xtask bench graph`: what groups cost: writing, verifying, opening a large one, memory, and
// the bytes and time of catching up.
import { enterNetwork, isIsolated } from "../e2e/support/network.mjs";

await enterNetwork();

const { execFileSync } = await import("node:child_process");
const { writeFileSync } = await import("node:fs");
const { fileURLToPath } = await import("node:url");
const { parseArgs } = await import("node:util");
const { closeBrowsers, Tab } = await import("../e2e/support/browsers.mjs");
const { buildPages, OUTPUT } = await import("../e2e/support/pages.mjs");
const { Server } = await import("../e2e/support/server.mjs");

const { values: options } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    smoke: { type: "boolean", default: false },
    // Some of the measurements only: verify, sync, large, expiring.
    only: { type: "string", multiple: true },
    // Leaves profiles of adding, receiving and opening in the folder of test output.
    profile: { type: "boolean", default: false },
  },
});
const FULL = { adds: 5_000, large: 100_000, sync: 10_000, times: 3 };
const SMOKE = { adds: 300, large: 1_000, sync: 300, times: 1 };
const size = options.smoke ? SMOKE : FULL;
/** Differences between two that have met before. */
const DIFFERENCES = 10;
/** Authors of the records whose signatures are verified. */
const AUTHORS = 4;
const say = (text) => (options.json ? console.error(text) : console.log(text));

const pages = buildPages("tests/bench/pages", "target/bench");
bundle(`${pages}/lacis/dist/index.js`);
const server = await Server.start({ pages });

/** Makes the package one file, as it comes to whoever opens a page: it is sixty of them. */
function bundle(index) {
  const esbuild = fileURLToPath(new URL("../../www/node_modules/.bin/esbuild", import.meta.url));
  const how = ["--bundle", "--minify", "--format=esm", "--allow-overwrite", "--log-level=warning"];
  execFileSync(esbuild, [index, ...how, `--outfile=${index}`]);
}

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

/** Counts how long the main thread of a page works from now on, which says more than a clock does
 * on a machine that others use too; gives what tells the milliseconds. */
async function working(tab) {
  const session = await tab.session();
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  const now = async () => {
    const { metrics } = await session.send("Performance.getMetrics");
    return metrics.find(({ name }) => name === "TaskDuration").value * 1_000;
  };
  const before = await now();
  return async () => (await now()) - before;
}

/** Runs a part of the measurement, perhaps with a profile of the page. */
async function profiled(tab, name, run) {
  if (!options.profile) return run();
  const session = await tab.session();
  await session.send("Profiler.enable");
  await session.send("Profiler.setSamplingInterval", { interval: 500 });
  await session.send("Profiler.start");
  const result = await run();
  const { profile } = await session.send("Profiler.stop");
  writeFileSync(`${OUTPUT}/${name}.cpuprofile`, JSON.stringify(profile));
  await session.detach();
  return result;
}

async function syncOnce(turn) {
  const { first, second } = await pair([10 + 2 * turn, 11 + 2 * turn]);
  const added = await working(first);
  const add = () => first.evaluate((n) => graph.add(n), size.adds);
  const addMs = await profiled(first, "add", add);
  const addWork = await added();
  await first.evaluate((n) => graph.add(n), size.sync - size.adds);
  await first.evaluate(() => graph.connect());
  const received = await working(second);
  const receive = () => second.evaluate((n) => graph.receive(n), size.sync);
  const { ms, longestTask } = await profiled(second, "receive", receive);
  const work = await received();
  say(`  main threads worked for ${addWork.toFixed(0)} and ${work.toFixed(0)} ms`);
  const adds = `${size.adds} records written in ${addMs.toFixed(0)} ms`;
  const task = `longest task ${longestTask.toFixed(0)} ms`;
  say(`  ${adds}, ${size.sync} received in ${ms.toFixed(0)} ms, ${task}`);
  await Promise.all([first.close(), second.close()]);
  return { addMs, ms, longestTask, addWork, work };
}

/** A newcomer gets all, several times over; of each figure the middle one counts. */
async function measureFirstSync() {
  const all = [];
  for (let turn = 0; turn < size.times; turn += 1) all.push(await syncOnce(turn));
  const middle = (name) => median(all.map((one) => one[name]));
  return {
    add_per_s: rounded((size.adds * 1_000) / middle("addMs")),
    add_work_us: rounded((middle("addWork") * 1_000) / size.adds),
    first_sync_10k_ms: rounded(middle("ms")),
    first_sync_10k_work_ms: rounded(middle("work")),
    longest_task_ms: rounded(middle("longestTask")),
  };
}

/** Memory of a page, once what nobody uses is gone. */
async function weigh(tab) {
  const session = await tab.session();
  await session.send("HeapProfiler.collectGarbage");
  return tab.evaluate(() => graph.heap());
}

/** Opens a stored group several times over; gives how long that takes, and the memory then. */
async function reopen(tab, { number, id, count }) {
  const opens = [];
  let heap = 0;
  for (let turn = 0; turn < size.times; turn += 1) {
    await tab.reload();
    await tab.ready();
    await tab.evaluate(([n, url]) => graph.start(n, url), [number, server.socketUrl]);
    const open = () => tab.evaluate((group) => graph.open(group), id);
    opens.push(await profiled(tab, "open", open));
    heap = await weigh(tab);
    const held = await tab.evaluate(() => graph.count());
    if (held !== count) throw new Error(`${held} records are stored`);
  }
  say(`  opened in ${opens.map((ms) => ms.toFixed(0)).join(", ")} ms`);
  return { ms: median(opens), heap };
}

/** They part; one writes; they meet again. */
async function catchUp(first, second) {
  await second.evaluate(() => graph.disconnect());
  await first.evaluate((n) => graph.add(n), DIFFERENCES);
  await second.evaluate(() => graph.said());
  await second.evaluate(() => graph.carried());
  const { ms } = await second.evaluate((n) => graph.receive(n), DIFFERENCES);
  const carried = await second.evaluate(() => graph.carried());
  return { ms, carried, ...costOf(await second.evaluate(() => graph.said())) };
}

/** Kinds of frames about a group. */
const [ENTER, KEYS, RECORD] = [0, 4, 12];

/** What is said after both have shown who they are, without the records themselves; and how often
 * that goes there and back until the last of them is here. On one machine no clock tells that. */
function costOf(said) {
  const after = said.filter(({ kind }) => kind !== ENTER);
  const sum = (all, name) => all.reduce((total, one) => total + one[name], 0);
  const isRecord = ({ kind }) => kind === RECORD;
  const overhead = sum(after, "bytes") - sum(after.filter(isRecord), "inside");
  const until = after.slice(0, after.findLastIndex(isRecord) + 1);
  const ways = until.filter(({ kind }) => kind !== KEYS).map(({ way }) => way);
  const turns = ways.filter((way, at) => way !== ways[at - 1]).length;
  return { overhead, roundTrips: turns / 2 };
}

async function measureLarge() {
  const { first, second, id } = await pair([3, 4]);
  const empty = await weigh(first);
  await first.evaluate((n) => graph.add(n), size.large);
  say(`  ${size.large} records written`);
  await first.evaluate(() => graph.connect());
  const large = await second.evaluate((n) => graph.receive(n), size.large);
  say(`  ${size.large} records received in ${large.ms.toFixed(0)} ms`);

  const turns = [];
  for (let turn = 0; turn < size.times; turn += 1) turns.push(await catchUp(first, second));
  const middle = (name) => median(turns.map((one) => one[name]));
  // They part, and meet again with nothing to tell.
  await second.evaluate(() => graph.disconnect());
  await second.evaluate(() => graph.said());
  await second.evaluate(() => graph.connect());
  const equal = costOf(await second.evaluate(() => graph.said()));
  await second.close();

  const count = size.large + size.times * DIFFERENCES;
  const opened = await reopen(first, { number: 3, id, count });
  await first.close();
  return {
    open_100k_ms: rounded(opened.ms),
    heap_bytes_per_record: rounded((opened.heap - empty) / size.large),
    catchup_bytes: middle("carried"),
    catchup_ms: rounded(middle("ms")),
    catchup_overhead_bytes: middle("overhead"),
    catchup_round_trips: rounded(mean(turns.map(({ roundTrips }) => roundTrips)), 2),
    equal_bytes: equal.overhead,
  };
}

/** The same of records that end on days of their own. */
async function measureExpiring() {
  const { tab } = await openPage(5);
  const id = await tab.evaluate(() => graph.found());
  await tab.evaluate((n) => graph.add(n, true), size.large);
  say(`  ${size.large} records written that end some day`);
  const opened = await reopen(tab, { number: 5, id, count: size.large });
  await tab.close();
  return { open_100k_expiring_ms: rounded(opened.ms) };
}

async function measureVerify() {
  const example = ["run", "--release", "--quiet", "--package", "lacis-wire", "--example", "verify"];
  const native = Number(execFileSync("cargo", example, { encoding: "utf8" }));
  const { tab } = await openPage(6);
  const single = await tab.evaluate((n) => graph.verifies("one_by_one", n), AUTHORS);
  const together = await tab.evaluate((n) => graph.verifies("together", n), AUTHORS);
  await tab.close();
  return {
    verify_per_s: rounded(together),
    verify_single_per_s: rounded(single),
    verify_per_s_native: rounded(native),
  };
}

const rounded = (value, digits = 0) => Number(value.toFixed(digits));
const mean = (all) => all.reduce((sum, one) => sum + one, 0) / all.length;
const median = (all) => all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)];

const MEASURES = {
  verify: measureVerify,
  sync: measureFirstSync,
  large: measureLarge,
  expiring: measureExpiring,
};

async function measure() {
  const result = { isolated_network: isIsolated(), smoke: options.smoke };
  for (const [name, run] of Object.entries(MEASURES)) {
    if (options.only?.includes(name) ?? true) Object.assign(result, await run());
  }
  return { ...result, records: [size.sync, size.large] };
}

try {
  const result = await measure();
  for (const [name, value] of Object.entries(result)) say(`${name.padEnd(24)} ${value}`);
  console.log(JSON.stringify(result));
} finally {
  await closeBrowsers();
  await server.stop();
}
