// `cargo xtask bench apps`: how long people wait at the built pages: for a stroke and a line of
// another person, and for a full board and a newsletter to open.
import { enterNetwork, isIsolated } from "../e2e/support/network.mjs";

await enterNetwork();

const { parseArgs } = await import("node:util");
const { closeBrowsers, Tab } = await import("../e2e/support/browsers.mjs");
const { buildPages } = await import("../e2e/support/pages.mjs");
const { Person } = await import("../e2e/support/people.mjs");
const { Server } = await import("../e2e/support/server.mjs");

const { values: options } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    smoke: { type: "boolean", default: false },
  },
});
const FULL = { strokes: 100, lines: 60, board: 5_000, issues: 50, opens: 3 };
const SMOKE = { strokes: 5, lines: 5, board: 200, issues: 5, opens: 1 };
const size = options.smoke ? SMOKE : FULL;
/** A stroke as people draw them has about so many points. */
const POINTS = 40;
const say = (text) => (options.json ? console.error(text) : console.log(text));

const server = await Server.start({ pages: buildPages() });
const stage = { bareTab: (browser, url, tabOptions) => Tab.open(browser, url, tabOptions) };

/** Two people in a group of that application. */
async function pair(app) {
  const anna = await Person.arrive(stage, "chromium", server, "Anna");
  await anna.found(app, "Measured");
  const link = await anna.invitation();
  const bert = await Person.arrive(stage, "chromium", server, "Bert", { link });
  await bert.join();
  await Promise.all([anna, bert].map((person) => person.meets(1)));
  return [anna, bert];
}

// Times are those of the clock of this machine, which both pages share.

/** From the press of the pen on one page to the ink on the other one's screen. */
async function measureStrokes() {
  const [anna, bert] = await pair("board");
  await anna.draw([
    [100, 100],
    [900, 600],
  ]);
  for (const person of [anna, bert]) {
    await person.see("canvas", { state: '[data-items="1"]' });
    // The same view for both.
    await person.click("fit");
  }
  await anna.tab.evaluate(() => {
    document.querySelector("[data-testid=canvas]").addEventListener(
      "pointerdown",
      (event) => {
        globalThis.pressed = performance.timeOrigin + event.timeStamp;
      },
      { capture: true },
    );
  });
  const taken = [];
  for (let n = 0; n < size.strokes; n += 1) {
    const [x, y] = [120 + (n % 20) * 40, 120 + Math.floor(n / 20) * 50];
    const seen = bert.tab.evaluate(inkSeen, [x, y]);
    await anna.draw([
      [x, y],
      [x + 12, y + 4],
    ]);
    taken.push((await seen) - (await anna.tab.evaluate(() => globalThis.pressed)));
    await bert.see("canvas", { state: `[data-items="${n + 2}"]` });
  }
  await Promise.all([anna, bert].map(({ tab }) => tab.close()));
  return taken;
}

