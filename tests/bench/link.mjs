// `cargo xtask bench link`: what a link costs, beside a bare RTCPeerConnection pair that is
// measured in the same run, in turns, in the same pages.
import { enterNetwork, isIsolated } from "../e2e/support/network.mjs";

await enterNetwork();

const { parseArgs } = await import("node:util");
const { closeBrowsers, Tab } = await import("../e2e/support/browsers.mjs");
const { buildPages } = await import("../e2e/support/pages.mjs");
const { Server } = await import("../e2e/support/server.mjs");
const { startRelay } = await import("./support/relay.mjs");

const { values: options } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    smoke: { type: "boolean", default: false },
    only: { type: "string", multiple: true },
  },
});
const FULL = { connects: 24, batches: 60, inBatch: 10, transfers: 3, mib: 64, room: 8, loads: 7 };
const SMOKE = { connects: 3, batches: 5, inBatch: 10, transfers: 1, mib: 4, room: 3, loads: 2 };
const size = options.smoke ? SMOKE : FULL;
const isWanted = (part) => options.only === undefined || options.only.includes(part);
const VARIANTS = ["ours", "raw"];
/** The yardstick uses whichever serves it better. */
const MESSAGE_BYTES = [64 * 1024, 256 * 1024];

const pages = buildPages("tests/bench/pages");
const server = await Server.start({ pages });
const relay = await startRelay();

const say = (text) => (options.json ? console.error(text) : console.log(text));

async function openPage() {
  const tab = await Tab.open("chromium", `${server.url}/bench.html`);
  await tab.ready();
  return tab;
}

async function newPlace(tab) {
  const link = await tab.evaluate(() => bench.createLink());
  return { lacis: server.socketUrl, relay: relay.url, link };
}

const both = (tabs, run, argument) => Promise.all(tabs.map((tab) => tab.evaluate(run, argument)));
const leave = (tabs, variant) => both(tabs, (v) => bench.leave(v), variant);

/** Milliseconds from joining to the first message at the page that was there before. */
async function connectOnce([first, second], variant) {
  const place = await newPlace(first);
  await first.evaluate(([v, p]) => bench.enter(v, p), [variant, place]);
  const arrived = first.evaluate((v) => bench.firstMessage(v), variant);
  const startedAt = await second.evaluate(([v, p]) => bench.join(v, p), [variant, place]);
  const ms = (await arrived) - startedAt;
  await leave([first, second], variant);
  return ms;
}

async function measureConnect(tabs) {
  const ms = { ours: [], raw: [] };
  // The first connection of a page pays for starting the engine, whichever variant it is.
  for (const variant of VARIANTS) await connectOnce(tabs, variant);
  for (let turn = 0; turn < size.connects; turn += 1) {
    for (const variant of inTurns(turn)) ms[variant].push(await connectOnce(tabs, variant));
  }
  return ms;
}

/** A pair of links, one of each variant, between two pages. */
async function linkPages(tabs) {
  for (const variant of VARIANTS) {
    const place = await newPlace(tabs[0]);
    await tabs[0].evaluate(([v, p]) => bench.enter(v, p), [variant, place]);
    await tabs[1].evaluate(([v, p]) => bench.gather(v, p, 1), [variant, place]);
    await tabs[0].evaluate((v) => bench.linked(v), variant);
  }
}

async function measureRoundTrips([first, second]) {
  const ms = { ours: [], raw: [] };
  for (const variant of VARIANTS) {
    await second.evaluate((v) => bench.echo(v), variant);
    await first.evaluate(([v, n]) => bench.roundTrips(v, n), [variant, 200]);
  }
  for (let turn = 0; turn < size.batches; turn += 1) {
    for (const variant of inTurns(turn)) {
      const words = [variant, size.inBatch];
      ms[variant].push(await first.evaluate(([v, n]) => bench.roundTrips(v, n), words));
    }
  }
  return ms;
}

async function transferOnce([first, second], variant, messageBytes, hash) {
  await second.evaluate((v) => bench.receive(v), variant);
  const words = [variant, messageBytes];
  const ms = await first.evaluate(([v, b]) => bench.transfer(v, b), words);
  const received = await second.evaluate(() => bench.receivedHash());
  if (received !== hash) throw new Error(`${variant}: the bytes that came are not those sent`);
  return (size.mib * 1000) / ms;
}

