import assert from "node:assert/strict";
import { cut, isIsolated } from "../support/network.mjs";
import { linked, scenario } from "../support/scenario.mjs";

const BYTES = 96 * 1024 * 1024;

/** Only a new link helps after this, and nobody is given up yet. */
const CUT_MS = 33_000;

/** The others have noticed by then. */
const ASLEEP_MS = 20_000;

/** Counts the connections that came to stand. */
const COUNT = `
  globalThis.connections = 0;
  const Plain = RTCPeerConnection;
  globalThis.RTCPeerConnection = class extends Plain {
    constructor(...words) {
      super(...words);
      let isCounted = false;
      this.addEventListener("connectionstatechange", () => {
        if (this.connectionState !== "connected" || isCounted) return;
        isCounted = true;
        connections += 1;
      });
    }
  };
`;

scenario(
  "a file goes on where it was when its link was replaced by another",
  async (stage) => {
    const server = await stage.server();
    const options = { initScript: COUNT };
    const { a, b, idOfB } = await stage.pair(server, ["chromium", "chromium"], options);
    await b.evaluate(receive);
    await a.evaluate(startSending, { id: idOfB, bytes: BYTES });
    await a.evaluate((half) => t.until(() => t.progress.at(-1) > half, "half of it"), BYTES / 2);
    const restore = cut(server);
    stage.defer(restore);
    const before = await b.evaluate(() => t.received.at(-1));
    assert.ok(before < BYTES, "it was there before the network was cut");
    // The time offline is what is under test here, so it has to pass.
    await new Promise((resolve) => setTimeout(resolve, CUT_MS));
    restore();
    await linked(a, 1, 30_000);
    const sent = await a.evaluate(() => t.sending);
    assert.deepEqual(sent, { code: "none" });
    await arrived(a, b);
    assert.ok((await a.evaluate(() => connections)) > 1, "the link was replaced");
  },
  { deadlineMs: 180_000, skip: isIsolated() ? false : "the network cannot be cut here" },
);

scenario(
  "a file goes on where it was when its receiver was asleep",
  async (stage) => {
    const server = await stage.server();
    const options = { initScript: COUNT };
    const browsers = ["chromium", "chromium/stopped"];
    const { a, b, idOfB } = await stage.pair(server, browsers, options);
    await b.evaluate(receive);
    await a.evaluate(startSending, { id: idOfB, bytes: BYTES });
    await a.evaluate((half) => t.until(() => t.progress.at(-1) > half, "half of it"), BYTES / 2);
    const wake = await b.stop();
    stage.defer(wake);
    assert.ok((await a.evaluate(() => t.progress.at(-1))) < BYTES, "it was not there yet");
    // The time asleep is what is under test here, so it has to pass.
    await new Promise((resolve) => setTimeout(resolve, ASLEEP_MS));
    wake();
    assert.deepEqual(await a.evaluate(() => t.sending), { code: "none" });
    await arrived(a, b);
    assert.ok((await a.evaluate(() => connections)) > 1, "the link was replaced");
  },
  { deadlineMs: 180_000 },
);

/** The file is there as it was sent, and neither side was told of it anew. */
async function arrived(a, b) {
  const file = await b.evaluate(() => t.until(() => t.file, "the file"));
  assert.deepEqual(file, { size: BYTES, hash: await a.evaluate(() => t.hash) });
  for (const [tab, steps] of [
    [a, "progress"],
    [b, "received"],
  ]) {
    const told = await tab.evaluate((name) => t[name], steps);
    assert.deepEqual(
      told,
      [...told].sort((x, y) => x - y),
    );
  }
}

function receive() {
  t.received = [];
  t.room.addEventListener("file", async ({ detail: file }) => {
    const blob = await file.blob({ onProgress: (bytes) => t.received.push(bytes) });
    t.file = { size: file.size, hash: await t.sha256(await blob.arrayBuffer()) };
    t.wake();
  });
}

async function startSending({ id, bytes }) {
  const content = t.bytes(bytes);
  t.hash = await t.sha256(content);
  t.progress = [];
  const onProgress = (confirmed) => {
    t.progress.push(confirmed);
    t.wake();
  };
  t.sending = t.failure(() =>
    t.room.sendFile(id, new File([content], "large.bin"), { onProgress }),
  );
}
