// `cargo xtask bench native`: what peers outside of browsers cost: a store, a keeper with many
// links beside bare connections of the library under it, and pages that have it at the other end.
import { enterNetwork, isIsolated } from "../e2e/support/network.mjs";

await enterNetwork();

const { mkdirSync, mkdtempSync, rmSync } = await import("node:fs");
const { join } = await import("node:path");
const { setTimeout: sleep } = await import("node:timers/promises");
const { parseArgs } = await import("node:util");
const { closeBrowsers, Tab } = await import("../e2e/support/browsers.mjs");
const { buildPages, OUTPUT } = await import("../e2e/support/pages.mjs");
const { Server } = await import("../e2e/support/server.mjs");
const { median, rounded } = await import("./support/figures.mjs");
const { percentOf, Program } = await import("./support/programs.mjs");

const { values: options } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    smoke: { type: "boolean", default: false },
    // Some of the measurements only: records, large, links, files, serve.
    only: { type: "string", multiple: true },
    // Nodes of the keeper, with ten links each: a multiple of ten.
    nodes: { type: "string" },
    // Leaves the stores behind, and says where.
    keep: { type: "boolean", default: false },
  },
});
const FULL = { records: 100_000, large: 1_000_000, nodes: 20, links: 10, idle: 60_000, mib: 64 };
const SMOKE = { records: 300, large: 1_000, nodes: 2, links: 2, idle: 1_000, mib: 4 };
const size = { ...(options.smoke ? SMOKE : FULL) };
if (options.nodes !== undefined) size.nodes = Number(options.nodes);
const turns = options.smoke ? 1 : 3;
/** After so long what it took to get there is over. */
const SETTLE_MS = options.smoke ? 2_000 : 30_000;
/** What is known to take long takes so long at the most. */
const LONG_MS = 300_000;
/** Groups of one node: that of a keeper takes the next node when they are used up. */
const GROUPS = 16;
const say = (text) => (options.json ? console.error(text) : console.log(text));

const { LACIS_COMMAND: COMMAND, LACIS_MEASURE: MEASURE } = process.env;
if (!COMMAND || !MEASURE) throw new Error("LACIS_COMMAND and LACIS_MEASURE name the programs");
mkdirSync(OUTPUT, { recursive: true });
const folder = mkdtempSync(join(OUTPUT, "native-"));
const server = await Server.start({ pages: buildPages("tests/bench/pages") });

/** Everything that was started and may have to be ended. */
const running = new Set();

function start(program, words, how) {
  const started = new Program(program, words, how);
  running.add(started);
  return started;
}

async function end(program, signal) {
  const code = await program.end(signal);
  running.delete(program);
  if (code !== 0) throw new Error(`${program.name}: ended with ${code}`);
}

const measure = (...words) => start(MEASURE, words);

/** What a program says that ends by itself. */
async function told(program) {
  const lines = await program.all();
  running.delete(program);
  return lines;
}

/** Starts the command as whoever owns that folder. */
function command(data, words, links = "127.0.0.1:0") {
  const env = { LACIS_DATA: data, LACIS_SERVER: server.socketUrl, LACIS_LOOPBACK: "true" };
  return start(COMMAND, ["--json", "--links", links, ...words], { env });
}

async function identityOf(data) {
  const [{ identity }] = await told(command(data, ["identity", "show"]));
  return identity;
}

/** A store with so many records, written once. */
const stores = new Map();
function stored(count) {
  if (!stores.has(count)) stores.set(count, write(join(folder, `records-${count}`), count));
  return stores.get(count);
}

async function write(store, count) {
  const [{ write_per_s: perSecond }] = await told(measure("write", store, count));
  say(`  ${count} records written, ${perSecond.toFixed(0)} a second`);
  return { store, perSecond };
}

/** Opens a store several times over. */
async function opened(store, count) {
  const all = [];
  for (let turn = 0; turn < turns; turn += 1) {
    const program = measure("open", store);
    const { open_ms: ms, records } = await program.line(undefined, LONG_MS);
    if (records < count) throw new Error(`${records} records are stored`);
    all.push({ ms, bytes: program.memory });
    await end(program);
  }
  say(`  ${count} records opened in ${all.map(({ ms }) => ms.toFixed(0)).join(", ")} ms`);
  return { ms: median(all.map(({ ms }) => ms)), bytes: median(all.map(({ bytes }) => bytes)) };
}

/** Another peer comes in and takes everything. */
async function fetched(store, name) {
  const newcomer = join(folder, name);
  const [{ identity }] = await told(measure("identity", newcomer));
  const host = measure("serve", store, server.socketUrl, `${identity}=member`);
  const { invitations } = await host.line(undefined, LONG_MS);
  const words = ["fetch", newcomer, server.socketUrl, invitations[0], size.records];
  const [{ seconds }] = await told(measure(...words));
  await end(host);
  return seconds;
}

