import assert from "node:assert/strict";
import { got, scenario, send } from "../support/scenario.mjs";

scenario(
  "a file that is declined, given up or cut off ends with a reason on both sides",
  async (stage) => {
    const { a, b, idOfB } = await stage.pair(await stage.server());
    const offer = (name) =>
      a.evaluate(
        ([id, n]) => {
          t.controller = new AbortController();
          const file = new File([t.bytes(8 * 1024 * 1024)], n);
          const { signal } = t.controller;
          t.outcome = t.failure(() => t.room.sendFile(id, file, { signal }));
        },
        [idOfB, name],
      );
    const incoming = (name) =>
      b.evaluate(
        (n) =>
          t.event("file", { where: (d) => d.name === n }).then((e) => {
            t.offer = e.detail;
          }),
        name,
      );

    await offer("declined");
    await incoming("declined");
    await b.evaluate(() => t.offer.reject());
    assert.equal((await a.evaluate(() => t.outcome)).code, "rejected");

    await offer("given up by the sender");
    await incoming("given up by the sender");
    await b.evaluate(() => {
      // Nobody reads on, so the transfer stands still at the receiver's window.
      t.reader = t.offer.accept().getReader();
      return t.reader.read().then(() => undefined);
    });
    await a.evaluate(() => t.controller.abort());
    assert.equal((await a.evaluate(() => t.outcome)).code, "aborted");
    const seen = await b.evaluate(() =>
      t.failure(async () => {
        while (!(await t.reader.read()).done);
      }),
    );
    assert.equal(seen.code, "aborted");

    await offer("given up by the receiver");
    await incoming("given up by the receiver");
    await b.evaluate(async () => {
      const reader = t.offer.accept().getReader();
      await reader.read();
      await reader.cancel();
    });
    assert.equal((await a.evaluate(() => t.outcome)).code, "aborted");

    await send(a, idOfB, "still friends");
    await got(b, "still friends");

    await offer("cut off");
    await incoming("cut off");
    await b.evaluate(async () => {
      await t.offer.accept().getReader().read();
      await t.peer.close();
    });
    assert.ok(
      ["left", "closed", "remote-left"].includes((await a.evaluate(() => t.outcome)).code),
      JSON.stringify(await a.evaluate(() => t.outcome)),
    );
  },
);

scenario("a file that is gone since it was chosen ends with that on both sides", async (stage) => {
  const { a, b, idOfB } = await stage.pair(await stage.server());
  const seen = b.evaluate(async () => {
    const { detail: offer } = await t.event("file");
    return t.failure(() => offer.blob());
  });
  const failed = await a.evaluate(async (id) => {
    const folder = await navigator.storage.getDirectory();
    const handle = await folder.getFileHandle("notes.txt", { create: true });
    const writing = await handle.createWritable();
    await writing.write("as it was chosen");
    await writing.close();
    const file = await handle.getFile();
    await folder.removeEntry("notes.txt");
    return t.failure(() => t.room.sendFile(id, file));
  }, idOfB);
  assert.equal(failed.code, "source-failed");
  assert.match(failed.cause, /^Not(Found|Readable)Error/);
  assert.equal((await seen).code, "aborted");
});
