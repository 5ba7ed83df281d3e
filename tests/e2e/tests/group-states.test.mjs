// What a page can ask of a group: whether it has all, how old what it has is, and who is there.
import assert from "node:assert/strict";
import { found, start } from "../support/group.mjs";
import { scenario } from "../support/scenario.mjs";

const SYNC_MS = 30_000;

for (const count of [3, 300]) {
  scenario(`all is said to be here once it is, with ${count} records`, async (stage) => {
    const server = await stage.server();
    const [a, b] = [await stage.tab("chromium", server), await stage.tab("firefox", server)];
    await start(a, 1);
    await start(b, 2);
    await found(a, "Board");
    const id = await a.evaluate(async (many) => {
      const adding = Array.from({ length: many }, () =>
        t.group.add({ type: "fill", data: "f".repeat(2_000) }),
      );
      await Promise.all(adding);
      return t.group.add({ type: "x", data: new Uint8Array(65_536) });
    }, count);
    assert.equal(await a.evaluate(() => t.group.connection), "alone");
    const link = await a.evaluate(() => t.group.invite({ uses: 5 }));
    const seen = await b.evaluate(
      async ([text, ms]) => {
        t.group = await t.peer.joinGroup(text);
        const first = t.group.sync();
        await new Promise((resolve, reject) => {
          t.group.addEventListener("sync", () => t.group.sync().state === "synced" && resolve());
          if (first.state === "synced") resolve();
          setTimeout(() => reject(new Error(JSON.stringify(t.group.sync()))), ms);
        });
        const all = await t.group.find();
        const { state, at } = t.group.sync();
        const age = Math.abs(t.group.time() - at);
        return { held: all.map((it) => it.id), state, age, connection: t.group.connection };
      },
      [link, SYNC_MS],
    );
    assert.equal(seen.held.length, count + 1);
    assert.ok(seen.held.includes(id));
    assert.equal(seen.state, "synced");
    assert.ok(seen.age < 1_000, `${seen.age} ms old`);
    assert.equal(seen.connection, "connected");
    assert.equal(await b.evaluate(() => t.group.sync("x").state), "synced");
    if (count > 3) return;

    // Nobody is there any more: what is here is as old as that, also after a reload.
    const old = await b.evaluate(() => {
      t.left = new Promise((resolve) => {
        t.group.addEventListener("connection", () => resolve(t.group.connection));
      });
    });
    assert.equal(old, undefined);
    await a.evaluate(() => t.group.close());
    assert.equal(await b.evaluate(() => t.left), "alone");
    const since = await b.evaluate(async () => {
      await t.group.stored();
      const { state, at } = t.group.sync();
      return { state, at: at.getTime(), id: t.group.id };
    });
    assert.equal(since.state, "alone");
    await b.reload();
    await b.ready();
    await start(b, 2);
    const again = await b.evaluate(async (group) => {
      t.group = await t.peer.openGroup(group, { connect: false });
      const { state, at } = t.group.sync();
      return { state, at: at?.getTime(), connection: t.group.connection };
    }, since.id);
    assert.equal(again.state, "alone");
    assert.equal(again.at, since.at);
    assert.equal(again.connection, "disconnected");
  });
}