async function measureRecords() {
  const { store, perSecond } = await stored(size.records);
  const open = await opened(store, size.records);
  const all = [];
  for (let turn = 0; turn < turns; turn += 1) all.push(await fetched(store, `fetch-${turn}`));
  say(`  all of them fetched in ${all.join(", ")} s`);
  return {
    store_write_per_s: rounded(perSecond),
    open_100k_records_ms: rounded(open.ms),
    sync_100k_records_s: rounded(median(all), 2),
  };
}

async function measureLarge() {
  const { store, perSecond } = await stored(size.large);
  const { ms, bytes } = await opened(store, size.large);
  return {
    store_write_1m_per_s: rounded(perSecond),
    open_1m_records_ms: rounded(ms),
    bytes_per_record: rounded(bytes / size.large),
  };
}

/**
 * A keeper with several nodes: each keeps as many groups as it has room for, and the first `links`
 * of these each have another member, so that each node gets so many links.
 */
async function keeperOfMany(crowd) {
  const data = join(folder, "keeper");
  const words = [crowd, size.nodes, GROUPS, await identityOf(data)];
  const founded = await told(measure("found", ...words));
  const invitation = new Map(founded.map((it) => [`${it.peer} ${it.group}`, it.invitation]));
  for (let node = 0; node < size.nodes; node += 1) {
    const first = node - (node % size.links);
    const of = (group) => {
      // Groups beyond those make the node full, so that the next is taken.
      if (group >= size.links) return invitation.get(`${node} ${group}`);
      return invitation.get(`${first + ((node - first + group) % size.links)} ${group}`);
    };
    const keeper = command(data, ["keep", ...Array.from({ length: GROUPS }, (_, at) => of(at))]);
    for (let at = 0; at < GROUPS; at += 1) await keeper.line(({ event }) => event === "joined");
    await end(keeper, "SIGTERM");
  }
  return data;
}

/** How many links a keeper has. */
async function linksOf(status) {
  const text = await (await fetch(`http://${status}/metrics`)).text();
  return Number(/^lacis_keeper_links (\d+)/m.exec(text)[1]);
}

async function until(isTrue) {
  const deadline = performance.now() + LONG_MS;
  while (!(await isTrue())) {
    if (performance.now() > deadline) throw new Error(`stuck: ${isTrue}`);
    await sleep(500);
  }
}

const growth = (after, before, count) => (after - before) / count;

async function measureLinks() {
  const count = size.nodes * size.links;
  const crowd = mkdtempSync(join(folder, "crowd-"));
  const data = await keeperOfMany(crowd);
  say(`  a keeper of ${size.nodes * GROUPS} groups`);
  const keeper = command(data, ["keep", "--status", "127.0.0.1:0"]);
  const { status, groups } = await keeper.line(({ event }) => event === "keeping");
  if (groups !== size.nodes * GROUPS) throw new Error(`${groups} groups are kept`);
  const listener = measure("bare-listen", count);
  const { port } = await listener.line();
  await sleep(SETTLE_MS);
  const before = [keeper.memory, listener.memory];
  const [alone] = await percentOf([keeper], size.idle / 2);

  const others = measure("crowd", crowd, server.socketUrl, size.nodes, size.links);
  const dialer = measure("bare-dial", port, count);
  await Promise.all([listener.line(), dialer.line(), others.line()]);
  await until(async () => (await linksOf(status)) >= count);
  await sleep(SETTLE_MS);
  const after = [keeper.memory, listener.memory];
  const [percent, raw] = await percentOf([keeper, listener], size.idle);
  const connections = await linksOf(status);
  await Promise.all([listener, dialer, others].map((it) => end(it)));
  await end(keeper, "SIGTERM");
  const [bytes, rawBytes] = after.map((it, at) => growth(it, before[at], count));
  return {
    connections,
    bytes_per_connection: rounded(bytes, 0),
    raw_bytes_per_connection: rounded(rawBytes, 0),
    bytes_per_connection_ratio: rounded(bytes / rawBytes, 2),
    cpu_idle_percent: rounded(percent, 2),
    raw_cpu_idle_percent: rounded(raw, 2),
    cpu_idle_percent_ratio: rounded(percent / raw, 2),
    cpu_idle_percent_without_links: rounded(alone, 2),
    keeper_mib: rounded(before[0] / 1024 / 1024),
  };
}

async function openPage(path) {
  const tab = await Tab.open("chromium", `${server.url}/${path}`);
  await tab.ready();
  return tab;
}

const newPlace = async (tab) => ({
  server: server.socketUrl,
  link: await tab.evaluate(() => bench.createLink()),
});

