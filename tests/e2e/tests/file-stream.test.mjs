import assert from "node:assert/strict";
import { scenario } from "../support/scenario.mjs";

for (const pair of [
  ["chromium", "firefox"],
  ["firefox", "chromium"],
]) {
  scenario(`streams are sent as files and taken as such: ${pair.join(" to ")}`, async (stage) => {
    const { a, b, idOfB } = await stage.pair(await stage.server(), pair);
    await b.evaluate(() => {
      t.files = [];
      t.room.addEventListener("file", async ({ detail: file }) => {
        const blob = await new Response(file.accept()).blob();
        const hash = await t.sha256(await blob.arrayBuffer());
        t.files.push({ name: file.name, size: file.size, bytes: blob.size, hash });
        t.wake();
      });
    });
    const sent = await a.evaluate(async (id) => {
      const all = [];
      // Nothing, one byte, and pieces of odd sizes, some of them empty, through a transform.
      for (const [name, sizes] of Object.entries({
        nothing: [],
        one: [1],
        pieces: [7, 0, 3_000_000, 1, 65_537],
      })) {
        const content = t.bytes(sizes.reduce((sum, size) => sum + size, 0));
        let at = 0;
        const stream = new ReadableStream({
          start: (controller) => {
            for (const size of sizes) {
              controller.enqueue(content.slice(at, at + size));
              at += size;
            }
            controller.close();
          },
        });
        const source = { name, size: content.length, stream };
        const { bytes } = await t.room.sendFile(id, source);
        all.push({ name, size: content.length, bytes, hash: await t.sha256(content) });
      }
      return all;
    }, idOfB);
    const came = await b.evaluate(() =>
      t.until(
        () => t.files.length === 3 && t.files,
        () => t.files.length,
      ),
    );
    const byName = (one, other) => one.name.localeCompare(other.name);
    assert.deepEqual(came.sort(byName), sent.sort(byName));
  });
}
