// What whoever has an invitation is told before joining, and that joining comes after.
import assert from "node:assert/strict";
import { found, start } from "../support/group.mjs";
import { Person } from "../support/people.mjs";
import { scenario } from "../support/scenario.mjs";

const HOUR = 3_600_000;

/** What a preview says, without what it can do. */
function looks(tab, link) {
  return tab.evaluate(async (text) => {
    t.preview = await t.peer.preview(text);
    const { join, close, expires, ...terms } = t.preview;
    return { ...terms, expires: expires?.getTime() };
  }, link);
}

/** The code with which looking fails, and after how long. */
function fails(tab, link, timeoutMs) {
  return tab.evaluate(
    async ([text, ms]) => {
      const begun = performance.now();
      const { code } = await t.failure(() => t.peer.preview(text, { timeoutMs: ms }));
      return { code, after: performance.now() - begun };
    },
    [link, timeoutMs],
  );
}

scenario("a link shows what it offers, and is taken over the same connection", async (stage) => {
  const server = await stage.server();
  const [a, b] = [await stage.tab("chromium", server), await stage.tab("firefox", server)];
  const inviter = await start(a, 1);
  await start(b, 2);
  const group = await found(a, "Board");
  const link = await a.evaluate(() =>
    t.group.invite({ role: "inviter", uses: 3, expires: "1h", memberFor: "2h" }),
  );
  const { expires, ...terms } = await looks(b, link);
  assert.deepEqual(terms, {
    groupId: group,
    name: "Board",
    comment: "",
    inviter,
    role: "inviter",
    memberForMs: 2 * HOUR,
    uses: 3,
    used: 0,
  });
  assert.ok(Math.abs(expires - Date.now() - HOUR) < 60_000);
  assert.deepEqual(await b.evaluate(() => t.peer.groups()), []);
  assert.equal(await a.evaluate(() => t.group.members.length), 1);

  await b.evaluate(async () => {
    t.group = await t.preview.join();
    await t.group.add({ type: "note", data: "bonjour" });
  });
  assert.equal(await b.evaluate(() => t.group.name), "Board");
  assert.equal((await fails(b, link, 20_000)).code, "already-joined");

  const c = await stage.tab("chromium", server);
  await start(c, 3);
  assert.equal((await looks(c, link)).used, 1);
  await c.evaluate(() => t.preview.close());
  assert.deepEqual(await c.evaluate(() => t.peer.groups()), []);

  // Why not, at once.
  await a.evaluate(() => t.group.endInvitation(t.group.invitations()[0].id));
  const ended = await fails(c, link, 20_000);
  assert.equal(ended.code, "invitation-ended");
  assert.ok(ended.after < 15_000, `${ended.after} ms`);
  const joining = await c.evaluate(
    async (text) => (await t.failure(() => t.peer.joinGroup(text, { timeoutMs: 20_000 }))).code,
    link,
  );
  assert.equal(joining, "invitation-ended");
  const other = await a.evaluate(() => t.group.invite());
  await a.evaluate(() => t.group.close());
  await b.evaluate(() => t.group.close());
  assert.equal((await fails(c, other, 3_000)).code, "no-issuer");
});

scenario("the pages show what an invitation is for before anybody joins", async (stage) => {
  const server = await stage.server();
  const anna = await Person.arrive(stage, "chromium", server, "Anna");
  await anna.found("board", "Kitchen");
  const link = await anna.invitation();
  await anna.click("open-details");
  await anna.see("member", { count: 1 });
  const id = await anna.tab.evaluate(() => {
    return document.querySelector("[data-testid=member]").dataset.id;
  });
  await anna.close("details");
  const bert = await Person.arrive(stage, "firefox", server, "Bert", { link });
  await bert.see("join-name", { text: "Kitchen" });
  // What she is called only members can read.
  await bert.see("join-inviter", { text: id.slice(0, 8) });
  // So many that it is of no interest.
  await bert.see("join-uses", { gone: true });
  await bert.picture("join-preview");
  await bert.join();
  await Promise.all([anna, bert].map((person) => person.meets(1)));
  await anna.click("open-invite");
  await anna.see("invitation", { state: '[data-used="1"]', count: 1 });
  await anna.click("end-invitation");
  // The dialog may offer another link by then.
  await anna.see("invitation", { state: '[data-used="1"]', gone: true });
  const carl = await Person.arrive(stage, "chromium", server, "Carl", { link });
  await carl.see("join-problem", { text: "ended" });
});
