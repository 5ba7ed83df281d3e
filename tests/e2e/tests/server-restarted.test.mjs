import assert from "node:assert/strict";
import { got, joinRoom, linked, scenario, send } from "../support/scenario.mjs";

for (const signal of ["SIGTERM", "SIGKILL"]) {
  scenario(`links outlive the server, and rooms find the next one: ${signal}`, async (stage) => {
    const server = await stage.server();
    const { a, b, link, idOfA, idOfB } = await stage.pair(server);
    const listen = server.address;

    await server.stop(signal);
    for (const tab of [a, b]) {
      await tab.evaluate(() => t.until(() => t.room.state === "offline", "the room to be offline"));
    }
    await send(a, idOfB, "without a server");
    await got(b, "without a server");
    await send(b, idOfA, "indeed");
    await got(a, "indeed");

    const next = await stage.server({ listen });
    for (const tab of [a, b]) {
      await tab.evaluate(() =>
        t.until(() => t.room.state === "open", "the room to be open", 30_000),
      );
    }
    const c = await stage.tab("chromium", next);
    await joinRoom(c, link);
    assert.deepEqual((await linked(c, 2)).sort(), [idOfA, idOfB].sort());
    const idOfC = await c.evaluate(() => t.peer.nodeId);
    await Promise.all([linked(a, 2), linked(b, 2)]);
    await send(a, idOfC, "hello, newcomer");
    await got(c, "hello, newcomer");
    for (const tab of [a, b]) {
      const leaves = await tab.evaluate(() => t.events.filter((e) => e.type === "remoteleave"));
      assert.deepEqual(leaves, [], "nobody seemed to leave meanwhile");
    }
  });
}
