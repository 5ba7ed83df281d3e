import assert from "node:assert/strict";
import { scenario } from "../support/scenario.mjs";

const CASES = [
  [
    "WebRTC is blocked by an extension",
    "webrtc-blocked",
    () => {
      globalThis.RTCPeerConnection = class {
        constructor() {
          throw new DOMException("blocked", "NotAllowedError");
        }
      };
    },
  ],
  [
    "a browser without WebRTC",
    "unsupported-platform",
    () => {
      delete globalThis.RTCPeerConnection;
    },
  ],
  [
    "a browser without WebAssembly",
    "unsupported-platform",
    () => {
      delete globalThis.WebAssembly;
    },
  ],
];

for (const name of ["chromium", "firefox"]) {
  for (const [what, code, initScript] of CASES) {
    scenario(`${what} is told in plain words: ${name}`, async (stage) => {
      const tab = await stage.tab(name, await stage.server(), { initScript });
      const failure = await tab.evaluate(() => t.failure(() => lacis.createPeer()));
      assert.equal(failure.name, "PeerError");
      assert.equal(failure.code, code);
      assert.equal(failure.retryable, false);
      assert.match(failure.message, /^This browser .*\.$/);
    });
  }
}

/** Makes connections until the browser makes no more; gives the name of its error. */
function holdAll() {
  globalThis.held = [];
  try {
    while (held.length < 1_000) held.push(new RTCPeerConnection());
  } catch (error) {
    return error.name;
  }
}

scenario("a page that holds as many connections as it may says so", async (stage) => {
  const server = await stage.server();
  const [a, b, c] = await Promise.all([1, 2, 3].map(() => stage.tab("chromium", server)));
  const link = await a.evaluate(() => lacis.createRoomLink());
  await a.evaluate((l) => t.join(l).then(() => undefined), link);
  await b.evaluate(async () => {
    t.peer = await t.start();
  });
  for (const tab of [b, c]) {
    assert.equal(await tab.evaluate(holdAll), "UnknownError", "the browser's limit has changed");
  }
  await b.evaluate((l) => t.join(l, { join: { wait: false } }).then(() => undefined), link);
  const failed = await b.evaluate(() => t.event("connectfailed", { ms: 10_000 }));
  assert.equal(failed.detail.code, "busy");
  const failure = await c.evaluate(() => t.failure(() => lacis.createPeer()));
  assert.equal(failure.code, "busy");
  assert.equal(failure.retryable, true);
});

scenario("WebRTC that is blocked after the start ends attempts with that reason", async (stage) => {
  const server = await stage.server();
  const a = await stage.tab("chromium", server);
  const b = await stage.tab("chromium", server);
  const link = await a.evaluate(() => lacis.createRoomLink());
  await a.evaluate((l) => t.join(l).then(() => undefined), link);
  await b.evaluate(async (l) => {
    t.peer = await t.start();
    globalThis.RTCPeerConnection = class {
      constructor() {
        throw new DOMException("blocked", "NotAllowedError");
      }
    };
    // The attempt fails in the very moment of joining, so it is listened for before.
    await t.join(l, { join: { wait: false } });
  }, link);
  const failed = await b.evaluate(() => t.event("connectfailed", { ms: 10_000 }));
  assert.equal(failed.detail.code, "webrtc-blocked");
});
