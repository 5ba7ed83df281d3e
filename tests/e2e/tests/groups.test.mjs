// Groups in real browsers: records that outlast their publisher, a killed page and a cut network.
import assert from "node:assert/strict";
import { found, invite, join, meets, reads, SYNC_MS, start, write } from "../support/group.mjs";
import { configure, isIsolated } from "../support/network.mjs";
import { scenario } from "../support/scenario.mjs";

for (const names of [
  ["chromium", "chromium", "chromium"],
  ["firefox", "chromium", "firefox"],
]) {
  scenario(`publisher offline: ${names.join(", ")}`, async (stage) => {
    const server = await stage.server();
    const [p, a, b] = await Promise.all(names.map((name) => stage.tab(name, server)));
    const issues = Array.from({ length: 20 }, (_, n) => `issue ${n}`);
    await start(p, 1);
    const idOfA = await start(a, 2);
    const idOfB = await start(b, 3);
    const group = await found(p, "Letter");
    const forB = await invite(p, idOfB);
    await join(a, await invite(p, idOfA));
    await write(p, issues);
    await reads(a, issues);
    await p.close();

    await join(b, forB);
    await reads(b, issues);
    const authors = await b.evaluate(async () => {
      const records = await t.group.find({ type: "note" });
      return [...new Set(records.map((record) => record.author))].length;
    });
    assert.equal(authors, 1);

    await b.evaluate(() => t.group.stored());
    await a.close();
    await b.reload();
    await b.ready();
    await start(b, 3);
    const kept = await b.evaluate(async (id) => {
      const known = await t.peer.groups();
      t.group = await t.peer.openGroup(id, { connect: false });
      const records = await t.group.find({ type: "note" });
      return { known: known.map((it) => it.name), texts: records.map((it) => it.text()).sort() };
    }, group);
    assert.deepEqual(kept, { known: ["Letter"], texts: [...issues].sort() });
  });
}

scenario("whoever has the link joins, writes, changes and deletes", async (stage) => {
  const server = await stage.server();
  const [a, b] = [await stage.tab("chromium", server), await stage.tab("firefox", server)];
  await start(a, 1);
  await start(b, 2);
  await found(a, "Board");
  const link = await a.evaluate(() => t.group.invite({ uses: 2, expires: "1h" }));
  await join(b, link);
  await write(b, ["bonjour"]);
  await reads(a, ["bonjour"]);
  await b.evaluate(async () => {
    const [record] = await t.group.find({ type: "note" });
    await t.group.update(record, { data: "salut", attributes: { done: 1, said: "hi" } });
  });
  const version = await a.evaluate(async (ms) => {
    for await (const record of t.group.watch({ signal: AbortSignal.timeout(ms) })) {
      if (record.version === 2) return [record.text(), record.attributes, record.isOwn];
    }
  }, SYNC_MS);
  assert.deepEqual(version, ["salut", { done: 1, said: "hi" }, undefined]);
  await a.evaluate((ms) => {
    t.deletion = new Promise((resolve) => {
      t.group.addEventListener("record", ({ detail }) => detail.record.deleted && resolve("told"));
      setTimeout(resolve, ms, "not told");
    });
  }, SYNC_MS);
  await b.evaluate(async () => {
    const [record] = await t.group.find({ where: { said: "hi" } });
    await t.group.delete(record);
  });
  assert.equal(await a.evaluate(() => t.deletion), "told");
  assert.equal(await a.evaluate(() => t.group.find().then((held) => held.length)), 0);
  const refused = await b.evaluate(() => t.failure(() => t.group.invite()));
  assert.equal(refused.code, "not-allowed");
});

