// Programs and pages in one group.
import assert from "node:assert/strict";
import { found, join, meets, reads, SYNC_MS, start, write } from "../support/group.mjs";
import { folder, member } from "../support/programs.mjs";
import { scenario } from "../support/scenario.mjs";

/** Invitations of whoever founded a group. */
function invitations(tab, ...roles) {
  return tab.evaluate(
    (list) => Promise.all(list.map((role) => t.group.invite({ uses: 1, role }))),
    roles,
  );
}

/** Waits until a tab holds so many notes. */
function holds(tab, count) {
  return tab.evaluate(
    ([wanted, ms]) => {
      t.group.addEventListener("record", t.wake);
      const isThere = () => t.group.count({ type: "note" }) === wanted;
      return t.until(isThere, () => `${wanted} notes; there are ${t.group.count()}`, ms);
    },
    [count, SYNC_MS],
  );
}

scenario("a program gives what it keeps of a group while no page is open", async (stage) => {
  const server = await stage.server();
  const [a, b] = [await stage.tab("chromium", server), await stage.tab("firefox", server)];
  await start(a, 1);
  await start(b, 2);
  await found(a, "Notes");
  await write(a, ["before"]);
  const [forProgram, forPage] = await invitations(a, "inviter", "member");
  const program = await member(stage, server, forProgram, folder(stage));
  await reads(a, ["before", "a program is here"]);
  await write(a, ["after"]);
  await a.evaluate(() => t.group.stored());
  await a.close();

  await join(b, forPage);
  await reads(b, ["before", "a program is here", "after"]);
  await program.stop("SIGINT");
  assert.match(program.log, /note: before\n[\s\S]*note: after\n[\s\S]*left\n$/);
});

scenario("both browsers and a program are one group, whoever reloads or dies", async (stage) => {
  const server = await stage.server();
  const [a, b] = [await stage.tab("chromium", server), await stage.tab("firefox", server)];
  await start(a, 1);
  await start(b, 2);
  const id = await found(a, "Notes");
  const [forProgram, forPage] = await invitations(a, "member", "member");
  const place = folder(stage);
  const program = await member(stage, server, forProgram, place);
  await join(b, forPage);
  const notes = ["a program is here", "of chromium", "of firefox"];
  await write(a, ["of chromium"]);
  await write(b, ["of firefox"]);
  for (const tab of [a, b]) await meets(tab, 2);
  for (const tab of [a, b]) await reads(tab, notes);

  // A page that reloads is linked to both again.
  await b.reload();
  await b.ready();
  await start(b, 2);
  await b.evaluate(async (group) => {
    t.group = await t.peer.openGroup(group);
  }, id);
  for (const tab of [a, b]) await meets(tab, 2);

  // So is a program that was killed; it has all that was written meanwhile.
  await program.stop("SIGKILL");
  await write(b, ["meanwhile"]);
  const again = await member(stage, server, forProgram, place);
  await again.prints(/note: meanwhile\n/);
  for (const tab of [a, b]) {
    await meets(tab, 2);
    await holds(tab, 5);
  }
  await write(a, ["the last"]);
  await again.prints(/note: the last\n/);
});
