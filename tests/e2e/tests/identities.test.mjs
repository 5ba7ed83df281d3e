// Identities in real browsers: kept with their keys wrapped, renamed, exported, imported, deleted.
import assert from "node:assert/strict";
import { ADDRESS, isIsolated } from "../support/network.mjs";
import { scenario } from "../support/scenario.mjs";

for (const browser of ["chromium", "firefox"]) {
  scenario(
    `an identity is kept, moved to another browser and deleted: ${browser}`,
    async (stage) => {
      const server = await stage.server();
      const tab = await stage.tab(browser, server);
      const made = await tab.evaluate(async () => {
        await lacis.init();
        t.identities = await lacis.openIdentities();
        t.me = await t.identities.create("Ada");
        t.peer = await t.start({ identity: t.me });
        const group = await t.peer.createGroup({ name: "Board" });
        await group.add({ type: "note", data: "bonjour" });
        const card = await lacis.parseCard(t.me.card);
        return { id: t.me.id, peer: t.peer.id, card, group: group.id };
      });
      assert.equal(made.peer, made.id);
      assert.deepEqual(made.card, { peerId: made.id, name: "Ada" });

      await tab.reload();
      await tab.ready();
      const again = await tab.evaluate(async () => {
        await lacis.init();
        t.identities = await lacis.openIdentities();
        [t.me] = await t.identities.list();
        t.peer = await t.start({ identity: t.me });
        const [{ id }] = await t.peer.groups();
        const group = await t.peer.openGroup(id);
        const [record] = await group.find();
        t.me = await t.identities.rename(t.me.id, "Ada L.");
        const { name } = await lacis.parseCard(t.me.card);
        return { peer: t.peer.id, group: id, text: record.text(), name };
      });
      assert.deepEqual(again, {
        peer: made.id,
        group: made.group,
        text: "bonjour",
        name: "Ada L.",
      });

      const exported = await tab.evaluate(() => t.identities.export(t.me.id, "correct horse"));
      const other = await stage.tab(browser === "firefox" ? "chromium" : "firefox", server);
      const moved = await other.evaluate(async (text) => {
        await lacis.init();
        t.identities = await lacis.openIdentities();
        const wrong = await t.failure(() => t.identities.import(text, "wrong horse"));
        const me = await t.identities.import(text, "correct horse");
        t.peer = await t.start({ identity: me });
        await t.identities.rename(me.id, "Countess");
        const twice = await t.failure(() => t.identities.import(text, "correct horse"));
        const [{ name }] = await t.identities.list();
        return { codes: [wrong.code, twice.code], peer: t.peer.id, names: [me.name, name] };
      }, exported);
      assert.deepEqual(moved, {
        codes: ["wrong-password", "identity-known"],
        peer: made.id,
        names: ["Ada L.", "Countess"],
      });

      const left = await tab.evaluate(async () => {
        await t.peer.close();
        await t.identities.delete(t.me.id, { groups: "delete" });
        const gone = await t.failure(() => t.identities.export(t.me.id, "x"));
        const peer = await t.failure(() => lacis.createPeer({ identity: t.me }));
        const databases = (await indexedDB.databases()).map(({ name }) => name);
        const kept = databases.includes(t.me.store);
        return { list: await t.identities.list(), codes: [gone.code, peer.code], kept };
      });
      assert.deepEqual(left, {
        list: [],
        codes: ["identity-unknown", "identity-unknown"],
        kept: false,
      });
    },
  );
}

for (const browser of ["chromium", "firefox"]) {
  scenario(`tabs that begin together are one person, in ${browser}`, async (stage) => {
    const server = await stage.server();
    const tab = await stage.tab(browser, server);
    const made = await tab.evaluate(async () => {
      const names = ["Ada", "Bob", "Cid"];
      const all = await Promise.all(names.map(() => lacis.openIdentities()));
      const got = await Promise.all(all.map((it, index) => it.getOrCreate(names[index])));
      const kept = await all[0].list();
      const again = await all[1].getOrCreate("Dan");
      return { ids: [...got, again].map(({ id }) => id), kept: kept.map(({ id }) => id) };
    });
    assert.equal(made.kept.length, 1);
    assert.equal(new Set([...made.ids, ...made.kept]).size, 1);
  });
}

for (const browser of ["chromium", "firefox"]) {
  const skip = !isIsolated() && "the address is that of a network of its own";
  scenario(
    `a page by http: from another device keeps no identities, and says so, in ${browser}`,
    async (stage) => {
      const server = await stage.server({ listen: "0.0.0.0:0" });
      const url = server.url.replace("127.0.0.1", ADDRESS);
      const tab = await stage.tab(browser, { url });
      const seen = await tab.evaluate(async () => {
        await lacis.init();
        const identities = await lacis.openIdentities();
        const { code, message } = await t.failure(() => identities.getOrCreate("Ada"));
        // All that needs no identity that is kept works.
        t.peer = await t.start();
        await t.peer.join(await lacis.createRoomLink());
        const group = await t.peer.createGroup({ name: "Board" });
        await group.add({ type: "note", data: "bonjour" });
        return { code, message, isSecure: isSecureContext, count: group.count() };
      });
      assert.match(seen.message, /must begin with https/);
      assert.deepEqual(
        { ...seen, message: "" },
        {
          code: "insecure-context",
          message: "",
          isSecure: false,
          count: 1,
        },
      );
    },
    { skip },
  );
}

scenario("an invitation can be read before it is taken", async (stage) => {
  const server = await stage.server();
  const tab = await stage.tab("chromium", server);
  const read = await tab.evaluate(async () => {
    t.peer = await t.start();
    const group = await t.peer.createGroup({ name: "Board" });
    const open = await lacis.parseInvitation(await group.invite({ uses: 3, expires: "1h" }));
    const guest = await t.start();
    const text = await group.invite({ for: guest.id, memberFor: "1h" });
    const bound = await lacis.parseInvitation(`https://example.org/#${text}`);
    const codes = [];
    for (const bad of [
      "hello",
      `${text.slice(0, -1)}${text.endsWith("a") ? "b" : "a"}`,
      "li9abc",
    ]) {
      codes.push((await t.failure(() => lacis.parseInvitation(bad))).code);
    }
    const lasts = bound.until - Date.now();
    return {
      open: [open.kind, open.groupId === group.id, Object.keys(open).length],
      bound: [bound.groupId === group.id, bound.peerId === guest.id, bound.inviter === t.peer.id],
      says: [bound.kind, bound.name, bound.role],
      lasts: lasts > 3_500_000 && lasts <= 3_601_000,
      codes,
    };
  });
  assert.deepEqual(read, {
    open: ["link", true, 3],
    bound: [true, true, true],
    says: ["bound", "Board", "member"],
    lasts: true,
    codes: ["invitation-unknown", "invitation-damaged", "invitation-version"],
  });
});
