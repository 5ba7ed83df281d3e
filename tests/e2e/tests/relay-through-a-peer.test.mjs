// Two members between whom no packet passes, and no TURN server: a third one passes on what they
// say. Each browser is on a machine of its own; all reach the server.
import assert from "node:assert/strict";
import { HERE, machines, part, REACHABLE } from "../support/machines.mjs";
import { isIsolated } from "../support/network.mjs";
import { echo, echoElsewhere } from "../support/programs.mjs";
import { joinRoom, scenario } from "../support/scenario.mjs";

const SKIP = !isIsolated() && "there is no network of its own here, which machines need";

/** Nothing is passed on over a link that takes smaller frames than `RELAY_BYTES`. */
const SMALL =
  "links of programs take frames of 32 KiB, and none shorter than RELAY_BYTES passes anything on";

/** Two attempts to link directly, and one over a third. */
const FIRST_MS = 60_000;

/** What must not be seen by whoever passes it on. */
const SECRET = "for you alone";

/** Said by whoever passes things on, to show that it would be seen. */
const OPEN = "from me myself";

const MIB = 1024 * 1024;

/** Runs in a page before its script: counts what it sends to others, and looks at it. */
function watchSending() {
  const { send } = RTCDataChannel.prototype;
  const seen = { bytes: 0, secret: 0, open: 0 };
  globalThis.seen = seen;
  RTCDataChannel.prototype.send = function (data) {
    const text = new TextDecoder("latin1").decode(data);
    seen.bytes += text.length;
    seen.secret += text.includes("for you alone");
    seen.open += text.includes("from me myself");
    return send.call(this, data);
  };
}

/** Joins with one tab after the other; gives the ids of their nodes. */
async function join(tabs, link) {
  const ids = [];
  for (const tab of tabs) {
    await joinRoom(tab, link);
    ids.push(await tab.evaluate(() => t.peer.nodeId));
  }
  return ids;
}

const newLink = (tab) => tab.evaluate(() => lacis.createRoomLink());

/** Says something to a node as soon as it is known; gives how long it took to arrive. */
function greet(tab, id) {
  return tab.evaluate(
    async ([to, text, limit]) => {
      const start = performance.now();
      await t.until(() => t.room.remotes.has(to), "somebody", limit);
      const signal = AbortSignal.timeout(limit);
      await t.room.send(to, "chat", text, { until: "delivered", signal });
      return Math.round(performance.now() - start);
    },
    [id, `hello ${SECRET}`, FIRST_MS],
  );
}

/** Waits until a node is reached in that state; gives how long it took. */
function reaches(tab, id, state, ms = FIRST_MS) {
  return tab.evaluate(
    async ([to, wanted, limit]) => {
      const start = performance.now();
      const told = () => t.room.remotes.get(to)?.state;
      await t.until(
        () => told() === wanted,
        () => `${wanted}; it is ${told()}`,
        limit,
      );
      return Math.round(performance.now() - start);
    },
    [id, state, ms],
  );
}

/** What a tab tells of the way to a node. */
async function wayTo(tab, id) {
  const { remotes, findings } = await tab.evaluate(() => t.peer.diagnose());
  const { state, local, remote } = remotes.find(({ nodeId }) => nodeId === id);
  return { state, local, remote, relayed: findings.find(({ code }) => code === "relayed") };
}

/** The way to a node leads over a third, and the tab says so everywhere. */
async function assertOverAThird(tab, id) {
  const { relayed, ...way } = await wayTo(tab, id);
  assert.deepEqual(way, { state: "relayed", local: "peer", remote: "peer" });
  assert.deepEqual(relayed?.nodeIds, [id]);
}

/** Answers, and takes files. */
function beOfUse(tab) {
  return tab.evaluate(() => {
    t.asked = 0;
    t.room.respond("upper", (asked) => {
      t.asked += 1;
      return asked.text().toUpperCase();
    });
    t.room.addEventListener("file", async ({ detail: file }) => {
      const bytes = await (await file.blob()).arrayBuffer();
      t.file = { name: file.name, bytes: bytes.byteLength, hash: await t.sha256(bytes) };
      t.wake();
    });
    t.room.addEventListener("presence", t.wake);
  });
}