/** Resolves with the time of the first frame in which there is ink at a place; runs in the page. */
function inkSeen([x, y]) {
  const canvas = document.querySelector("[data-testid=canvas]");
  const box = canvas.getBoundingClientRect();
  const context = canvas.getContext("2d");
  const [left, top] = [(x - box.left) * devicePixelRatio, (y - box.top) * devicePixelRatio];
  const isInked = () => context.getImageData(left - 2, top - 2, 5, 5).data.some((value) => value);
  if (isInked()) throw new Error(`there is ink at ${x}, ${y} already`);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no ink at ${x}, ${y}`)), 10_000);
    // Behind everything that the page draws for a frame, which is shown next.
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      if (!isInked()) {
        look();
        return;
      }
      clearTimeout(timer);
      port1.close();
      resolve(performance.timeOrigin + performance.now());
    };
    const look = () => requestAnimationFrame(() => port2.postMessage(0));
    look();
  });
}

/** From sending a line on one page to its being there on the other one. */
async function measureLines() {
  const [anna, bert] = await pair("chat");
  const taken = [];
  for (let n = 0; n < size.lines; n += 1) {
    const text = `line ${n}.`;
    const heard = bert.tab.evaluate(
      (wanted) =>
        new Promise((resolve) => {
          const look = () => {
            const lines = [...document.querySelectorAll("[data-testid=line-text]")];
            if (!lines.some(({ textContent }) => textContent === wanted)) return;
            observer.disconnect();
            resolve(performance.timeOrigin + performance.now());
          };
          const observer = new MutationObserver(look);
          observer.observe(document, { subtree: true, childList: true });
        }),
      text,
    );
    await anna.fill("compose", text);
    const said = await anna.tab.evaluate(() => {
      const now = performance.timeOrigin + performance.now();
      document.querySelector("[data-testid=send]").click();
      return now;
    });
    taken.push((await heard) - said);
  }
  await Promise.all([anna, bert].map(({ tab }) => tab.close()));
  return taken;
}

/** Opens a group that was filled by a program; gives the time from the start of each load. */
async function measureOpen(app, fill, isShown) {
  const anna = await Person.arrive(stage, "chromium", server, "Anna");
  await anna.found(app, "Full");
  const place = anna.page.url();
  await anna.page.goto(`${server.url}/blank.html`);
  await anna.tab.ready();
  await anna.tab.evaluate(fill, [
    place.split("/").at(-1),
    app === "board" ? size.board : size.issues,
    POINTS,
  ]);
  const taken = [];
  for (let turn = 0; turn < size.opens; turn += 1) {
    await anna.page.goto("about:blank");
    await anna.page.goto(place, { waitUntil: "commit" });
    taken.push(await anna.page.evaluate(isShown, size.board));
  }
  await anna.tab.close();
  return taken;
}

/** Writes into a group as the pages do; runs in a page that has the package. */
async function fillBoard([id, count, points]) {
  const { createPeer, init, openIdentities } = await import("/lacis/dist/index.js");
  await init();
  const [me] = await (await openIdentities()).list();
  const peer = await createPeer({ identity: me });
  const group = await peer.openGroup(id, { connect: false });
  const stroke = (n) => {
    const [left, top] = [(n % 80) * 60, Math.floor(n / 80) * 60];
    const place = (at) => [left + at, top + 25 * Math.sin(at / 5 + n), -1].map(Math.round);
    return {
      kind: "stroke",
      colour: "#2f5bea",
      width: 3,
      points: Array.from({ length: points }, (_, at) => place(at)).flat(),
    };
  };
  for (let from = 0; from < count; from += 250) {
    const some = Array.from({ length: Math.min(250, count - from) }, (_, n) => stroke(from + n));
    await Promise.all(some.map((data) => group.add({ type: "board.item", data })));
  }
  await peer.close();
}

async function fillLetter([id, count]) {
  const { createPeer, init, openIdentities } = await import("/lacis/dist/index.js");
  await init();
  const [me] = await (await openIdentities()).list();
  const peer = await createPeer({ identity: me });
  const group = await peer.openGroup(id, { connect: false });
  for (let n = 0; n < count; n += 1) {
    const text = `# Issue ${n}\n\n${"It is *good* to read. ".repeat(200)}`;
    await group.add({ type: "letter.issue", data: { title: `Issue ${n}`, text } });
  }
  await peer.close();
}

/** Resolves once the whole board has been drawn, with the time since the load began. */
function boardShown(count) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("the board does not open")), 30_000);
    const look = () => {
      const wanted = `[data-testid=canvas][data-loaded=true][data-items="${count}"]`;
      if (document.querySelector(wanted) === null) {
        requestAnimationFrame(look);
        return;
      }
      clearTimeout(timer);
      // Two frames later, what was drawn is on the screen.
      requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now())));
    };
    look();
  });
}

function issueShown() {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("no issue is shown")), 30_000);
    const look = () => {
      const text = document.querySelector("[data-testid=issue-text]")?.textContent ?? "";
      if (!text.includes("good")) {
        requestAnimationFrame(look);
        return;
      }
      clearTimeout(timer);
      resolve(performance.now());
    };
    look();
  });
}

function percentile(values, part) {
  const sorted = [...values].sort((a, b) => a - b);
  return Number(sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))].toFixed(1));
}

try {
  const strokes = await measureStrokes();
  const lines = await measureLines();
  const board = await measureOpen("board", fillBoard, boardShown);
  const letter = await measureOpen("letter", fillLetter, issueShown);
  const result = {
    isolated_network: isIsolated(),
    smoke: options.smoke,
    stroke_to_screen_ms_p50: percentile(strokes, 0.5),
    stroke_to_screen_ms_p99: percentile(strokes, 0.99),
    chat_line_ms_p50: percentile(lines, 0.5),
    board_5000_open_ms: percentile(board, 0.5),
    newsletter_open_ms: percentile(letter, 0.5),
    samples: size,
  };
  for (const [name, value] of Object.entries(result)) say(`${name.padEnd(24)} ${value}`);
  console.log(JSON.stringify(result));
} finally {
  await closeBrowsers();
  await server.stop();
}
