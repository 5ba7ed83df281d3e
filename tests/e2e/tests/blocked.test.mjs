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
