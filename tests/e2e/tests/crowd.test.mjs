import assert from "node:assert/strict";
import { found, join, meets, reads, start, write } from "../support/group.mjs";
import { joinRoom, scenario } from "../support/scenario.mjs";

const PAGES = Number(process.env.LACIS_CROWD ?? 24);
/** Pages that do something heavy at once. */
const WAVE = 6;
/** What a page may hold, ever and once things are calm. */
const [LINKS_MAX, LINKS_CALM] = [12, 8];

/** Opens pages, not all at once: so many that start together take the machine from each other. */
async function open(stage, server, count) {
  const tabs = [];
  while (tabs.length < count) {
    const few = Array.from({ length: Math.min(WAVE, count) }, () => stage.tab("chromium", server));
    tabs.push(...(await Promise.all(few)));
  }
  return tabs;
}

const all = (tabs, run, argument) => Promise.all(tabs.map((tab) => tab.evaluate(run, argument)));

/** Demands that no page holds more connections than it may, and fewer once things are calm. */
async function expectCalm(tabs) {
  const connections = await all(tabs, () => t.peer.diagnose().connections);
  assert.ok(Math.max(...connections) <= LINKS_MAX, `${connections}`);
  await all(
    tabs,
    (most) => t.until(() => t.peer.diagnose().connections <= most, "calm", 60_000),
    LINKS_CALM,
  );
}

scenario(
  `${PAGES} pages in one room all hear each other over few links`,
  async (stage) => {
    const server = await stage.server();
    const tabs = await open(stage, server, PAGES);
    const [first] = tabs;
    const everywhere = (run, argument) => all(tabs, run, argument);
    const link = await first.evaluate(() => lacis.createRoomLink());
    const start = Date.now();
    await Promise.all(tabs.map((tab) => joinRoom(tab, link)));
    await everywhere((others) => t.linked(others, 60_000), PAGES - 1);
    console.log(`  all know of all after ${Date.now() - start} ms`);
    await everywhere(() => t.room.broadcast("text", `from ${t.peer.nodeId}`));
    await everywhere(async () => {
      const others = [...t.room.remotes.keys()];
      for (const id of others) await t.got(`from ${id}`, 30_000);
    });
    const counts = await everywhere(() => t.messages.length);
    assert.deepEqual([...new Set(counts)], [PAGES - 1], "each message came once");

    await expectCalm(tabs);
    const far = await first.evaluate(
      () => [...t.room.remotes.values()].find(({ state }) => state === "indirect").id,
    );
    await first.evaluate((id) => t.room.send(id, "text", "to you alone"), far);
    const ids = await everywhere(() => t.peer.nodeId);
    const listener = tabs[ids.indexOf(far)];
    await listener.evaluate(() => t.got("to you alone", 10_000));

    await first.evaluate(() => t.peer.close());
    tabs.shift();
    await everywhere(
      (others) => t.until(() => t.room.remotes.size === others, "who left is gone", 10_000),
      PAGES - 2,
    );
  },
  { deadlineMs: 240_000 },
);

scenario(
  `${PAGES} pages in one group hold and hear everything over few links`,
  async (stage) => {
    const server = await stage.server();
    const tabs = await open(stage, server, PAGES);
    const [first, ...others] = tabs;
    for (const [at, tab] of tabs.entries()) await start(tab, at + 1);
    await found(first, "Crowd");
    const link = await first.evaluate(() => t.group.invite({ uses: 100, expires: "1h" }));
    const begun = Date.now();
    // In waves, or this many pages take the machine from each other for half a minute.
    for (let at = 0; at < others.length; at += WAVE) {
      await Promise.all(others.slice(at, at + WAVE).map((tab) => join(tab, link)));
    }
    await Promise.all(tabs.map((tab) => meets(tab, PAGES - 1)));
    console.log(`  all are in and know of all after ${Date.now() - begun} ms`);
    await all(tabs, (at) => t.group.presence.set({ at }), 0);
    await Promise.all(tabs.map((tab, at) => write(tab, [`note ${at}`])));
    const notes = tabs.map((_, at) => `note ${at}`);
    await Promise.all(tabs.map((tab) => reads(tab, notes)));
    await all(
      tabs,
      (count) => {
        t.group.addEventListener("presence", () => t.wake());
        const here = () => t.group.presence.others.length === count;
        return t.until(here, () => `${t.group.presence.others.length} are here`, 30_000);
      },
      PAGES - 1,
    );
    await expectCalm(tabs);

    // Whoever comes now gets everything, and is heard by everybody.
    const [late] = await open(stage, server, 1);
    await start(late, PAGES + 1);
    await join(late, link);
    await meets(late, PAGES);
    await reads(late, notes);
    await write(late, ["late"]);
    await Promise.all(tabs.map((tab) => reads(tab, [...notes, "late"])));
    await late.evaluate(() => t.group.presence.set({ late: true }));
    await all(
      tabs,
      () => {
        const late = () => t.group.presence.others.some(({ value }) => value.late);
        return t.until(late, "the newcomer is heard", 10_000);
      },
      undefined,
    );
    await expectCalm([...tabs, late]);
  },
  { deadlineMs: 300_000 },
);
