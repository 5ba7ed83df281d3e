// `cargo xtask bench link`: what a link costs, beside bare RTCPeerConnections that meet at the same
// server. Both are measured in the same runs, in turns, each in pages of its own that are as fresh
// as those of the other. Of several runs the medians are told.
import { enterNetwork, isIsolated } from "../e2e/support/network.mjs";

await enterNetwork();

const { randomBytes } = await import("node:crypto");
const { parseArgs } = await import("node:util");
const { closeBrowsers, Tab } = await import("../e2e/support/browsers.mjs");
const { buildPages } = await import("../e2e/support/pages.mjs");
const { Server } = await import("../e2e/support/server.mjs");
const { holdBack } = await import("./support/delay.mjs");
const { median, percentile, rounded } = await import("./support/figures.mjs");

const { values: options } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    smoke: { type: "boolean", default: false },
    only: { type: "string", multiple: true },
    runs: { type: "string", default: "5" },
  },
});
const FULL = { firsts: 3, connects: 8, trips: 1_000, mib: 64, room: 8 };
const SMOKE = { firsts: 1, connects: 2, trips: 100, mib: 4, room: 3 };
const size = options.smoke ? SMOKE : FULL;
const runs = options.smoke ? 1 : Number(options.runs);
const isWanted = (part) => options.only === undefined || options.only.includes(part);
const VARIANTS = ["ours", "raw"];
/** The yardstick uses whichever serves it better. */
const MESSAGE_BYTES = [64 * 1024, 256 * 1024];
const TRIPS_AT_ONCE = 50;
/** Round trips whose mean is one value: the clock of a page is too coarse for a single one. */
const TRIPS_A_VALUE = 10;
const DELAY_MS = 50;
/** Nothing is sent for so long: whatever a message causes is over, its acknowledgement too. */
const QUIET_MS = 1_300;
/** Broadcasts one after the other, as those of somebody who draws or types. */
const BROADCASTS = 20;
const BROADCAST_EVERY_MS = 50;

const pages = buildPages("tests/bench/pages");
const server = await Server.start({ pages });

const say = (text) => (options.json ? console.error(text) : console.log(text));

/** So many fresh pages of one variant. */
function openPages(variant, count, browser = "chromium") {
  const open = async () => {
    const tab = await Tab.open(browser, `${server.url}/bench.html?${variant}`);
    await tab.ready();
    return tab;
  };
  return Promise.all(Array.from({ length: count }, open));
}

/** Runs `measure` with fresh pages of either variant, and closes them. */
async function withPages(run, count, measure, browser) {
  const tabs = {};
  for (const variant of inTurns(run)) tabs[variant] = await openPages(variant, count, browser);
  try {
    return await measure(tabs);
  } finally {
    await Promise.all(
      Object.values(tabs)
        .flat()
        .map((tab) => tab.close()),
    );
  }
}

/** Every other time the other variant comes first, so that neither has the warmer machine. */
function inTurns(turn) {
  return turn % 2 === 0 ? VARIANTS : [...VARIANTS].reverse();
}

async function newPlace(tab, variant) {
  const place = { server: server.socketUrl, topic: [...randomBytes(32)] };
  return variant === "raw"
    ? place
    : { ...place, link: await tab.evaluate(() => bench.createLink()) };
}

const everywhere = (tabs, run, argument) =>
  Promise.all(tabs.map((tab) => tab.evaluate(run, argument)));

/** Milliseconds from joining to the first message at the page that was there before. */
async function connect([first, second], variant) {
  const place = await newPlace(first, variant);
  await first.evaluate((p) => bench.enter(p), place);
  const arrived = first.evaluate(() => bench.firstMessage());
  const startedAt = await second.evaluate((p) => bench.join(p), place);
  return (await arrived) - startedAt;
}

const leave = (tabs) => everywhere(tabs, () => bench.leave());

/**
 * First connections of fresh pages. No others are open: what a browser does beside for a page that
 * was opened just now takes longer than a connection.
 */
