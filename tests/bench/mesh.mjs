// `cargo xtask bench mesh`: a room of many pages, each with a few links, beside bare connections of
// everybody with everybody. Both are measured in the same runs, in fresh pages, one after the
// other.
import { enterNetwork, isIsolated } from "../e2e/support/network.mjs";

await enterNetwork();

const { randomBytes } = await import("node:crypto");
const { parseArgs } = await import("node:util");
const { closeBrowsers, Tab } = await import("../e2e/support/browsers.mjs");
const { buildPages } = await import("../e2e/support/pages.mjs");
const { Server } = await import("../e2e/support/server.mjs");
const { median, percentile, rounded } = await import("./support/figures.mjs");

const { values: options } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    smoke: { type: "boolean", default: false },
    pages: { type: "string", default: "24" },
    runs: { type: "string", default: "1" },
  },
});
const PAGES = options.smoke ? 10 : Number(options.pages);
const VARIANTS = ["raw", "ours"];
/** Pages that are opened at once. */
const WAVE = 6;
/** Words of one page, one after the other, as of somebody who draws. */
const WORDS = 20;
const EVERY_MS = 50;
/** What a page keeps once things are calm, and until when they are. */
const CALM_LINKS = 8;
const CALM_MS = 45_000;
const IDLE_MS = options.smoke ? 2_000 : 20_000;

const server = await Server.start({ pages: buildPages("tests/bench/pages") });
const say = (text) => (options.json ? console.error(text) : console.log(text));
const everywhere = (tabs, run, argument) =>
  Promise.all(tabs.map((tab) => tab.evaluate(run, argument)));
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function openPages(variant) {
  const tabs = [];
  const open = async () => {
    const tab = await Tab.open("chromium", `${server.url}/bench.html?${variant}`);
    await tab.ready();
    return tab;
  };
  while (tabs.length < PAGES) {
    const few = Math.min(WAVE, PAGES - tabs.length);
    tabs.push(...(await Promise.all(Array.from({ length: few }, open))));
  }
  return tabs;
}

/** Everybody enters at once; gives the milliseconds until all reach all. */
async function gather(tabs, variant) {
  const place = { server: server.socketUrl, topic: [...randomBytes(32)] };
  if (variant === "ours") place.link = await tabs[0].evaluate(() => bench.createLink());
  const start = performance.now();
  const ids = await everywhere(tabs, (words) => bench.enterCrowd(words), place);
  const count = tabs.length - 1;
  await Promise.all(
    tabs.map((tab, at) =>
      tab.evaluate((words) => bench.meet(words), { ids: ids.slice(at + 1), count }),
    ),
  );
  return performance.now() - start;
}

/** The processor time of a page in a hundredth of what one core gives. */
async function idlePercent(tab) {
  const session = await tab.session();
  await session.send("Performance.enable");
  const spent = async () => {
    const { metrics } = await session.send("Performance.getMetrics");
    return metrics.find(({ name }) => name === "TaskDuration").value * 1000;
  };
  const before = await spent();
  await pause(IDLE_MS);
  return (((await spent()) - before) / IDLE_MS) * 100;
}

/** One page speaks; gives how old each word is where it comes. */
async function speak(tabs) {
  const [first, ...others] = tabs;
  await everywhere(others, () => bench.hear());
  await first.evaluate((words) => bench.tellTime(words), { times: WORDS, everyMs: EVERY_MS });
  return (await everywhere(others, (count) => bench.heard(count), WORDS)).flat();
}

/** Everybody tells one word at once; gives the milliseconds until all have come everywhere. */
async function allSpeak(tabs) {
  const received = tabs.map((_, at) => (at === 0 ? 0 : WORDS) + tabs.length - 1);
  const start = performance.now();
  await everywhere(tabs, (words) => bench.tellTime(words), { times: 1, everyMs: 0 });
  await Promise.all(tabs.map((tab, at) => tab.evaluate((n) => bench.heard(n), received[at])));
  return performance.now() - start;
}

async function calm(tabs) {
  const until = performance.now() + CALM_MS;
  for (;;) {
    const counts = (await everywhere(tabs, () => bench.connections())).map((it) => it.now);
    const most = Math.max(...counts);
    if (most <= CALM_LINKS || performance.now() > until) return most;
    await pause(500);
  }
}

async function measure(variant) {
  const tabs = await openPages(variant);
  try {
    const gathered = await gather(tabs, variant);
    const ages = await speak(tabs);
    const all = await allSpeak(tabs);
    const most = await everywhere(tabs, () => bench.connections());
    const figures = {
      gather_ms: gathered,
      all_to_all_ms: all,
      broadcast_p50_ms: median(ages),
      broadcast_p99_ms: percentile(ages, 99),
      connections_per_page_max: Math.max(...most.map((it) => it.most)),
    };
    figures.connections_per_page_settled =
      variant === "ours" ? await calm(tabs) : figures.connections_per_page_max;
    figures.idle_page_percent = await idlePercent(tabs[0]);
    return figures;
  } finally {
    await Promise.all(tabs.map((tab) => tab.close()));
  }
}

try {
  const all = { ours: [], raw: [] };
  for (let run = 0; run < Number(options.runs); run += 1) {
    for (const variant of VARIANTS) {
      all[variant].push(await measure(variant));
      say(`run ${run + 1}, ${variant}: ${JSON.stringify(all[variant].at(-1))}`);
    }
  }
  const result = { isolated_network: isIsolated(), smoke: options.smoke, pages: PAGES };
  for (const name of Object.keys(all.ours[0])) {
    const [ours, raw] = ["ours", "raw"].map((variant) =>
      median(all[variant].map((it) => it[name])),
    );
    result[name] = rounded(ours, 2);
    result[`raw_${name}`] = rounded(raw, 2);
    if (raw > 0) result[`${name}_ratio`] = rounded(ours / raw, 2);
  }
  for (const [name, value] of Object.entries(result)) say(`${name.padEnd(38)} ${value}`);
  console.log(JSON.stringify(result));
} finally {
  await closeBrowsers();
  await server.stop();
}