scenario("records are found by what they are, held or to come", async (stage) => {
  const server = await stage.server();
  const [a, b] = [await stage.tab("chromium", server), await stage.tab("firefox", server)];
  await start(a, 1);
  const idOfB = await start(b, 2);
  await found(a, "Board");
  await join(b, await invite(a, idOfB));
  const add = (tab, numbers) =>
    tab.evaluate(async (list) => {
      for (const number of list) {
        const attributes = { number, title: number % 2 === 0 ? "Bonjour" : "Salut" };
        await t.group.add({ type: "note", data: `${number}`, attributes });
      }
    }, numbers);
  await add(a, [1, 2, 3, 4]);
  await reads(b, ["1", "2", "3", "4"]);
  const kept = await b.evaluate(async () => {
    const where = { $or: [{ number: { lt: 2 } }, { title: { like: "B?n*" } }], number: { ne: 4 } };
    const own = await t.group.find({ where: { $creator: t.peer.id } });
    const refused = await t.failure(() => t.group.find({ where: { number: { over: 1 } } }));
    const held = await t.group.find({ where });
    return [held.map((record) => record.text()).sort(), own.length, refused.code];
  });
  assert.deepEqual(kept, [["1", "2"], 0, "invalid-argument"]);
  await b.evaluate((ms) => {
    t.numbers = (async () => {
      const texts = [];
      const signal = AbortSignal.timeout(ms);
      const where = { number: { gte: 3 }, $not: { title: "Salut" } };
      for await (const record of t.group.watch({ type: "note", where, signal })) {
        texts.push(record.text());
        if (texts.length === 2) return texts;
      }
    })();
  }, SYNC_MS);
  await add(a, [5, 6]);
  assert.deepEqual(await b.evaluate(() => t.numbers), ["4", "6"]);
});

scenario("members say what they do now, and whisper", async (stage) => {
  const server = await stage.server();
  const [a, b, c] = [
    await stage.tab("chromium", server),
    await stage.tab("firefox", server),
    await stage.tab("chromium", server),
  ];
  const ids = [await start(a, 1), await start(b, 2), await start(c, 3)];
  await found(a, "Board");
  await a.evaluate(() => t.group.presence.set({ name: "Ada", cursor: [3, 4] }));
  await join(b, await invite(a, ids[1]));
  await join(c, await invite(a, ids[2]));
  const sees = (tab, count) =>
    tab.evaluate(
      ([wanted, ms]) =>
        new Promise((resolve, reject) => {
          const look = () => {
            const said = t.group.presence.others.map(({ peerId, value }) => [peerId, value]);
            if (said.length === wanted) resolve(said);
          };
          t.group.addEventListener("presence", look);
          setTimeout(() => reject(new Error("not so many say anything")), ms);
          look();
        }),
      [count, SYNC_MS],
    );
  assert.deepEqual(await sees(b, 1), [[ids[0], { name: "Ada", cursor: [3, 4] }]]);
  assert.deepEqual(await sees(c, 1), [[ids[0], { name: "Ada", cursor: [3, 4] }]]);

  for (const tab of [b, c]) {
    await tab.evaluate(() => {
      t.heard = [];
      t.group.room.addEventListener("message", ({ detail }) => {
        t.heard.push([detail.label, detail.text()]);
        t.wake();
      });
    });
  }
  await a.evaluate((peer) => t.group.send(peer, "whisper", "psst", { until: "delivered" }), ids[1]);
  await a.evaluate(() => t.group.broadcast("hello", "all"));
  const heard = (tab, count) =>
    tab.evaluate((n) => t.until(() => t.heard.length === n && t.heard), count);
  assert.deepEqual(await heard(b, 2), [
    ["whisper", "psst"],
    ["hello", "all"],
  ]);
  assert.deepEqual(await heard(c, 1), [["hello", "all"]]);
  await b.evaluate(() => {
    t.group.room.respond("seen", (asked) => `${asked.text()}: yes`);
  });
  const answer = (peer) =>
    a.evaluate(async (id) => (await t.group.request(id, "seen", "it")).text(), peer);
  assert.equal(await answer(ids[1]), "it: yes");
  const mute = (peer) =>
    a.evaluate((id) => t.failure(() => t.group.request(id, "seen", "it")), peer);
  assert.equal((await mute(ids[2])).code, "no-handler");
  assert.equal((await mute(ids[0])).code, "member-away");
  const nobody = await a.evaluate((me) => t.failure(() => t.group.send(me, "x", "y")), ids[0]);
  assert.equal(nobody.code, "member-away");

  // Who closes the group cleanly is gone at once; nobody waits until it expires.
  await b.evaluate(() => t.group.presence.set("here"));
  assert.equal((await sees(c, 2)).length, 2);
  const closed = Date.now();
  await a.evaluate(() => t.group.close());
  assert.deepEqual(await sees(c, 1), [[ids[1], "here"]]);
  assert.ok(Date.now() - closed < 5_000);
});

