import assert from "node:assert/strict";
import { found, invite, join, reads, SYNC_MS, start, write } from "../e2e/support/group.mjs";
import { scenario } from "../e2e/support/scenario.mjs";
import { found as foundGroup, inviteByLink, inviteByName, revoke } from "./peer/admin.mjs";
import { random } from "./peer/crypto.mjs";
import { Group } from "./peer/group.mjs";
import { FOREVER } from "./peer/group_schema.mjs";
import { writeFrame } from "./peer/schema.mjs";
import { publicKeyOf } from "./peer/signatures.mjs";
import { fromBase32, toBase32 } from "./peer/texts.mjs";

/** Codes of section 12. */
const [USED_UP, REVOKED] = [67, 75];

const idOf = (group) => toBase32(group.peer.peer);

/** A page that has founded a group. */
async function founder(stage) {
  const server = await stage.server();
  const page = await stage.tab("chromium", server);
  await start(page, 1);
  await found(page, "Board");
  const enter = (text, seed) => {
    const group = Group.join(text, { seed, server: server.socketUrl });
    stage.defer(() => group.close());
    return group;
  };
  return { page, enter };
}

/** Waits until the page holds a note of this version and text, and tells what it sees of it. */
function sees(page, version, text) {
  return page.evaluate(
    async ([wanted, content, ms]) => {
      for await (const record of t.group.watch({ signal: AbortSignal.timeout(ms) })) {
        if (record.version !== wanted || record.text() !== content) continue;
        return { author: record.author, attributes: record.attributes, id: record.id };
      }
    },
    [version, text, SYNC_MS],
  );
}

const blameless = (group) => assert.deepEqual([...group.faults, ...group.peer.faults], []);

scenario(
  "invited by name: records are written, changed and deleted on both sides",
  async (stage) => {
    const { page, enter } = await founder(stage);
    await page.evaluate(() => {
      const attributes = { done: 1, said: "hi" };
      return t.group.add({ type: "note", data: "from the page", attributes }).then(() => undefined);
    });
    const seed = random(32);
    const group = enter(await invite(page, toBase32(publicKeyOf(seed))), seed);
    await group.joined();
    const theirs = await group.reads("note", "from the page");
    assert.deepEqual(theirs.attributes, [
      ["done", [0, [1]]],
      ["said", [2, ["hi"]]],
    ]);
    assert.equal(toBase32(theirs.author), await page.evaluate(() => t.peer.id));
    const name = await group.peer.until(() => group.replica.properties()?.[0], "the properties");
    assert.equal(name, "Board");

    const written = group.write("note", "from the peer", [["said", [2, ["hello"]]]]);
    const seen = await sees(page, 1, "from the peer");
    assert.deepEqual([seen.author, seen.attributes], [idOf(group), { said: "hello" }]);
    const { header } = group.change(written, "changed by the peer");
    await sees(page, 2, "changed by the peer");

    // More than a frame on a link holds.
    const long = "x".repeat(200_000);
    await write(page, [`${long}y`]);
    await group.reads("note", `${long}y`);
    group.write("note", `${long}z`);
    await sees(page, 1, `${long}z`);

    // The founder may change what others wrote.
    await page.evaluate(async () => {
      const held = await t.group.find();
      const record = held.find((it) => it.text() === "changed by the peer");
      await t.group.update(record, { data: "changed by the page" });
    });
    const third = await group.reads("note", "changed by the page");
    assert.deepEqual([third.header.id, third.header.version], [header.id, 3]);
    assert.deepEqual([third.author, third.header.creator], [theirs.author, group.peer.peer]);

    await page.evaluate(() => {
      t.group.addEventListener("record", ({ detail }) => {
        if (detail.record.deleted) t.note("deleted", detail.record.id);
      });
    });
    group.change(third);
    await page.evaluate((ms) => t.event("deleted", { ms }).then(() => undefined), SYNC_MS);
    await page.evaluate(async () => {
      for (const record of await t.group.find()) await t.group.delete(record);
    });
    await group.holds("note", 0);
    blameless(group);
  },
);