/** Says numbers to a node until it is enough: the next ones when these have arrived. */
function keepTalking(tab, id) {
  return tab.evaluate(
    ([to, secret]) => {
      t.isEnough = false;
      t.talking = (async () => {
        let count = 0;
        while (!t.isEnough) {
          const some = Array.from({ length: 5 }, (_, at) => `${count + at} ${secret}`);
          const told = some.map((it) => t.room.send(to, "talk", it, { until: "delivered" }));
          await Promise.all(told);
          count += some.length;
        }
        return count;
      })();
    },
    [id, SECRET],
  );
}

/** Ends that; everything has arrived once and in its order. Gives how much it was. */
async function stopTalking([from, idOfFrom], to) {
  const count = await from.evaluate(() => {
    t.isEnough = true;
    return t.talking;
  });
  const heard = await to.evaluate(
    (id) => t.messages.filter((it) => it.label === "talk" && it.from === id).map((it) => it.text),
    idOfFrom,
  );
  const said = Array.from({ length: count }, (_, at) => `${at} ${SECRET}`);
  assert.deepEqual(heard, said);
  return count;
}

function ask(tab, id) {
  return tab.evaluate(
    async ([to, text]) => (await t.room.request(to, "upper", text)).text(),
    [id, SECRET],
  );
}

/** Everything that one may say to another alone, and what it says to all. */
async function say([a, idOfA], [b, idOfB]) {
  for (const tab of [a, b]) await beOfUse(tab);
  await keepTalking(a, idOfB);
  await keepTalking(b, idOfA);
  assert.equal(await ask(a, idOfB), SECRET.toUpperCase());
  assert.equal(await ask(b, idOfA), SECRET.toUpperCase());
  const sent = await a.evaluate(
    async ([to, name, size]) => {
      const file = new File([t.bytes(size)], name);
      const start = performance.now();
      await t.room.sendFile(to, file);
      const ms = Math.round(performance.now() - start);
      return { hash: await t.sha256(await file.arrayBuffer()), ms };
    },
    [idOfB, SECRET, MIB],
  );
  const file = await b.evaluate(() => t.until(() => t.file, "the file"));
  assert.deepEqual(file, { name: SECRET, bytes: MIB, hash: sent.hash });
  await a.evaluate(() => t.room.presence.set("ada"));
  await b.evaluate((id) => {
    const said = () => t.room.presence.others.find(({ nodeId }) => nodeId === id)?.value;
    return t.until(() => said() === "ada", "what it says of itself");
  }, idOfA);
  const counts = [await stopTalking([a, idOfA], b), await stopTalking([b, idOfB], a)];
  console.log(`  a file of 1 MiB in ${sent.ms} ms beside ${counts.join(" and ")} messages`);
}

/** Who passes things on was told none of them, and all that it sent of them was sealed. */
async function assertKnowsNothing(c, idOfOther) {
  const known = await c.evaluate(() => {
    const files = t.events.filter(({ type }) => type === "file").length;
    return { messages: t.messages.length, files, asked: t.asked, offers: t.room.offers.size };
  });
  assert.deepEqual(known, { messages: 0, files: 0, asked: 0, offers: 0 });
  // What is sent openly is seen by whoever looks: so this looks at the right place.
  await c.evaluate(
    ([to, text]) => t.room.send(to, "chat", text, { until: "delivered" }),
    [idOfOther, OPEN],
  );
  const { bytes, secret, open } = await c.evaluate(() => seen);
  assert.ok(bytes > MIB, `it has sent no more than ${bytes} bytes`);
  assert.deepEqual({ secret, isSeen: open > 0 }, { secret: 0, isSeen: true });
}

