// A disk that is full in truth: the browser's profile lies on a small file system of its own.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { launchOn } from "../support/browsers.mjs";
import { OUTPUT } from "../support/pages.mjs";
import { scenario } from "../support/scenario.mjs";

/** What a browser's profile needs, and a little more. */
const SMALL = "60m";

const mount = (...words) => spawnSync("mount", words, { encoding: "utf8" });

/** A file system of its own, or why there is none. */
function smallDisk() {
  const folder = mkdtempSync(join(OUTPUT, "disk-"));
  const { status, stderr } = mount("-t", "tmpfs", "-o", `size=${SMALL}`, "tmpfs", folder);
  if (status === 0) return { folder };
  rmSync(folder, { recursive: true });
  return { reason: stderr?.trim() || "mount is not allowed" };
}

const start = (page) =>
  page.evaluate(async () => {
    const identity = new Uint8Array(32).fill(9);
    t.peer = await t.start({ identity, store: "full" });
    t.watchGroup = (group) => {
      for (const type of ["damaged", "unsaved", "saved"]) {
        group.addEventListener(type, ({ detail }) => t.note(type, detail?.code ?? detail));
      }
      return group;
    };
    /** Adds a record; how that ended, and how long it took. */
    t.add = async (bytes, seed) => {
      const data = new Uint8Array(bytes);
      for (let at = 0; at < bytes; at += 65_536) {
        crypto.getRandomValues(data.subarray(at, Math.min(bytes, at + 65_536)));
      }
      const begun = performance.now();
      const outcome = await t.group.add({ type: "r", data, attributes: { seed } }).then(
        () => "none",
        (error) => error.code,
      );
      return [outcome, Math.round(performance.now() - begun)];
    };
  });

const told = (page, type) =>
  page.evaluate((name) => t.events.filter((event) => event.type === name).length, type);

const LARGE_RECORD = 100 * 1024;

scenario(
  "a full disk refuses at once, lets deletions pass, and keeps all once there is place",
  async (stage) => {
    const disk = smallDisk();
    if (disk.reason !== undefined) {
      console.error(`WARNING: not shown what a full disk does: ${disk.reason}`);
      return;
    }
    stage.defer(() => {
      spawnSync("umount", ["-l", disk.folder]);
      rmSync(disk.folder, { recursive: true, force: true });
    });
    const server = await stage.server();
    const context = await launchOn(disk.folder);
    stage.defer(() => context.close());
    const page = await context.newPage();
    const load = async () => {
      await page.goto(`${server.url}/blank.html`);
      await page.waitForFunction(() => globalThis.isReady);
      await start(page);
    };
    await load();
    const id = await page.evaluate(async () => {
      t.group = t.watchGroup(await t.peer.createGroup({ name: "Full", connect: false }));
      return t.group.id;
    });

    // Until it is full, and then 20 more, one after the other.
    const outcomes = await page.evaluate(async (bytes) => {
      const all = [];
      for (let count = 0; count < 900 && (all.at(-1)?.[0] ?? "none") === "none"; count += 1) {
        all.push(await t.add(bytes, count));
      }
      for (let count = 0; count < 20; count += 1) all.push(await t.add(bytes, 1_000 + count));
      return all;
    }, LARGE_RECORD);
    const refused = outcomes.filter(([code]) => code !== "none");
    assert.ok(refused.length >= 10, `${refused.length} of ${outcomes.length} were refused`);
    assert.deepEqual([...new Set(refused.map(([code]) => code))], ["store-full"]);
    const slowest = Math.max(...refused.map(([, ms]) => ms));
    assert.ok(slowest < 2_000, `a refusal took ${slowest} ms`);
    assert.deepEqual([await told(page, "unsaved"), await told(page, "saved")], [1, 0]);

    const held = await page.evaluate(async () => (await t.group.find({ type: "r" })).length);
    assert.equal(held, outcomes.length);
    console.log(`  ${refused.length} of ${outcomes.length} refused, within ${slowest} ms`);

    // Half of it is deleted: that makes place, and everything that was refused comes in.
    const kept = await page.evaluate(async () => {
      const records = await t.group.find({ type: "r" });
      const half = records.slice(0, records.length / 2);
      await Promise.allSettled(half.map((record) => t.group.delete(record)));
      return records.length - half.length;
    });
    await page.evaluate(() => t.event("saved", { ms: 70_000 }));
    assert.deepEqual([await told(page, "unsaved"), await told(page, "saved")], [1, 1]);
    assert.equal((await page.evaluate((bytes) => t.add(bytes, 2_000), 100))[0], "none");
    await load();
    const again = await page.evaluate(async (group) => {
      t.group = t.watchGroup(await t.peer.openGroup(group, { connect: false }));
      return (await t.group.find({ type: "r" })).length;
    }, id);
    assert.equal(again, kept + 1);
    assert.equal(await told(page, "damaged"), 0);
  },
  { deadlineMs: 180_000 },
);
