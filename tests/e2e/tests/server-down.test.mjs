import assert from "node:assert/strict";
import { linked, scenario } from "../support/scenario.mjs";

scenario("a server that is down at first: plain words, then a link by itself", async (stage) => {
  const pages = await stage.server();
  // Its port is free again once it has ended, and nobody else takes it in this network.
  const later = await stage.server();
  const { address, socketUrl } = later;
  await later.stop();
  const [a, b] = [await stage.tab("chromium", pages), await stage.tab("chromium", pages)];
  const link = await a.evaluate(() => lacis.createRoomLink());

  const failed = await a.evaluate(
    async ([url, l]) => {
      t.peer = await t.start({ signaling: [url] });
      return t.failure(() => t.peer.join(l, { timeoutMs: 1_000 }));
    },
    [socketUrl, link],
  );
  assert.equal(failed.code, "signaling-unreachable");
  assert.equal(failed.retryable, true);
  assert.match(failed.message, /server cannot be reached/);

  for (const tab of [a, b]) {
    const state = await tab.evaluate(
      async ([url, l]) => {
        const options = { peer: { signaling: [url] }, join: { wait: false } };
        return (await t.join(l, options)).state;
      },
      [socketUrl, link],
    );
    assert.equal(state, "connecting");
    const server = await tab.evaluate(() =>
      t.until(
        () => [...t.peer.servers.values()].find((s) => s.state === "waiting"),
        "the server to be waited for",
      ),
    );
    assert.equal(server.code, "signaling-unreachable");
    assert.ok(server.retryAt > 0);
    assert.equal(await tab.evaluate(() => t.peer.state), "offline");
  }

  await stage.server({ listen: address });
  // As if the pages were looked at again; the wait would end by itself as well, later.
  await Promise.all([linked(a, 1, 30_000), linked(b, 1, 30_000)]);
  assert.equal(await a.evaluate(() => t.room.state), "open");
});