scenario(
  "an application refuses what it does not want, and gets first what it wants",
  async (stage) => {
    const server = await stage.server();
    const [a, b] = [await stage.tab("chromium", server), await stage.tab("firefox", server)];
    const ids = [await start(a, 1), await start(b, 2)];
    await found(a, "Game");
    await join(b, await invite(a, ids[1]));
    const answers = await b.evaluate(() => {
      t.group.prioritize(["move"]);
      t.seen = [];
      t.stop = t.group.validate("move", async (record) => {
        t.seen.push(record.text());
        t.wake();
        if (record.text() === "crash") throw new Error("this validator fails");
        return record.text() !== "cheat";
      });
      return t.failure(() => t.group.validate("move", () => true)).then(({ code }) => code);
    });
    assert.equal(answers, "invalid-argument");
    await a.evaluate(async () => {
      for (const data of ["e4", "cheat", "crash", "e5"]) await t.group.add({ type: "move", data });
      await t.group.add({ type: "note", data: "nice" });
    });
    const held = () => t.group.find().then((all) => all.map((record) => record.text()).sort());
    const taken = await b.evaluate(async (ms) => {
      t.group.addEventListener("record", t.wake);
      // What is refused is no record, and told by nothing but the validator that was asked.
      const isThere = () => t.group.count() >= 3 && t.seen.length >= 4;
      await t.until(isThere, () => `all moves; ${t.seen} were seen`, ms);
      return (await t.group.find()).map((record) => record.text()).sort();
    }, SYNC_MS);
    assert.deepEqual(taken, ["e4", "e5", "nice"]);
    assert.deepEqual(await a.evaluate(held), ["cheat", "crash", "e4", "e5", "nice"]);
  },
);

scenario("a group is exported to a file and imported on another device", async (stage) => {
  const server = await stage.server();
  const [a, b, c] = [
    await stage.tab("chromium", server),
    await stage.tab("firefox", server),
    await stage.tab("chromium", server),
  ];
  await start(a, 1);
  const id = await found(a, "Board");
  await write(a, ["one", "two"]);
  const file = await a.evaluate(async () => {
    const [record] = await t.group.find();
    await t.group.delete(record);
    await t.group.add({ type: "note", data: "x".repeat(60_000) });
    const bytes = new Uint8Array(await (await t.group.export()).arrayBuffer());
    return [...bytes];
  });
  const importing = async (list) => {
    const blob = new Blob([new Uint8Array(list)]);
    t.group = await t.peer.importGroup(blob, { connect: false });
    const all = await t.group.find();
    return [t.group.id, t.group.name, all.map((record) => record.text().length).sort()];
  };
  // The same identity on another device, after its first one is lost.
  await a.evaluate(() => t.peer.close());
  await start(b, 1);
  assert.deepEqual(await b.evaluate(importing, file), [id, "Board", [3, 60_000]]);
  await write(b, ["three"]);
  await b.reload();
  await b.ready();
  await start(b, 1);
  const texts = await b.evaluate(async (group) => {
    t.group = await t.peer.openGroup(group, { connect: false });
    return (await t.group.find()).length;
  }, id);
  assert.equal(texts, 3);

  await start(c, 3);
  const failing = async ([list, change]) => {
    const bytes = new Uint8Array(list);
    const broken = { cut: bytes.slice(0, -5), flipped: bytes.slice(), none: new Uint8Array(3) };
    broken.flipped[broken.flipped.length - 30_000] ^= 1;
    const blob = new Blob([broken[change] ?? bytes]);
    return (await t.failure(() => t.peer.importGroup(blob, { connect: false }))).code;
  };
  assert.equal(await c.evaluate(failing, [file, "whole"]), "not-allowed");
  assert.equal(await c.evaluate(failing, [file, "none"]), "export-damaged");
  await b.evaluate(() => t.group.erase());
  // Of a file that is damaged nothing stays, however much of it was good.
  for (const change of ["cut", "flipped"]) {
    assert.equal(await b.evaluate(failing, [file, change]), "export-damaged");
    assert.deepEqual(await b.evaluate(() => t.peer.groups()), []);
  }
  assert.deepEqual(await b.evaluate(importing, file), [id, "Board", [3, 60_000]]);
});

