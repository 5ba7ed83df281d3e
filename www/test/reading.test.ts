import { beforeAll, describe, expect, test } from "vitest";
import type { CoreModule } from "../src/core.js";
import type { Group } from "../src/group/group.js";
import { Reading } from "../src/group/reading.js";
import type { GroupRecord } from "../src/group/record.js";
import { load } from "../src/low-level.js";
import { Peer } from "../src/peer.js";
import { EventQueue } from "../src/queue.js";
import { realModule } from "./real-module.js";

describe("what is held is read", () => {
  let module: CoreModule;
  beforeAll(async () => {
    module = await load(realModule());
  });

  async function founded(count: number, check: (group: Group) => Promise<void>): Promise<void> {
    const peer = new Peer(module, { signaling: ["ws://127.0.0.1:1/ws"] });
    try {
      const group = await peer.createGroup({ name: "Board", connect: false });
      for (let number = 0; number < count; number += 1) {
        await group.add({ type: "note", attributes: { number }, data: `${number}` });
      }
      await check(group);
    } finally {
      await peer.close();
    }
  }

  const texts = (records: readonly GroupRecord[]): string[] => records.map((it) => it.text());
  const numbers = (from: number, to: number): string[] =>
    Array.from({ length: to - from }, (_, at) => `${from + at}`);

  test("in order and up to a limit", () =>
    founded(20, async (group) => {
      // Those of one millisecond come in the order of their ids.
      const order = texts(await group.find());
      expect([...order].sort()).toEqual(numbers(0, 20).sort());
      const newest = await group.find({ order: "newest", limit: 3 });
      const times = newest.map(({ created }) => created.getTime());
      expect(times).toEqual([...times].sort((a, b) => b - a));
      expect(newest).toHaveLength(3);
      expect(await group.find({ where: { number: { gte: 15 } }, limit: 100 })).toHaveLength(5);
      expect(await group.find({ where: { number: { gte: 15 } }, limit: 2 })).toHaveLength(2);
      for (const wrong of [{ limit: 0 }, { limit: 1.5 }, { order: "random" as "oldest" }]) {
        await expect(group.find(wrong)).rejects.toMatchObject({ code: "invalid-argument" });
      }
    }));

  test("at the reader's pace, and then what comes, each record once", () =>
    founded(700, async (group) => {
      const read: string[] = [];
      for await (const record of group.watch({ type: "note" })) {
        if (read.length === 100) await group.add({ type: "note", data: "700" });
        read.push(record.text());
        if (read.length === 701) break;
      }
      expect(read.at(-1)).toBe("700");
      expect([...read].sort()).toEqual(numbers(0, 701).sort());
    }));

  test("as it is by then: what changes before its turn comes anew, what is deleted as that", () =>
    founded(600, async (group) => {
      const held = await group.find();
      const last = held.at(-1) as GroupRecord;
      const before = held.at(-2) as GroupRecord;
      const reader = group.watch({ type: "note" });
      await reader.next();
      await group.update(last, { data: "changed" });
      await group.delete(before);
      const versions: [string, boolean][] = [];
      for (let count = 1; count < 600; count += 1) {
        const { value } = await reader.next();
        if (value === undefined) throw new Error("it has ended");
        if ([last.id, before.id].includes(value.id)) {
          versions.push([value.deleted ? "" : value.text(), value.deleted]);
        }
      }
      expect(versions).toEqual([
        ["changed", false],
        ["", true],
      ]);
      await reader.return?.();
      expect(await reader.next()).toEqual({ value: undefined, done: true });
    }));

  test("by several who ask before the answer has come", () =>
    founded(3, async (group) => {
      const reader = group.watch({ type: "note" });
      const asked = [reader.next(), reader.next(), reader.next()];
      const got = (await Promise.all(asked)).map(({ value }) => value?.text());
      expect(got.sort()).toEqual(["0", "1", "2"]);
      const ended = reader.next();
      await group.close();
      expect(await ended).toEqual({ value: undefined, done: true });
    }));

  test("with nothing in it, until the group is closed or a signal says so", () =>
    founded(0, async (group) => {
      const stop = new AbortController();
      const aborted = group.watch({ signal: stop.signal }).next();
      stop.abort();
      await expect(aborted).rejects.toMatchObject({ code: "aborted" });
      const none = group.watch().next();
      await group.close();
      expect(await none).toEqual({ value: undefined, done: true });
    }));
});

test.each([
  ["deleted", { attributes: {} }],
  ["of attributes alone", { attributes: { title: "x".repeat(200) }, header: new Uint8Array() }],
])("what waits is bounded, also of records that are %s", async (_, record) => {
  const live = new EventQueue<GroupRecord>({ items: Number.MAX_VALUE, bytes: 10_000 }, () => {});
  const none = { begin: () => ({ ticket: 1, done: Promise.resolve() }), more() {}, stop() {} };
  const reading = new Reading(live, none);
  const header = new Uint8Array(200);
  for (let count = 0; count < 100; count += 1) reading.take({ header, ...record } as GroupRecord);
  const read = async (): Promise<void> => {
    for await (const _ of live);
  };
  await expect(read()).rejects.toMatchObject({ code: "too-slow" });
});
