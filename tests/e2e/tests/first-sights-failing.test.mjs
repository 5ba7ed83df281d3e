// What somebody sees when a part of the pages is missing or fails: words, a way on, and a report
// that tells no secrets. Nothing of it leaves the browser by itself.
import assert from "node:assert/strict";
import { Person } from "../support/people.mjs";
import { scenario } from "../support/scenario.mjs";
import { sight } from "../support/sights.mjs";

const APPS = "lacis/dist/apps/";
const LANGUAGES = ["en", "fr"];

const speech = (language) => `localStorage.setItem("lacis.language", '"${language}"');`;

/** Opens the pages while files whose names fit do not come. */
async function openWithout(stage, server, pattern, initScript = "") {
  const options = { initScript, serviceWorkers: "block" };
  const tab = await stage.bareTab("chromium", "about:blank", options);
  await tab.page.context().route(pattern, (route) => route.abort());
  await tab.page.goto(`${server.url}/${APPS}`);
  return new Person(tab, "Anna");
}

/** Presses what loads the page anew. */
async function reload({ page }, button) {
  await Promise.all([page.waitForEvent("load"), page.click(button)]);
}

async function begin(person) {
  await person.fill("my-name", person.name);
  await person.click("begin");
}

/** The report that is offered, once it was looked at. */
async function reportIn(person) {
  await person.see("report");
  await person.tab.evaluate(() => {
    document.querySelector("[data-testid=report]").open = true;
  });
  return person.see("report-text");
}

scenario("the script of the pages does not come", async (stage) => {
  const server = await stage.server();
  for (const [name, pattern] of Object.entries({
    first: "**/assets/start-*.js",
    // What all pages load; it is named after a file in it.
    shared: "**/assets/icon-*.js",
  })) {
    const anna = await openWithout(stage, server, pattern);
    await anna.see("opening", { text: ["Check your connection", "Vérifiez", ".js"] });
    await anna.tab.evaluate(() => document.fonts.ready.then(() => undefined));
    await sight(anna.tab, `missing-script-${name}`, { says: ["Reload / Recharger"] });
    await anna.tab.page.context().unroute(pattern);
    await reload(anna, "#reload");
    await anna.see("welcome");
    await anna.see("opening", { gone: true });
  }
});

for (const language of LANGUAGES) {
  scenario(`the core of the pages does not come: ${language}`, async (stage) => {
    const server = await stage.server();
    const anna = await openWithout(stage, server, "**/assets/*.wasm", speech(language));
    await anna.see("fatal");
    await sight(anna.tab, `missing-core-${language}`);
    const report = await reportIn(anna);
    assert.match(report, /^code: wasm-failed$/m);
    assert.match(report, /^detail: lacis\.wasm from lacis_bg-/m);
    await sight(anna.tab, `missing-core-report-${language}`, { isForeign: true });
    await anna.tab.page.context().unroute("**/assets/*.wasm");
    await reload(anna, "[data-testid=reload]");
    await anna.see("welcome");
  });

  scenario(`an application does not come: ${language}`, async (stage) => {
    const server = await stage.server();
    const anna = await openWithout(stage, server, "**/assets/board-*.js", speech(language));
    await begin(anna);
    await anna.found("chat", "Kitchen");
    await anna.click("back");
    await anna.click("new-board");
    await anna.fill("found-name", "Plan");
    await anna.click("found-now");
    await anna.see("not-loaded");
    await sight(anna.tab, `missing-app-${language}`);
    assert.match(await reportIn(anna), /board-/);
    await anna.click("to-start");
    await anna.enter("Kitchen");
    await anna.click("back");
    await anna.tab.page.context().unroute("**/assets/board-*.js");
    await anna.see("space", { text: "Plan" });
    await anna.tab.reload();
    await anna.enter("Plan");
    await anna.see("canvas");
  });
}

scenario("the looks of the pages do not come", async (stage) => {
  const server = await stage.server();
  const anna = await openWithout(stage, server, "**/assets/start-*.css");
  await anna.see("failure", { text: "could not be loaded" });
  await begin(anna);
  await anna.see("spaces");
});

/** What a browser lacks, and what is said of it. */
const LACKS = {
  webrtc: ["delete globalThis.RTCPeerConnection;", "newer Firefox"],
  store: [
    "Object.defineProperty(globalThis, 'indexedDB', { value: undefined });",
    "Open this page in a normal window",
  ],
};

for (const [name, [script, help]] of Object.entries(LACKS)) {
  scenario(`a browser that cannot is told what can be done: ${name}`, async (stage) => {
    const server = await stage.server();
    const url = `${server.url}/${APPS}`;
    const tab = await stage.bareTab("chromium", url, { initScript: script });
    const anna = new Person(tab, "Anna");
    if (name === "webrtc") await begin(anna);
    await anna.see("fatal", { text: help });
    await sight(tab, `lacks-${name}`);
    const french = await stage.bareTab("chromium", url, { initScript: speech("fr") + script });
    const anne = new Person(french, "Anne");
    if (name === "webrtc") await begin(anne);
    await anne.see("fatal", { text: "Ouvrez cette page" });
    await sight(french, `lacks-${name}-fr`);
  });
}