scenario(
  "two pages without a path to each other speak over a third, until there is a path",
  async (stage) => {
    const server = await stage.server(REACHABLE);
    const [one, two] = await machines(stage, 2);
    const rejoin = part(stage, server, one, two);
    const c = await stage.tab("chromium", server, { initScript: watchSending });
    const a = await stage.tab("chromium", server, { machine: one });
    const b = await stage.tab("chromium", server, { machine: two });
    const [, idOfA, idOfB] = await join([c, a, b], await newLink(c));
    await beOfUse(c);
    const [ms] = await Promise.all([greet(b, idOfA), reaches(a, idOfB, "relayed")]);
    console.log(`  the first words over a third arrive after ${ms} ms`);
    await assertOverAThird(a, idOfB);
    await assertOverAThird(b, idOfA);

    await say([a, idOfA], [b, idOfB]);
    await assertKnowsNothing(c, idOfA);
    await assertOverAThird(a, idOfB);

    await a.evaluate(() => t.messages.splice(0));
    await b.evaluate(() => t.messages.splice(0));
    await keepTalking(a, idOfB);
    await keepTalking(b, idOfA);
    rejoin();
    const took = await Promise.all([reaches(a, idOfB, "direct"), reaches(b, idOfA, "direct")]);
    const counts = [await stopTalking([a, idOfA], b), await stopTalking([b, idOfB], a)];
    const beside = `beside ${counts.join(" and ")} messages`;
    console.log(`  a direct link ${Math.max(...took)} ms after there was a path, ${beside}`);
    const { relayed, ...way } = await wayTo(a, idOfB);
    assert.deepEqual([way.state, relayed], ["direct", undefined]);
    assert.notEqual(way.remote, "peer");
  },
  { deadlineMs: 180_000, skip: SKIP },
);

/** Which of two tabs passes things on, and which does not: it sends what it is given. */
async function inOrder([one, two], say) {
  const sent = () => Promise.all([one, two].map((tab) => tab.evaluate(() => seen.bytes)));
  const before = await sent();
  await say();
  const [first, second] = (await sent()).map((bytes, at) => bytes - before[at]);
  return first > second ? [one, two] : [two, one];
}

/** What follows is what happened from now on. */
function mark([tab]) {
  return tab.evaluate(() => {
    t.mark = t.events.length;
  });
}

/** Waits until the link with a node was lost and leads over another one; gives how long it was. */
function untilRelayedAgain([tab, id]) {
  return tab.evaluate(
    async ([node, ms]) => {
      const is = (state) => (it) => it.id === node && it.state === state;
      const lost = await t.event("remotechange", { where: is("recovering"), from: t.mark, ms });
      const from = t.events.indexOf(lost);
      const back = await t.event("remotechange", { where: is("relayed"), from, ms });
      return Math.round(back.at - lost.at);
    },
    [id, FIRST_MS],
  );
}

/** Says something to a node that is not reached any more: why that fails, and why it is gone. */
function fate([tab, id]) {
  return tab.evaluate(
    async ([node, text, ms]) => {
      const start = performance.now();
      const options = { until: "delivered" };
      const { code } = await t.failure(() => t.room.send(node, "late", text, options));
      const took = Math.round(performance.now() - start);
      const where = (it) => it.id === node;
      const { detail } = await t.event("remoteleave", { where, from: t.mark, ms });
      return { code, leftBy: detail.code, ms: took };
    },
    [id, SECRET, FIRST_MS],
  );
}

