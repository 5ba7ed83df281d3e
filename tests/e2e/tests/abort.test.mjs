import assert from "node:assert/strict";
import { got, scenario, send } from "../support/scenario.mjs";

scenario(
  "whatever takes time can be given up, with the caller's reason as the cause",
  async (stage) => {
    const server = await stage.server();
    const dead = await stage.server();
    const deadUrl = dead.socketUrl;
    await dead.stop();
    const { a, b, idOfB } = await stage.pair(server);
    await a.evaluate(() => {
      t.aborting = (act) =>
        t.failure(() => {
          const controller = new AbortController();
          const pending = act(controller.signal);
          controller.abort(new Error("enough"));
          return pending;
        });
      t.collect = async (iterator) => {
        for await (const _ of iterator);
      };
    });
    const outcomes = {
      create: await a.evaluate(() =>
        t.failure(() => lacis.createPeer({ signal: AbortSignal.abort(new Error("enough")) })),
      ),
      join: await a.evaluate(async (url) => {
        const peer = await lacis.createPeer({ signaling: [url] });
        const failure = await t.aborting(async (signal) =>
          peer.join(await lacis.createRoomLink(), { signal }),
        );
        await peer.close();
        return failure;
      }, deadUrl),
      ready: await a.evaluate(async (url) => {
        const peer = await lacis.createPeer({ signaling: [url] });
        const room = await peer.join(await lacis.createRoomLink(), { wait: false });
        const failure = await t.aborting((signal) => room.ready({ signal }));
        await peer.close();
        return failure;
      }, deadUrl),
      messages: await a.evaluate(() =>
        t.aborting((signal) => t.collect(t.room.messages({ signal }))),
      ),
      send: await a.evaluate(
        (id) =>
          t.aborting((signal) => t.room.send(id, "late", "x", { until: "delivered", signal })),
        idOfB,
      ),
      file: await a.evaluate(
        (id) => t.aborting((signal) => t.room.sendFile(id, new File(["x"], "x"), { signal })),
        idOfB,
      ),
    };
    for (const [what, { code, cause }] of Object.entries(outcomes)) {
      assert.deepEqual({ what, code, cause }, { what, code: "aborted", cause: "Error: enough" });
    }
    await send(a, idOfB, "goes on");
    await got(b, "goes on");

    const state = await a.evaluate(async () => {
      const controller = new AbortController();
      const peer = await lacis.createPeer({ signal: controller.signal });
      controller.abort();
      await peer.close();
      return peer.state;
    });
    assert.equal(state, "closed", "a peer's own signal closes it");
  },
);