async function measureFirst(run) {
  const ms = { ours: [], raw: [] };
  for (let turn = 0; turn < size.firsts; turn += 1) {
    for (const variant of inTurns(run + turn)) {
      const tabs = await openPages(variant, 2);
      ms[variant].push(await connect(tabs, variant));
      await Promise.all(tabs.map((tab) => tab.close()));
    }
  }
  return { cold_connect_ms_p50: of(ms, median) };
}

/** The first round trips of fresh pages. */
async function measureRoundTrips(run, tabs) {
  const trips = { ours: [], raw: [] };
  const means = { ours: [], raw: [] };
  for (const variant of VARIANTS) await tabs[variant][1].evaluate(() => bench.echo());
  for (let turn = 0; turn * TRIPS_AT_ONCE < size.trips; turn += 1) {
    for (const variant of inTurns(run + turn)) {
      const [first] = tabs[variant];
      const moments = await first.evaluate((n) => bench.roundTrips(n), TRIPS_AT_ONCE);
      for (let at = 1; at < moments.length; at += 1) {
        trips[variant].push((moments[at] - moments[at - 1]) * 1000);
      }
      for (let at = TRIPS_A_VALUE; at < moments.length; at += TRIPS_A_VALUE) {
        means[variant].push(((moments[at] - moments[at - TRIPS_A_VALUE]) * 1000) / TRIPS_A_VALUE);
      }
    }
  }
  return {
    rtt_us_p50: of(means, median),
    rtt_us_p99: of(trips, (all) => percentile(all, 99)),
    // Whether the slow ones are those of a page that still warms up.
    rtt_us_p99_first: of(trips, (all) => percentile(all.slice(0, all.length / 4), 99)),
    rtt_us_p99_last: of(trips, (all) => percentile(all.slice(-all.length / 4), 99)),
  };
}

const of = (values, figure) =>
  Object.fromEntries(VARIANTS.map((variant) => [variant, figure(values[variant])]));

async function transfer([first, second], variant, messageBytes, hash) {
  await second.evaluate(() => bench.receive());
  const ms = await first.evaluate((bytes) => bench.transfer(bytes), messageBytes);
  const received = await second.evaluate(() => bench.receivedHash());
  if (received !== hash) throw new Error(`${variant}: the bytes that came are not those sent`);
  return (size.mib * 1000) / ms;
}

const prepare = (tab) => tab.evaluate((n) => bench.prepare(n), size.mib * 1024 * 1024);

async function measureThroughput(run, tabs) {
  const rates = {};
  for (const variant of inTurns(run)) {
    const hash = await prepare(tabs[variant][0]);
    const each = [];
    // What the package does with the size of messages is its own affair; the better of as many.
    for (const bytes of variant === "raw" ? MESSAGE_BYTES : MESSAGE_BYTES.map(() => 0)) {
      each.push(await transfer(tabs[variant], variant, bytes, hash));
    }
    rates[variant] = Math.max(...each);
  }
  return { throughput_mib_s: rates };
}

/** The first transfer of fresh pages, right behind the first connection. */
async function measureFirstThroughput(run, tabs) {
  const rates = {};
  for (const variant of inTurns(run)) {
    const hash = await prepare(tabs[variant][0]);
    await connect(tabs[variant], variant);
    rates[variant] = await transfer(tabs[variant], variant, Math.max(...MESSAGE_BYTES), hash);
  }
  return { cold_throughput_mib_s: rates };
}

/** Connections of pages that have connected before. */
async function measureConnects(run, tabs) {
  const ms = { ours: [], raw: [] };
  for (const variant of VARIANTS) await leave(tabs[variant]);
  for (let turn = 0; turn < size.connects; turn += 1) {
    for (const variant of inTurns(run + turn)) {
      ms[variant].push(await connect(tabs[variant], variant));
      await leave(tabs[variant]);
    }
  }
  return of(ms, median);
}

