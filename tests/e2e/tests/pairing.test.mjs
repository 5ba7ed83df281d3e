// Two pages that no server brings together: people carry a text each way.
import assert from "node:assert/strict";
import { linked, PAIRS, scenario, send, texts } from "../support/scenario.mjs";

/** Two tabs in one room, and the server stopped. */
async function strangers(stage, names) {
  const server = await stage.server();
  const [a, b] = await Promise.all(names.map((name) => stage.tab(name, server)));
  await server.stop();
  const link = await a.evaluate(() => lacis.createRoomLink());
  for (const tab of [a, b]) {
    await tab.evaluate(
      (text) => t.join(text, { join: { wait: false } }).then(() => undefined),
      link,
    );
  }
  return [a, b];
}

/** Has a tab begin, or answer an offer; gives its text. */
function pair(tab, offer) {
  return tab.evaluate(async (text) => {
    t.pairing = await t.room.pair(text ?? undefined);
    return t.pairing.text;
  }, offer ?? null);
}

const refusal = (tab, text) =>
  tab.evaluate(
    (offer) =>
      t.room.pair(offer).then(
        () => "taken",
        (error) => error.code,
      ),
    text,
  );

/** The two become members of each other by two texts. */
async function meet([a, b]) {
  const offer = await pair(a);
  assert.match(offer, /^lp1[a-z2-7]{400,4000}$/);
  const answer = await pair(b, offer);
  // Longer than a browser tries to reach somebody who does not answer.
  await b.evaluate(() => new Promise((resolve) => setTimeout(resolve, 17_000)));
  await a.evaluate((text) => t.pairing.complete(text), answer);
  await b.evaluate(() => t.pairing.linked);
  const [[idOfB], [idOfA]] = [await linked(a), await linked(b)];
  await send(a, idOfB, "no server heard this");
  await send(b, idOfA, "nor this");
  assert.deepEqual([await texts(a), await texts(b)], [["nor this"], ["no server heard this"]]);
}

scenario(
  "no server: two new pages pair by copied text, in all pairs of browsers",
  async (stage) => {
    const pairs = [];
    for (const names of PAIRS) pairs.push(await strangers(stage, names));
    await Promise.all(pairs.map(meet));
  },
);

scenario("texts that do not pair say why, and harm nothing", async (stage) => {
  const [a, b] = await strangers(stage, ["chromium", "chromium"]);
  const offer = await pair(a);
  assert.equal(await refusal(b, "bonjour"), "pairing-unknown");
  assert.equal(await refusal(b, offer.slice(0, -5)), "pairing-damaged");
  assert.equal(await refusal(b, offer.replace("lp1", "lp9")), "pairing-version");
  assert.equal(await refusal(a, offer), "pairing-mismatch");
  const complete = (text) =>
    a.evaluate((answer) => t.pairing.complete(answer).catch((error) => error.code), text);
  assert.equal(await complete(offer), "pairing-mismatch");
  const answer = await pair(b, offer.toUpperCase());
  await a.evaluate((text) => t.pairing.complete(text), answer);
  assert.equal(await complete(answer), "pairing-mismatch");
  await linked(b);
  const given = await a.evaluate(async () => {
    const pairing = await t.room.pair();
    pairing.cancel();
    return pairing.linked.catch((error) => error.code);
  });
  assert.equal(given, "aborted");
});

scenario("a member is let into a group by copied text", async (stage) => {
  const server = await stage.server();
  const [a, b] = await Promise.all([1, 2].map(() => stage.tab("chromium", server)));
  await server.stop();
  const start = (tab, seed) =>
    tab.evaluate(async (n) => {
      t.peer = await t.start({ identity: new Uint8Array(32).fill(n), store: `paired-${n}` });
    }, seed);
  await start(a, 1);
  await start(b, 2);
  const [invitation, offer] = await a.evaluate(async () => {
    t.group = await t.peer.createGroup({ name: "By hand" });
    await t.group.add({ type: "note", data: "written before" });
    t.pairing = await t.group.pair();
    return [await t.group.invite({ uses: 1 }), t.pairing.text];
  });
  const answer = await b.evaluate(
    async ([text, carried]) => {
      return new Promise((resolve, reject) => {
        const pairing = { offer: carried, onAnswer: resolve };
        t.joining = t.peer.joinGroup(text, { pairing });
        t.joining.catch(reject);
      });
    },
    [invitation, offer],
  );
  await a.evaluate((text) => t.pairing.complete(text), answer);
  const read = await b.evaluate(async () => {
    t.group = await t.joining;
    for await (const record of t.group.watch({ type: "note" })) return record.text();
  });
  assert.equal(read, "written before");
});
