// Two servers behind one Redis: one page at each, and what ends and comes back.
import { spawnSync } from "node:child_process";
import { createServer } from "node:net";
import { got, joinRoom, linked, scenario, send } from "../support/scenario.mjs";
import { Server } from "../support/server.mjs";

const redis = (port) =>
  Server.run(
    "redis-server",
    ["--bind", "127.0.0.1", "--port", String(port), "--save", "", "--appendonly", "no"],
    { pattern: /(Ready to accept connections)/ },
  );

const SKIP =
  spawnSync("redis-server", ["--version"]).status !== 0 &&
  "redis-server is not installed: `cargo xtask setup` does that";

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Waits until a server says that it is linked to the others, or is not. */
async function linkedToOthers(server, expected) {
  const until = Date.now() + 15_000;
  while (Date.now() < until) {
    const text = await (await fetch(`${server.url}/metrics`)).text();
    if (text.includes(`\nlacis_backplane_linked ${expected}\n`)) return;
  }
  throw new Error(`the server is not ${expected ? "linked" : "alone"}`);
}

/** A tab in the room, at one server. */
async function at(stage, server, link) {
  const tab = await stage.tab("chromium", server);
  await joinRoom(tab, link);
  return tab;
}

const idOf = (tab) => tab.evaluate(() => t.peer.nodeId);

scenario(
  "two servers behind one Redis are one; one is killed, Redis is killed and comes back",
  async (stage) => {
    const port = await freePort();
    const first = await stage.run(() => redis(port));
    const words = ["--backplane", `redis://127.0.0.1:${port}`];
    const one = await stage.server({ words });
    const two = await stage.server({ words });
    for (const server of [one, two]) await linkedToOthers(server, 1);

    const seed = await stage.tab("chromium", one);
    const link = await seed.evaluate(() => lacis.createRoomLink());
    const a = await at(stage, one, link);
    const b = await at(stage, two, link);
    await Promise.all([linked(a), linked(b)]);
    await send(a, await idOf(b), "from one server to the other");
    await got(b, "from one server to the other");

    // Redis is killed: whoever is linked stays linked, and each server serves its own.
    await first.stop("SIGKILL");
    for (const server of [one, two]) await linkedToOthers(server, 0);
    const c = await at(stage, one, link);
    await linked(c, 1);
    await send(c, await idOf(a), "without Redis");
    await got(a, "without Redis");

    // It is back, and nobody has to do anything: who has not met asks again within 40 s.
    await stage.run(() => redis(port));
    for (const server of [one, two]) await linkedToOthers(server, 1);
    const d = await at(stage, two, link);
    await Promise.all([a, b, c, d].map((tab) => linked(tab, 3, 60_000)));

    // A server is killed: its pages go on. Whoever comes meets those of the other, and through them
    // its pages, too.
    const listen = two.address;
    await two.stop("SIGKILL");
    await send(b, await idOf(a), "my server is gone");
    await got(a, "my server is gone");
    const e = await at(stage, one, link);
    await linked(e, 4);

    // It comes back, as does everybody that it served.
    const again = await stage.server({ words, listen });
    await linkedToOthers(again, 1);
    for (const tab of [b, d]) {
      await tab.evaluate(() =>
        t.until(() => t.room.state === "open", "the room to be open", 30_000),
      );
    }
    const f = await at(stage, one, link);
    await linked(f, 5, 30_000);
  },
  { skip: SKIP, deadlineMs: 180_000 },
);