const prepare = (tab) => tab.evaluate((n) => bench.prepare(n), size.mib * 1024 * 1024);
const rate = (ms) => (size.mib * 1000) / ms;

async function betweenPages() {
  const [first, second] = [await openPage("bench.html?ours"), await openPage("bench.html?ours")];
  const place = await newPlace(first);
  await first.evaluate((p) => bench.enter(p), place);
  await second.evaluate((p) => bench.enter(p), place);
  await Promise.all([first, second].map((tab) => tab.evaluate(() => bench.linked())));
  const hash = await prepare(first);
  await second.evaluate(() => bench.receive());
  const ms = await first.evaluate(() => bench.transfer(0));
  const came = await second.evaluate(() => bench.receivedHash());
  if (came !== hash) throw new Error("the bytes that came are not those sent");
  await Promise.all([first.close(), second.close()]);
  return rate(ms);
}

/** A file to a page, and one from it. */
async function withNative() {
  const page = await openPage("bench.html?ours");
  const place = await newPlace(page);
  await page.evaluate((p) => bench.enter(p), place);
  const native = measure("files", server.socketUrl, place.link, size.mib);
  await native.line();
  await page.evaluate(() => bench.linked());
  const hash = await prepare(page);
  await page.evaluate(() => bench.receive());
  native.write("send");
  const { sent_ms: sent } = await native.line();
  const came = await page.evaluate(() => bench.receivedHash());
  if (came !== hash) throw new Error("the bytes that came are not those sent");
  const ms = await page.evaluate(() => bench.transfer(0));
  const { taken, is_whole: isWhole } = await native.line();
  if (!isWhole || taken !== size.mib * 1024 * 1024) throw new Error("not all bytes have come");
  await end(native);
  await page.close();
  return [rate(sent), rate(ms)];
}

async function measureFiles() {
  const all = { to: [], from: [], between: [] };
  for (let turn = 0; turn < turns; turn += 1) {
    all.between.push(await betweenPages());
    const [to, from] = await withNative();
    all.to.push(to);
    all.from.push(from);
    const last = Object.entries(all).map(([name, it]) => `${name} ${rounded(it.at(-1))}`);
    say(`  MiB/s: ${last.join(", ")}`);
  }
  const [to, from, between] = [all.to, all.from, all.between].map(median);
  return {
    throughput_to_chromium_mib_s: rounded(to),
    throughput_from_chromium_mib_s: rounded(from),
    chromium_to_chromium_mib_s: rounded(between),
    throughput_to_chromium_ratio: rounded(to / between, 2),
  };
}

/** A page gets everything from a keeper; whoever wrote it is gone. */
async function measureServe() {
  const { store } = await stored(size.records);
  const data = join(folder, "serving");
  const page = await openPage("graph.html");
  const id = await page.evaluate((url) => graph.start(1, url), server.socketUrl);
  const words = [`${await identityOf(data)}=keeper`, `${id}=member`];
  const host = measure("serve", store, server.socketUrl, ...words);
  const { invitations } = await host.line(undefined, LONG_MS);
  const start = performance.now();
  // Pages do not look for addresses that lead nowhere but to this machine.
  const keeper = command(data, ["keep", invitations[0]], "0.0.0.0:0");
  await keeper.line(({ event, records }) => event === "stored" && records >= size.records, LONG_MS);
  const kept = (performance.now() - start) / 1000;
  say(`  a keeper has stored them in ${kept.toFixed(1)} s`);
  await end(host);
  await page.evaluate((text) => graph.join(text), invitations[1]);
  const worked = keeper.worked;
  const { ms, longestTask } = await page.evaluate((n) => graph.receive(n), size.records);
  const work = keeper.worked - worked;
  say(`  ${size.records} records served in ${ms.toFixed(0)} ms, ${work} of work`);
  await page.close();
  await end(keeper, "SIGTERM");
  return {
    keep_100k_s: rounded(kept),
    serve_100k_to_page_s: rounded(ms / 1000, 2),
    serve_work_ms: rounded(work),
    page_longest_task_ms: rounded(longestTask),
  };
}

const MEASURES = {
  records: measureRecords,
  links: measureLinks,
  files: measureFiles,
  serve: measureServe,
  large: measureLarge,
};

try {
  const result = { isolated_network: isIsolated(), smoke: options.smoke };
  for (const [name, run] of Object.entries(MEASURES)) {
    if (options.only !== undefined && !options.only.includes(name)) continue;
    const figures = await run();
    say(`${name}: ${JSON.stringify(figures)}`);
    Object.assign(result, figures);
  }
  console.log(JSON.stringify(result));
} finally {
  await Promise.allSettled([...running].map((it) => it.end("SIGTERM")));
  await closeBrowsers();
  await server.stop();
  if (options.keep) say(`The stores are in ${folder}`);
  else rmSync(folder, { recursive: true, force: true });
}