async function measureThroughput(tabs) {
  const hash = await tabs[0].evaluate((n) => bench.prepare(n), size.mib * 1024 * 1024);
  const rates = { ours: [], ...Object.fromEntries(MESSAGE_BYTES.map((n) => [`raw${n}`, []])) };
  for (let turn = 0; turn < size.transfers; turn += 1) {
    for (const variant of inTurns(turn)) {
      const sizes = variant === "raw" ? MESSAGE_BYTES : [0];
      for (const bytes of sizes) {
        const rate = await transferOnce(tabs, variant, bytes, hash);
        rates[variant === "raw" ? `raw${bytes}` : "ours"].push(rate);
        say(`  ${variant} ${bytes || ""} ${rate.toFixed(1)} MiB/s`);
      }
    }
  }
  return {
    ours: median(rates.ours),
    raw: Math.max(...MESSAGE_BYTES.map((n) => median(rates[`raw${n}`]))),
  };
}

async function measureRoom(tabs) {
  const ms = {};
  for (const variant of VARIANTS) {
    const place = await newPlace(tabs[0]);
    const start = performance.now();
    await both(tabs, ([v, p, n]) => bench.gather(v, p, n), [variant, place, tabs.length - 1]);
    ms[variant] = performance.now() - start;
    await leave(tabs, variant);
  }
  return ms;
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const last = sorted.length - 1;
  return (sorted[Math.floor(last / 2)] + sorted[Math.ceil(last / 2)]) / 2;
}

/** Each turn begins with the other variant, so that neither always has the warmer machine. */
function inTurns(turn) {
  return turn % 2 === 0 ? VARIANTS : [...VARIANTS].reverse();
}

const rounded = (value, digits = 1) => Number(value.toFixed(digits));

async function measure() {
  const result = { isolated_network: isIsolated(), smoke: options.smoke };
  const inits = [];
  for (let load = 0; load < size.loads; load += 1) {
    const tab = await openPage();
    inits.push(await tab.evaluate(() => bench.initMs));
    await tab.close();
  }
  result.wasm_init_ms_p50 = rounded(median(inits));
  const tabs = [await openPage(), await openPage()];
  if (isWanted("connect")) {
    const { ours, raw } = await measureConnect(tabs);
    result.connect_ms_p50 = rounded(median(ours));
    result.raw_connect_ms_p50 = rounded(median(raw));
    result.connect_ratio = rounded(median(ours) / median(raw), 2);
    const list = (values) => values.map((value) => rounded(value)).join(" ");
    say(`connect, ms: ours ${list(ours)}; raw ${list(raw)}`);
  }
  await linkPages(tabs);
  if (isWanted("rtt")) {
    const { ours, raw } = await measureRoundTrips(tabs);
    result.rtt_us_p50 = rounded(median(ours) * 1000, 0);
    result.raw_rtt_us_p50 = rounded(median(raw) * 1000, 0);
    result.rtt_ratio = rounded(median(ours) / median(raw), 2);
    say(`round trip: ${result.rtt_us_p50} us, raw ${result.raw_rtt_us_p50} us`);
  }
  if (isWanted("throughput")) {
    const { ours, raw } = await measureThroughput(tabs);
    result.throughput_mib_s = rounded(ours);
    result.raw_throughput_mib_s = rounded(raw);
    result.throughput_ratio = rounded(ours / raw, 2);
  }
  for (const variant of VARIANTS) await leave(tabs, variant);
  if (isWanted("room")) {
    while (tabs.length < size.room) tabs.push(await openPage());
    const { ours, raw } = await measureRoom(tabs);
    result.room_size = size.room;
    result.room_of_8_ms = rounded(ours, 0);
    result.raw_room_of_8_ms = rounded(raw, 0);
  }
  return result;
}

try {
  const result = await measure();
  for (const [name, value] of Object.entries(result)) say(`${name.padEnd(24)} ${value}`);
  console.log(JSON.stringify(result));
} finally {
  await closeBrowsers();
  relay.close();
  await server.stop();
}
