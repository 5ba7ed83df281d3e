import assert from "node:assert/strict";
import { PAIRS, scenario } from "../support/scenario.mjs";

const MIB = 64;
/** A chat line waits for a few messages that are on their way already, not for the file. */
const SLOWER_MS = 400;

for (const pair of PAIRS.filter(([first, second]) => first === "chromium" || second === first)) {
  scenario(
    `a file of ${MIB} MiB arrives whole while a chat line overtakes it: ${pair.join(" to ")}`,
    async (stage) => {
      const { a, b, idOfB } = await stage.pair(await stage.server(), pair);
      await b.evaluate(receive);
      const idle = await a.evaluate(pingMs, { id: idOfB, count: 20 });
      const sent = await a.evaluate(startSending, { id: idOfB, bytes: MIB * 1024 * 1024 });
      await a.evaluate(() => t.until(() => t.progress.length > 2, "the file to be under way"));
      const busy = await a.evaluate(pingMs, { id: idOfB, count: 20 });
      assert.equal(await a.evaluate(() => t.isSent), false, "the chat was during the transfer");
      const result = await a.evaluate(() => t.sending);
      assert.equal(result.bytes, MIB * 1024 * 1024);
      const file = await b.evaluate(() => t.until(() => t.file, "the file"));
      console.log(`  a chat line and back: ${idle} ms alone, ${busy} ms beside the file`);
      assert.deepEqual(
        { ...file, progress: undefined },
        {
          name: "large.bin",
          mediaType: "application/x-test",
          size: MIB * 1024 * 1024,
          hash: sent.hash,
          progress: undefined,
        },
      );
      for (const steps of [file.progress, await a.evaluate(() => t.progress)]) {
        assert.ok(steps.length > 10, `progress was told ${steps.length} times`);
        assert.deepEqual(
          steps,
          [...steps].sort((x, y) => x - y),
        );
        assert.equal(steps.at(-1), MIB * 1024 * 1024);
      }
      assert.ok(busy < idle + SLOWER_MS, `${busy} ms beside the file, ${idle} ms alone`);
    },
    { deadlineMs: 150_000 },
  );
}

function receive() {
  t.room.respond("ping", () => "pong");
  t.room.addEventListener("file", async ({ detail: file }) => {
    const progress = [];
    const blob = await file.blob({ onProgress: (bytes) => progress.push(bytes) });
    const hash = await t.sha256(await blob.arrayBuffer());
    const { name, size } = file;
    t.file = { name, mediaType: blob.type, size, hash, progress };
    t.wake();
  });
}

async function startSending({ id, bytes }) {
  const content = t.bytes(bytes);
  const file = new File([content], "large.bin", { type: "application/x-test" });
  const hash = await t.sha256(content);
  t.progress = [];
  t.isSent = false;
  const onProgress = (done) => {
    t.progress.push(done);
    t.wake();
  };
  t.sending = t.room.sendFile(id, file, { onProgress }).finally(() => {
    t.isSent = true;
  });
  return { hash };
}

/** The median of so many round trips. */
async function pingMs({ id, count }) {
  const all = [];
  for (let n = 0; n < count; n += 1) {
    const start = performance.now();
    await t.room.request(id, "ping", "x", { timeoutMs: 20_000 });
    all.push(performance.now() - start);
  }
  return Math.round(all.sort((x, y) => x - y)[Math.floor(count / 2)] * 10) / 10;
}