/** Keeps the connections of a page where its ports can be looked up. */
const WATCHED = `{
  const Native = RTCPeerConnection;
  globalThis.connections = [];
  globalThis.RTCPeerConnection = class extends Native {
    constructor(...args) {
      super(...args);
      globalThis.connections.push(this);
    }
  };
}`;

/** The local UDP ports of a page's connections. */
function ports(tab) {
  return tab.evaluate(async () => {
    const all = [];
    for (const connection of globalThis.connections) {
      if (connection.connectionState === "closed") continue;
      for (const stat of (await connection.getStats()).values()) {
        const { type, protocol, port } = stat;
        if (type === "local-candidate" && protocol === "udp") all.push(port);
      }
    }
    return all;
  });
}

scenario(
  "two halves: three pages and three pages cut apart write, and end equal",
  async (stage) => {
    const server = await stage.server();
    const tabs = [];
    for (let number = 1; number <= 6; number += 1) {
      const tab = await stage.tab("chromium", server, { initScript: WATCHED });
      tabs.push(tab);
      const id = await start(tab, number);
      if (number === 1) await found(tab, "Halves");
      else await join(tab, await invite(tabs[0], id));
    }
    await Promise.all(tabs.map((tab) => meets(tab, 5)));
    await write(tabs[0], ["together"]);
    await Promise.all(tabs.map((tab) => reads(tab, ["together"])));

    const halves = [tabs.slice(0, 3), tabs.slice(3)];
    const [left, right] = await Promise.all(
      halves.map(async (half) => (await Promise.all(half.map(ports))).flat().join(", ")),
    );
    const port = server.url.split(":").at(-1);
    const restore = () => configure("nft", "delete", "table", "inet", "halves");
    configure(
      "nft",
      `table inet halves {
        chain out {
        type filter hook output priority 0; policy accept;
        udp sport { ${left} } udp dport { ${right} } drop
        udp sport { ${right} } udp dport { ${left} } drop
        tcp dport ${port} drop
        tcp sport ${port} drop
        }
      }`,
    );
    let isCut = true;
    stage.defer(() => isCut && restore());
    const written = ["together"];
    for (const [index, half] of halves.entries()) {
      const own = half.map((_, n) => `half ${index}, page ${n}`);
      written.push(...own);
      await Promise.all(half.map((tab, n) => write(tab, [own[n]])));
    }
    for (const [index, half] of halves.entries()) {
      const known = written.filter(
        (text) => text === "together" || text.startsWith(`half ${index}`),
      );
      await Promise.all(half.map((tab) => reads(tab, known)));
    }
    restore();
    isCut = false;
    await Promise.all(tabs.map((tab) => reads(tab, written)));
  },
  { deadlineMs: 150_000, skip: isIsolated() ? false : "needs a network of its own" },
);
