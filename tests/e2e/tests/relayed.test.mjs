// Pages and programs that may use relays only, or find nothing else: through ours, over UDP and
// over TCP, and through coturn.
import assert from "node:assert/strict";
import { ADDRESS, configure, isIsolated, takeAddress } from "../support/network.mjs";
import { echo } from "../support/programs.mjs";
import { got, joinRoom, linked, scenario, send } from "../support/scenario.mjs";
import { Server } from "../support/server.mjs";

const SKIP =
  !isIsolated() && "there is no network of its own here, which relays need an address of";

/** The port that everything of a server is at. */
const portOf = (server) => server.url.split(":").at(-1);

/** Drops what goes to that port at the outer address over one protocol; pages come by the inner. */
function block(stage, protocol, port) {
  const rules = `table inet relays {
    chain out {
      type filter hook output priority 0; policy accept;
      ip daddr ${ADDRESS} ${protocol} dport ${port} drop
    }
  }`;
  configure("nft", rules);
  stage.defer(() => configure("nft", "delete", "table", "inet", "relays"));
}

async function figure(server, name) {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\d+)$`, "m").exec(text)?.[1]);
}

/** Waits until the tab says that its link leads over a relay. */
function relayed(tab) {
  return tab.evaluate(() =>
    t.until(() => [...t.room.remotes.values()][0]?.state === "relayed", "a relay"),
  );
}

async function talk(stage, server) {
  const [a, b] = [await stage.tab("chromium", server), await stage.tab("chromium", server)];
  const link = await a.evaluate(() => lacis.createRoomLink());
  for (const tab of [a, b]) await joinRoom(tab, link, { peer: { relayOnly: true } });
  const [[idOfB], [idOfA]] = [await linked(a), await linked(b)];
  for (const tab of [a, b]) await relayed(tab);
  const { remotes, findings } = await a.evaluate(() => t.peer.diagnose());
  const [{ local, remote, route }] = remotes;
  assert.deepEqual([local, remote, route], ["relay", "relay", "server"]);
  const notes = findings.map(({ code, nodeIds }) => [code, nodeIds]);
  assert.deepEqual(notes, [["relayed", [idOfB]]]);
  await send(a, idOfB, "through a relay");
  await got(b, "through a relay");
  await send(b, idOfA, "and back");
  await got(a, "and back");
  return [a, b];
}

const OURS = { listen: "0.0.0.0:0", words: ["--turn-address", ADDRESS] };

for (const [protocol, other] of [
  ["UDP", "tcp"],
  ["TCP", "udp"],
]) {
  scenario(
    `two pages that may only be relayed talk through our relays over ${protocol}`,
    async (stage) => {
      const server = await stage.server(OURS);
      block(stage, other, portOf(server));
      const tabs = await talk(stage, server);
      assert.ok((await figure(server, "lacis_relays")) >= 2);
      assert.ok((await figure(server, "lacis_relayed_bytes_total")) > 0);
      // A relay ends with what it was for.
      for (const tab of tabs) await tab.evaluate(() => t.peer.close());
      const until = Date.now() + 10_000;
      while ((await figure(server, "lacis_relays")) > 0)
        assert.ok(Date.now() < until, "relays left");
    },
    { skip: SKIP },
  );
}

scenario(
  "a page that waits for others holds no relay",
  async (stage) => {
    const server = await stage.server(OURS);
    const a = await stage.tab("chromium", server);
    await joinRoom(a, await a.evaluate(() => lacis.createRoomLink()));
    await a.evaluate(() =>
      t.until(() => t.peer.diagnose().spareConnections > 0, "the next connection"),
    );
    assert.equal(await figure(server, "lacis_relays"), 0);
  },
  { skip: SKIP },
);

scenario(
  "a page that may only be relayed and a program talk through our relays",
  async (stage) => {
    // At the address of its server a relay reaches nothing but other relays.
    takeAddress(stage);
    const words = [...OURS.words, "--turn-allow-private"];
    const server = await stage.server({ ...OURS, words });
    const page = await stage.tab("chromium", server);
    const link = await page.evaluate(() => lacis.createRoomLink());
    await joinRoom(page, link, { peer: { relayOnly: true } });
    await echo(stage, server, link);
    const [id] = await linked(page);
    const answer = await page.evaluate(
      async (to) => (await t.room.request(to, "upper", "question")).text(),
      id,
    );
    assert.equal(answer, "QUESTION");
    await relayed(page);
    const [{ local, route }] = await page.evaluate(() => t.peer.diagnose().remotes);
    assert.deepEqual([local, route], ["relay", "server"]);
    assert.ok((await figure(server, "lacis_relayed_bytes_total")) > 0);
  },
  { skip: SKIP },
);

/** Asks a program something, and has it say something back. */
async function converse(page, id) {
  const answer = await page.evaluate(
    async (to) => (await t.room.request(to, "upper", "question")).text(),
    id,
  );
  assert.equal(answer, "QUESTION");
  await send(page, id, "x".repeat(200_000));
  await page.evaluate(() => t.until(() => t.messages[0], "what it says back"));
}

for (const browser of ["chromium", "firefox"]) {
  for (const first of ["program", "page"]) {
    scenario(
      `a program that may only be relayed and ${browser} talk, the ${first} is there first`,
      async (stage) => {
        takeAddress(stage);
        const words = [...OURS.words, "--turn-allow-private"];
        const server = await stage.server({ ...OURS, words });
        const page = await stage.tab(browser, server);
        const link = await page.evaluate(() => lacis.createRoomLink());
        let program = first === "program" ? await echo(stage, server, link, "relayed") : undefined;
        await joinRoom(page, link);
        program ??= await echo(stage, server, link, "relayed");
        const [id] = await linked(page);
        await converse(page, id);
        await relayed(page);
        await program.prints(/ is relayed/);
        const [{ remote }] = await page.evaluate(() => t.peer.diagnose().remotes);
        assert.equal(remote, "relay");
      },
      { skip: SKIP },
    );
  }
}

scenario(
  "a program and a page find each other where the server and its relays are all that is open",
  async (stage) => {
    const [from, to] = [20_000, 21_000];
    const words = [...OURS.words, "--turn-ports", `${from}-${to}`];
    const server = await stage.server({ ...OURS, words });
    const port = portOf(server);
    const rules = `table inet relays {
      chain out {
        type filter hook output priority 0; policy accept;
        udp dport ${port} accept
        udp sport ${port} accept
        udp sport ${from}-${to} udp dport ${from}-${to} accept
        meta l4proto udp drop
      }
    }`;
    configure("nft", rules);
    stage.defer(() => configure("nft", "delete", "table", "inet", "relays"));
    const page = await stage.tab("chromium", server);
    const link = await page.evaluate(() => lacis.createRoomLink());
    await joinRoom(page, link);
    const program = await echo(stage, server, link);
    const [id] = await linked(page);
    await converse(page, id);
    await relayed(page);
    await program.prints(/ is relayed/);
    const [{ local, remote }] = await page.evaluate(() => t.peer.diagnose().remotes);
    assert.deepEqual([local, remote], ["relay", "relay"]);
  },
  { skip: SKIP },
);

/** Starts coturn, and a server of ours that names it. */
async function coturn(stage) {
  const [port, secret] = [47_811, "between-the-two-servers"];
  const words = `-n --no-tls --no-dtls --no-cli --no-multicast-peers --log-file stdout
    --listening-ip ${ADDRESS} --listening-port ${port} --relay-ip ${ADDRESS} --pidfile /dev/null
    --realm lacis --use-auth-secret --static-auth-secret ${secret}`;
  await stage.run(() =>
    Server.run("turnserver", words.split(/\s+/), {
      at: { host: ADDRESS, port },
    }),
  );
  return stage.server({
    words: ["--turn-server", `turn:${ADDRESS}:${port}`, "--turn-secret", secret],
  });
}

scenario(
  "two pages that may only be relayed talk through coturn, named by our server",
  async (stage) => {
    const server = await coturn(stage);
    await talk(stage, server);
    assert.equal(await figure(server, "lacis_relays"), 0);
  },
  { skip: SKIP },
);

scenario(
  "a program and a page that may only be relayed talk through coturn",
  async (stage) => {
    const server = await coturn(stage);
    const page = await stage.tab("chromium", server);
    const link = await page.evaluate(() => lacis.createRoomLink());
    await joinRoom(page, link, { peer: { relayOnly: true } });
    await echo(stage, server, link, "relayed");
    const [id] = await linked(page);
    await converse(page, id);
    await relayed(page);
    const [{ local, remote }] = await page.evaluate(() => t.peer.diagnose().remotes);
    assert.deepEqual([local, remote], ["relay", "relay"]);
  },
  { skip: SKIP },
);