scenario("what breaks a rule is dropped by either side, and the link stands", async (stage) => {
  const { page, enter } = await founder(stage);
  const text = await page.evaluate(() =>
    t.group.invite({ uses: 1, expires: "1h", memberFor: "7d" }),
  );
  const group = enter(text);
  await group.joined();
  await write(page, ["from the page"]);
  const theirs = await group.reads("note", "from the page");
  const [link] = group.links();

  // A frame that was begun is taken back.
  link.sendPart(true, random(1_000));
  link.sendPart(false, new Uint8Array());
  const draft = () => group.draft("note", "forged");
  const bad = {
    "another's signature": ({ header, body }) => {
      return { header: { ...header, signature: theirs.header.signature }, body };
    },
    "another body": ({ header, body }) => ({ header, body: body.map((byte) => byte ^ 1) }),
    "a longer life than the membership": () => {
      return group.draft("note", "forged", [], { notAfter: FOREVER });
    },
    "another's credential": (it) => group.resign(it, { credential: theirs.header.credential }),
    "another's record": () => group.draftNext(theirs, "forged"),
    "more places, which only admins give": ({ header }) => {
      const body = writeFrame("Budget", [group.peer.peer, 5, 5]);
      return group.resign({ header, body }, { type: "lacis.budget", id: undefined, key: null });
    },
  };
  for (const [name, change] of Object.entries(bad)) {
    const { header, body } = change(draft());
    assert.throws(() => group.replica.take(header, body), /^Error: refused/, name);
    link.share({ header, body });
  }
  group.write("note", "from the peer");
  await reads(page, ["from the page", "from the peer"]);
  const warnings = await page.evaluate(() => {
    return t.events.filter(({ type }) => type === "peer-warning").map(({ detail }) => detail.code);
  });
  assert.deepEqual(
    warnings,
    Object.keys(bad).map(() => "protocol"),
  );
  assert.equal(group.links()[0], link);

  const late = enter(text);
  await late.peer.until(() => late.links().some(({ refusal }) => refusal === USED_UP), "a refusal");
  blameless(group);
});

scenario(
  "whoever is shut out gets no new key; what was written apart is compared",
  async (stage) => {
    const { page, enter } = await founder(stage);
    const notes = Array.from({ length: 100 }, (_, at) => `note ${at}`);
    await write(page, notes);
    const text = await page.evaluate(() => t.group.invite({ uses: 2 }));
    const [group, other] = [enter(text), enter(text)];
    await Promise.all([group.joined(), other.joined()]);
    assert.deepEqual((await group.holds("note", notes.length)).sort(), [...notes].sort());
    other.write("note", "before the end");
    await reads(page, [...notes, "before the end"]);
    await group.reads("note", "before the end");

    const late = other.draft("note", "after the end");
    const old = group.place;
    await page.evaluate((id) => t.group.revoke(id), idOf(other));
    await group.peer.until(() => group.place !== old, "another topic");
    const { name, coversAll } = group.replica.newestKey();
    assert.ok(coversAll);
    await other.peer.until(
      () => other.links().some(({ refusal }) => refusal === REVOKED),
      "a refusal",
    );
    assert.equal(other.replica.keys.get(name), undefined);
    for (const it of other.links()) it.share(late);
    await write(page, ["under the new key"]);
    const { header } = await group.reads("note", "under the new key");
    assert.deepEqual(header.key, name);
    await other.close();

    const founderId = await page.evaluate(() => t.peer.id);
    const link = () => group.links().find((it) => toBase32(it.peer) === founderId);
    const groupId = await page.evaluate(() => t.group.id);
    await page.evaluate(() => t.peer.close());
    await group.peer.until(() => link() === undefined, "the end of the link");
    group.write("note", "while the page was away");
    await page.reload();
    await page.ready();
    await start(page, 1);
    await page.evaluate(async (id) => {
      t.group = await t.peer.openGroup(id);
    }, groupId);
    const all = [...notes, "before the end", "under the new key", "while the page was away"];
    await reads(page, all);
    // The page came last, so it asks, and it knew the new place.
    assert.ok(!link().isInitiator);
    assert.equal(link().place, group.place);
    assert.deepEqual(
      group
        .records("note")
        .map((it) => it.text)
        .sort(),
      all.sort(),
    );
    blameless(group);
  },
);

scenario(
  "pages join what this peer has founded, by name and by link, until one is shut out",
  async (stage) => {
    const server = await stage.server();
    const group = foundGroup("Garden", { server: server.socketUrl });
    stage.defer(() => group.close());
    group.write("note", "by the founder");
    const [one, other] = [await stage.tab("chromium", server), await stage.tab("chromium", server)];
    const ids = [await start(one, 1), await start(other, 2)].map(fromBase32);
    await join(one, inviteByName(group, ids[0]));
    await join(other, inviteByLink(group, 1));
    const notes = ["by the founder", "by the one", "by the other"];
    await write(one, [notes[1]]);
    await write(other, [notes[2]]);
    for (const page of [one, other]) await reads(page, notes);
    for (const note of notes) await group.reads("note", note);
    assert.equal(await other.evaluate(() => t.group.name), "Garden");

    await other.evaluate((ms) => {
      t.refused = new Promise((resolve) => {
        t.group.addEventListener("refused", ({ detail }) => resolve(detail.code));
        setTimeout(resolve, ms, "not told");
      });
    }, SYNC_MS);
    const old = group.place;
    revoke(group, ids[1]);
    assert.notEqual(group.place, old);
    group.write("note", "under the new key");
    await reads(one, [...notes, "under the new key"]);
    await write(one, ["so is this"]);
    const { header } = await group.reads("note", "so is this");
    assert.deepEqual(header.key, group.replica.newestKey().name);
    assert.equal(await other.evaluate(() => t.refused), "revoked");
    blameless(group);
  },
);
