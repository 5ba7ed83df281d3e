import assert from "node:assert/strict";
import { got, scenario, send } from "../support/scenario.mjs";

scenario(
  "a call that cannot be carried out is refused with its reason and harms nothing",
  async (stage) => {
    const { a, b, idOfA, idOfB } = await stage.pair(await stage.server());
    const refused = (act) => a.evaluate(act, idOfB);
    const cases = [
      [
        "too-large",
        (id) => t.failure(() => t.room.send(id, "x", new Uint8Array(65 * 1024 * 1024))),
      ],
      [
        "too-large",
        () =>
          t.failure(() => t.room.broadcast("x", new Uint8Array(64 * 1024), { reliable: false })),
      ],
      ["label-invalid", (id) => t.failure(() => t.room.send(id, "", "x"))],
      ["label-invalid", (id) => t.failure(() => t.room.send(id, "x".repeat(65), "x"))],
      ["remote-unknown", () => t.failure(() => t.room.send("nobody", "x", "x"))],
      ["remote-unknown", () => t.failure(() => t.room.send(t.peer.nodeId, "x", "x"))],
      ["invalid-argument", (id) => t.failure(() => t.room.send(id, "x", new Map()))],
      ["invalid-argument", () => t.failure(() => t.start({ signaling: ["https://example.org"] }))],
      ["invalid-argument", () => t.failure(() => t.start({ identity: new Uint8Array(31) }))],
    ];
    for (const [code, act] of cases) {
      const failure = await refused(act);
      assert.equal(failure.code, code, String(act));
      assert.equal(failure.name, "PeerError");
      assert.match(failure.message, /^[A-Z].*\.$/, "a sentence for people");
    }
    await send(a, idOfB, "all is well");
    await got(b, "all is well");
    await send(b, idOfA, "here too");
    await got(a, "here too");
    assert.equal(await b.evaluate(() => t.messages.length), 1, "nothing refused has arrived");
  },
);

scenario("messages of any size up to the limit arrive as they were sent", async (stage) => {
  const { a, b, idOfB } = await stage.pair(await stage.server());
  await b.evaluate(() => {
    t.hashes = [];
    t.room.addEventListener("message", async ({ detail }) => {
      t.hashes.push(`${detail.data.byteLength} ${await t.sha256(detail.data)}`);
      t.wake();
    });
  });
  const sizes = [0, 1, 16_383, 65_535, 65_536, 65_537, 262_144, 262_145, 1_000_000, 4_194_304];
  const sent = await a.evaluate(
    async ([id, all]) => {
      const hashes = [];
      for (const [index, size] of all.entries()) {
        const data = t.bytes(size, index + 1);
        hashes.push(`${size} ${await t.sha256(data)}`);
        await t.room.send(id, "sized", data, { until: "delivered" });
      }
      return hashes;
    },
    [idOfB, sizes],
  );
  const come = await b.evaluate(
    (n) => t.until(() => t.hashes.length === n && t.hashes, `${n} messages`),
    sizes.length,
  );
  assert.deepEqual(come.sort(), sent.sort());
});
