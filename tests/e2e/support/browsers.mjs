// Chromium by Playwright and Firefox by Puppeteer (BiDi), behind one thin surface, so that the same
// test drives both.

import { accessSync, constants } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, join } from "node:path";
import { isIsolated } from "./network.mjs";

const require = createRequire(new URL("../../../www/package.json", import.meta.url));

const CHROMIUM_FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // Several pages are under test at once, and only one can be in front.
  "--disable-background-timer-throttling",
  "--disable-renderer-backgrounding",
  "--disable-backgrounding-occluded-windows",
  "--disable-features=WebRtcHideLocalIpsWithMdns",
];

// Without a network of its own, Chromium at least can use loopback.
const CHROMIUM_LOOPBACK = ["--use-fake-ui-for-media-stream", "--allow-loopback-in-peer-connection"];

/** Lets the ends of a connection say in their descriptions how its SCTP association begins. */
const SNAP = "--force-fieldtrials=WebRTC-Sctp-Snap/Enabled/";

const FIREFOX_PREFS = {
  "media.peerconnection.ice.obfuscate_host_addresses": false,
  // Firefox runs with one process per site at most otherwise, which is slow to start here.
  "dom.ipc.processPrelaunch.enabled": false,
  "app.update.enabled": false,
  "datareporting.policy.dataSubmissionEnabled": false,
};

function find(...names) {
  for (const folder of process.env.PATH.split(delimiter)) {
    for (const name of names) {
      try {
        accessSync(join(folder, name), constants.X_OK);
        return join(folder, name);
      } catch {
        // Not in this folder.
      }
    }
  }
  throw new Error(`none of ${names.join(", ")} is installed`);
}

/** Where the system's Chromium is. */
export function chromiumPath() {
  return find("chromium", "chromium-browser", "google-chrome");
}

/**
 * With a video it has a camera that shows that. Playwright switches the back-forward cache off,
 * which every browser of a person has on: `cached` leaves it on. `program` starts it.
 */
async function launchChromium(
  video,
  { cached = false, flags = [], program = chromiumPath() } = {},
) {
  const { chromium } = require("playwright-core");
  const camera = [
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    `--use-file-for-fake-video-capture=${video}`,
  ];
  const browser = await chromium.launch({
    executablePath: program,
    args: [
      ...CHROMIUM_FLAGS,
      ...(isIsolated() ? [] : CHROMIUM_LOOPBACK),
      ...(video === undefined ? [] : camera),
      ...flags,
    ],
    ignoreDefaultArgs: cached ? ["--disable-back-forward-cache"] : [],
  });
  return {
    name: "chromium",
    stop: () => stopRenderers(browser),
    newContext: (options) => browser.newContext(options),
    addInitScript: (page, script) => page.addInitScript(script),
    session: (page) => page.context().newCDPSession(page),
    close: () => browser.close(),
  };
}

/** Stops the processes of all pages, as a sleeping machine does; the result lets them go on. */
async function stopRenderers(browser) {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  await session.detach();
  const renderers = processInfo.filter(({ type }) => type === "renderer").map(({ id }) => id);
  for (const id of renderers) process.kill(id, "SIGSTOP");
  return () => {
    for (const id of renderers) {
      try {
        process.kill(id, "SIGCONT");
      } catch {
        // It has ended meanwhile.
      }
    }
  };
}

/** A Chromium whose profile lies in a folder; gives its only context. */
export function launchOn(folder, flags = []) {
  const { chromium } = require("playwright-core");
  return chromium.launchPersistentContext(folder, {
    executablePath: chromiumPath(),
    args: [...CHROMIUM_FLAGS, ...(isIsolated() ? [] : CHROMIUM_LOOPBACK), ...flags],
  });
}

async function launchFirefox() {
  const puppeteer = require("puppeteer-core");
  const browser = await puppeteer.launch({
    browser: "firefox",
    executablePath: find("firefox-esr", "firefox"),
    headless: true,
    extraPrefsFirefox: FIREFOX_PREFS,
  });
  return {
    name: "firefox",
    newContext: () => browser.createBrowserContext(),
    addInitScript: (page, script) => page.evaluateOnNewDocument(script),
    close: () => browser.close(),
  };
}

const LAUNCH = {
  chromium: launchChromium,
  "chromium-cached": (video) => launchChromium(video, { cached: true }),
  "chromium-snap": (video) => launchChromium(video, { flags: [SNAP] }),
  firefox: launchFirefox,
};
const launched = new Map();

/** Starts a Chromium of its own: with flags, and by a program that has it elsewhere. */
export function launchElsewhere(program, flags) {
  return launchChromium(undefined, { program, flags });
}

/**
 * The browser of that name, started when it is first asked for. `chromium#VIDEO` has a camera that
 * shows the video; in `chromium-cached` a page that was left may come back; `chromium-snap` tries a
 * shorter handshake. What stands behind a `/` tells several of one kind apart, where a test stops
 * one of them.
 */
export function browser(name) {
  let running = launched.get(name);
  if (running === undefined) {
    // The path of a video has slashes, too.
    const [wanted, video] = name.split("#");
    const [kind] = wanted.split("/");
    running = LAUNCH[kind](video);
    launched.set(name, running);
  }
  return running;
}

/** Ends every browser that was started. */
export async function closeBrowsers() {
  for (const running of launched.values()) await (await running).close();
  launched.clear();
}

/** One open tab in a context of its own; `evaluate` and the rest are those of its driver. */
export class Tab {
  #browser;
  #context;
  #page;
  /** What the page logged, newest last. */
  log = [];

  /** On another `machine` it is a tab of the Chromium there. */
  static async open(name, url, { initScript, machine, ...options } = {}) {
    const tab = new Tab();
    await tab.#open(await (machine?.browser() ?? browser(name)), url, initScript, options);
    return tab;
  }

  async #open(running, url, initScript, options) {
    this.#browser = running;
    this.#context = await running.newContext(options);
    await this.renew(url, initScript);
  }

  /** Opens a page in the same context: with what is stored, when the last page has crashed. */
  async renew(url, initScript) {
    const running = this.#browser;
    this.#page = await this.#context.newPage();
    this.#page.on("console", (message) => this.log.push(`${message.type()}: ${message.text()}`));
    this.#page.on("pageerror", (error) => this.log.push(`error: ${error.stack ?? error}`));
    if (initScript !== undefined) await running.addInitScript(this.#page, initScript);
    if (url !== undefined) await this.#page.goto(url);
  }

  get browser() {
    return this.#browser.name;
  }

  /** The driver's own page, for what only one driver can do. */
  get page() {
    return this.#page;
  }

  /** Waits until the page's own script has done its part. A script that did not load never does. */
  ready() {
    return this.evaluate(
      () =>
        globalThis.isReady ||
        new Promise((resolve, reject) => {
          addEventListener("ready", () => resolve(true), { once: true });
          setTimeout(() => reject(new Error("the page's script is not ready")), 30_000);
        }),
    );
  }

  /** Runs a function in the page. */
  evaluate(run, argument) {
    return this.#page.evaluate(run, argument);
  }

  async reload() {
    await this.#page.reload();
  }

  /** Stops every page of this tab's browser, as a sleeping machine does; the result wakes them. */
  stop() {
    return this.#browser.stop();
  }

  /** The debugging session of a Chromium tab. */
  session() {
    return this.#browser.session(this.#page);
  }

  screenshot(path, options = {}) {
    return this.#page.screenshot({ path, ...options });
  }

  async close() {
    await this.#context.close();
  }
}