/** A canvas that fails while `isBroken` is set, with words that are nobody's business. */
const BROKEN_CANVAS = `{
  const plain = HTMLCanvasElement.prototype.getContext;
  HTMLCanvasElement.prototype.getContext = function (...words) {
    if (globalThis.isBroken === false) return plain.apply(this, words);
    const link = "https://example.org/#/join/chat/lo1abcdefghijklmnopqrstuvwxyz234567//Anna";
    throw new Error('no canvas for Anna in Secret plan at ' + link + ' with "my words"');
  };
}`;

for (const language of LANGUAGES) {
  scenario(`an application that fails shows what failed: ${language}`, async (stage) => {
    const server = await stage.server();
    const initScript = speech(language) + BROKEN_CANVAS;
    const options = { initScript, permissions: ["clipboard-read", "clipboard-write"] };
    const tab = await stage.bareTab("chromium", `${server.url}/${APPS}`, options);
    const anna = new Person(tab, "Anna");
    await begin(anna);
    await anna.see("server-state", { state: '[data-state="open"]' });
    await anna.click("new-board");
    await anna.fill("found-name", "Secret plan");
    await anna.click("found-now");
    await anna.see("failed");
    await sight(tab, `failed-${language}`);
    const report = await reportIn(anna);
    await sight(tab, `failed-report-${language}`, { isForeign: true });
    await anna.click("report-copy");
    await anna.see("report-said", { text: language === "en" ? "Copied" : "Copié" });
    assert.equal(await tab.evaluate(() => navigator.clipboard.readText()), report);
    assert.match(report, /^Lacis: \d/);
    assert.match(report, /^page: board$/m);
    assert.match(report, /^error: Error: no canvas for <name> in <name> at /m);
    assert.match(report, /^browser: Mozilla/m);
    assert.match(report, /^\s+at .*board-[\w-]+\.js:\d+/m);
    assert.match(report, /^peer: .*"servers":\[\{"url":"ws:\/\/127/m);
    for (const secret of ["Anna", "Secret", "lo1abcdefgh", "my words", "#/g/"]) {
      assert.ok(!report.includes(secret), `${secret} in ${report}`);
    }
    assert.ok(report.length <= 6_100);
    // Everything else works, and so does this once its cause is gone.
    await anna.click("to-start");
    await anna.see("space", { text: "Secret plan" });
    await tab.evaluate(() => document.querySelector("[data-testid=space]").click());
    await anna.see("failed");
    await tab.evaluate(() => {
      globalThis.isBroken = false;
    });
    await anna.click("failed-again");
    await anna.see("canvas");
    await tab.evaluate(() => {
      globalThis.isBroken = true;
    });
    await anna.click("back");
    await anna.see("space", { text: "Secret plan" });
    await tab.evaluate(() => document.querySelector("[data-testid=space]").click());
    await anna.see("failed");
    // The browser's own way back leads out of it as well.
    await tab.page.goBack();
    await anna.see("space", { text: "Secret plan" });
    await anna.see("failed", { gone: true });
  });

  scenario(`an error that nobody caught is told in a bar: ${language}`, async (stage) => {
    const server = await stage.server();
    const initScript = `${speech(language)}
      Object.defineProperty(navigator, "clipboard", { value: undefined });`;
    const tab = await stage.bareTab("chromium", `${server.url}/${APPS}`, { initScript });
    const anna = new Person(tab, "Anna");
    await begin(anna);
    await anna.found("chat", "Kitchen");
    await anna.see("compose");
    // Remarks of the browser, what was called off, and failures of others are none.
    await tab.evaluate(() => {
      dispatchEvent(new ErrorEvent("error", { message: "ResizeObserver loop" }));
      void Promise.reject(new DOMException("called off", "AbortError"));
      const foreign = new Error("not ours");
      foreign.stack = "at f (chrome-extension://abc/x.js:1:1)";
      void Promise.reject(foreign);
      setTimeout(() => {
        throw new Error("out of the blue");
      });
    });
    await anna.see("failure");
    await sight(tab, `failure-bar-${language}`);
    await anna.click("failure-show");
    assert.match(await anna.see("report-text"), /^error: Error: out of the blue$/m);
    await sight(tab, `failure-shown-${language}`, { isForeign: true });
    // Where nothing may be copied, it is marked for the person to copy.
    await anna.click("report-copy");
    await anna.see("report-said", { text: "Ctrl+C" });
    const marked = await tab.evaluate(() => getSelection().toString());
    assert.match(marked, /out of the blue/);
    await anna.close("failure-dialog");
    await anna.see("failure", { gone: true });
    await tab.evaluate(() => void Promise.reject(new Error("promised")));
    await anna.see("failure");
    await anna.click("failure-close");
    await anna.fill("compose", "Still here");
    await anna.click("send");
    await anna.see("message", { text: "Still here" });
  });
}