scenario(
  "when the third leaves, a fourth takes over; without anybody between they are told so",
  async (stage) => {
    const server = await stage.server(REACHABLE);
    const [one, two] = await machines(stage, 2);
    part(stage, server, HERE, one);
    const between = { machine: two, initScript: watchSending };
    const c = await stage.tab("chromium", server, between);
    const d = await stage.tab("chromium", server, between);
    const a = await stage.tab("firefox", server);
    const b = await stage.tab("chromium", server, { machine: one });
    const [, , idOfA, idOfB] = await join([c, d, a, b], await newLink(c));
    const [ms] = await Promise.all([greet(b, idOfA), reaches(a, idOfB, "relayed")]);
    console.log(`  the first words over a third arrive after ${ms} ms`);
    await assertOverAThird(a, idOfB);
    const [third, fourth] = await inOrder([c, d], () => say([a, idOfA], [b, idOfB]));

    await a.evaluate(() => t.messages.splice(0));
    await b.evaluate(() => t.messages.splice(0));
    await keepTalking(a, idOfB);
    await keepTalking(b, idOfA);
    const ends = [
      [a, idOfB],
      [b, idOfA],
    ];
    await Promise.all(ends.map(mark));
    await third.close();
    const gaps = await Promise.all(ends.map(untilRelayedAgain));
    const counts = [await stopTalking([a, idOfA], b), await stopTalking([b, idOfB], a)];
    const beside = `beside ${counts.join(" and ")} messages`;
    console.log(`  a fourth is between after ${Math.max(...gaps)} ms, ${beside}`);
    await assertOverAThird(a, idOfB);
    await assertOverAThird(b, idOfA);

    await Promise.all(ends.map(mark));
    await fourth.evaluate(() => t.peer.close());
    const fates = await Promise.all(ends.map(fate));
    console.log(`  nobody is between: ${fates.map(({ code, ms }) => `${code} after ${ms} ms`)}`);
    for (const { code, leftBy } of fates)
      assert.deepEqual([code, leftBy], ["link-lost", "link-lost"]);
  },
  { deadlineMs: 240_000, skip: SKIP },
);

scenario(
  "a program passes on what two pages say",
  async (stage) => {
    const server = await stage.server(REACHABLE);
    const [one, two] = await machines(stage, 2);
    part(stage, server, one, two);
    const a = await stage.tab("chromium", server, { machine: one });
    const b = await stage.tab("chromium", server, { machine: two });
    const link = await newLink(a);
    const program = await echo(stage, server, link);
    const [idOfA, idOfB] = await join([a, b], link);
    const [ms] = await Promise.all([greet(b, idOfA), reaches(a, idOfB, "relayed")]);
    console.log(`  the first words over a program arrive after ${ms} ms`);
    await assertOverAThird(a, idOfB);
    await say([a, idOfA], [b, idOfB]);
    assert.doesNotMatch(program.log, / says /);
  },
  { deadlineMs: 120_000, skip: SKIP || SMALL },
);

scenario(
  "a program and a page without a path to each other speak over a third",
  async (stage) => {
    const server = await stage.server(REACHABLE);
    const [one, two] = await machines(stage, 2);
    part(stage, server, one, two);
    const c = await stage.tab("firefox", server, { initScript: watchSending });
    const link = await newLink(c);
    await join([c], link);
    const program = await echoElsewhere(stage, one, server, link);
    const [, idOfProgram] = /joined as (\S+)/.exec(program.log);
    const b = await stage.tab("chromium", server, { machine: two });
    await join([b], link);
    console.log(`  the first words to a program arrive after ${await greet(b, idOfProgram)} ms`);
    await program.prints(/ is relayed/);
    await assertOverAThird(b, idOfProgram);
    assert.equal(await ask(b, idOfProgram), SECRET.toUpperCase());
    const back = await b.evaluate(
      async ([to, size]) => {
        await t.room.send(to, "large", new Uint8Array(size));
        return t.until(() => t.messages.find((it) => it.label === "large"), "what it says back");
      },
      [idOfProgram, MIB],
    );
    assert.deepEqual([back.from, back.bytes], [idOfProgram, MIB]);
    const { bytes, secret } = await c.evaluate(() => seen);
    assert.ok(bytes > 2 * MIB, `no more than ${bytes} bytes were passed on`);
    assert.equal(secret, 0);
  },
  { deadlineMs: 120_000, skip: SKIP || SMALL },
);