/** Everybody enters a room at once. */
async function measureRoom(run) {
  const [ms, sends, steady] = [{}, {}, {}];
  for (const variant of inTurns(run)) {
    const tabs = await openPages(variant, size.room);
    const place = await newPlace(tabs[0], variant);
    const start = performance.now();
    await everywhere(tabs, (words) => bench.gather(words), { place, count: tabs.length - 1 });
    ms[variant] = performance.now() - start;
    await everywhere(tabs, () => bench.countSends());
    sends[variant] = await countSends(tabs, 1);
    steady[variant] = await countSends(tabs, BROADCASTS);
    await Promise.all(tabs.map((tab) => tab.close()));
  }
  return { room_of_8_ms: ms, broadcast_sends: sends, broadcast_sends_steady: steady };
}

/** What leaves on data channels, everywhere, for each time that one page tells something to all. */
async function countSends(tabs, times) {
  const before = await quietCount(tabs);
  const words = { times, everyMs: BROADCAST_EVERY_MS };
  await tabs[0].evaluate((all) => bench.broadcast(all), words);
  return ((await quietCount(tabs)) - before) / times;
}

/** The count of messages sent, once it stands still. */
async function quietCount(tabs) {
  const count = async () =>
    (await everywhere(tabs, () => bench.sends())).reduce((sum, each) => sum + each, 0);
  for (let last = await count(); ; ) {
    await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
    const next = await count();
    if (next === last) return next;
    last = next;
  }
}

async function measureDelayed(run, browser) {
  return withPages(
    run,
    2,
    async (tabs) => {
      for (const variant of VARIANTS) await connect(tabs[variant], variant);
      const release = await holdBack(server, DELAY_MS);
      try {
        return await measureConnects(run, tabs);
      } finally {
        await release();
      }
    },
    browser,
  );
}

async function measureRun(run) {
  const figures = {};
  const add = (more) => Object.assign(figures, more);
  if (isWanted("cold")) add(await measureFirst(run));
  if (isWanted("connect") || isWanted("rtt") || isWanted("throughput")) {
    await withPages(run, 2, async (tabs) => {
      add({ wasm_init_ms_p50: await tabs.ours[0].evaluate(() => bench.initMs) });
      for (const variant of inTurns(run)) await connect(tabs[variant], variant);
      if (isWanted("rtt")) add(await measureRoundTrips(run, tabs));
      if (isWanted("throughput")) add(await measureThroughput(run, tabs));
      if (isWanted("connect")) add({ connect_ms_p50: await measureConnects(run, tabs) });
    });
  }
  if (isWanted("throughput")) {
    await withPages(run, 2, async (tabs) => add(await measureFirstThroughput(run, tabs)));
  }
  if (isWanted("room")) add(await measureRoom(run));
  if (isWanted("delay") && isIsolated()) {
    try {
      add({ delayed_connect_ms_p50: await measureDelayed(run, "chromium") });
      add({ snap_delayed_connect_ms_p50: await measureDelayed(run, "chromium-snap") });
    } catch (error) {
      // A kernel may not hand packets over. What is measured has to be, what is tried need not.
      if (!options.smoke) throw error;
      say(`Behind a long way nothing was measured: ${error.message}`);
    }
  }
  return figures;
}

/** The medians of all runs; of what was measured twice also the yardstick's, and the ratio. */
function summary(all) {
  const result = { isolated_network: isIsolated(), smoke: options.smoke, room_size: size.room };
  for (const name of Object.keys(all[0])) {
    const values = all.map((figures) => figures[name]);
    if (typeof values[0] === "number") {
      result[name] = rounded(median(values));
      continue;
    }
    const [ours, raw] = VARIANTS.map((variant) => median(values.map((value) => value[variant])));
    result[name] = rounded(ours);
    result[`raw_${name}`] = rounded(raw);
    result[`${name}_ratio`] = rounded(ours / raw, 2);
  }
  return result;
}

try {
  const all = [];
  for (let run = 0; run < runs; run += 1) {
    all.push(await measureRun(run));
    say(`run ${run + 1}: ${JSON.stringify(all.at(-1))}`);
  }
  const result = summary(all);
  for (const [name, value] of Object.entries(result)) say(`${name.padEnd(34)} ${value}`);
  console.log(JSON.stringify(result));
} finally {
  await closeBrowsers();
  await server.stop();
}
