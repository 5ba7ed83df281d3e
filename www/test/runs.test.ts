import { describe, expect, test } from "vitest";
import { type Merged, merge } from "../src/store/merged.js";
import { dueRuns, type Entry, pack, RUNS_MAX, type RunSize, unpack } from "../src/store/runs.js";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const entry = (key: string, value: string): Entry => [bytes(key), bytes(value)];
const texts = (entries: Iterable<Entry>): string[][] =>
  [...entries].map((parts) => parts.map((part) => new TextDecoder().decode(part)));

describe("packed entries", () => {
  test("come out as they went in", () => {
    const entries = [entry("a", "1"), entry("", ""), entry("key", "x".repeat(70_000))];
    expect(texts(unpack(pack(entries)))).toEqual(texts(entries));
    expect(texts(unpack(pack([])))).toEqual([]);
  });

  test("that were cut off lose their end only", () => {
    const packed = pack([entry("a", "1"), entry("b", "2")]);
    for (let length = 0; length < packed.length; length += 1) {
      const whole = length >= packed.length / 2 ? 1 : 0;
      expect([...unpack(packed.subarray(0, length))]).toHaveLength(whole);
    }
  });
});

describe("runs as one table", () => {
  const all = (merged: Merged): string[][] => texts(unpack(merged.pack()));
  const log = [
    [entry("a", "1"), entry("b", "1"), entry("c", "1")],
    [entry("b", "2"), entry("c", "")],
    [entry("a", ""), entry("d", "3")],
  ];

  test("give the newest of each key in order, and none that was deleted since", () => {
    const runs = log.map(pack);
    const [kept, whole] = [false, true].map((keepDeletions) => merge(runs, { keepDeletions }));
    expect(all(kept as Merged)).toEqual([
      ["b", "2"],
      ["d", "3"],
    ]);
    expect(all(whole as Merged)).toEqual([
      ["a", ""],
      ["b", "2"],
      ["c", ""],
      ["d", "3"],
    ]);
    expect([kept?.deletions, whole?.deletions]).toEqual([0, 2]);
  });

  test("are put in order if they are not", () => {
    const merged = merge([pack(log.flat())], { keepDeletions: false });
    expect(all(merged)).toEqual([
      ["b", "2"],
      ["d", "3"],
    ]);
  });

  test("hold what a map holds, however many there are", () => {
    let state = 1;
    const random = (below: number): number => {
      state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
      return Math.floor((state / 2 ** 31) * below);
    };
    for (let count = 0; count < 20; count += 1) {
      const held = new Map<string, string>();
      const runs = Array.from({ length: count }, () => {
        const some = Array.from({ length: random(50) }, () => {
          const [key, value] = [`shelf ${random(60)}`, random(3) === 0 ? "" : `${random(1_000)}`];
          held.set(key, value);
          return entry(key, value);
        });
        return pack(some);
      });
      const merged = merge(runs, { keepDeletions: false, shared: "shelf ".length });
      const expected = [...held].filter(([, value]) => value !== "");
      expect(all(merged)).toEqual(expected.sort(([a], [b]) => (a < b ? -1 : 1)));
      for (const [key, value] of held) {
        const found = merged.get(bytes(key));
        expect(found && new TextDecoder().decode(found)).toBe(value === "" ? undefined : value);
      }
    }
  });

  test("are found by their keys", () => {
    const merged = merge([pack([entry("b", "1"), entry("d", "2")])], { keepDeletions: true });
    const keys = ["a", "b", "c", "d", "e"].map(bytes);
    expect(keys.map((key) => merged.placeOf(key))).toEqual([0, 0, 1, 1, 2]);
    expect(keys.map((key) => merged.placeAfter(key))).toEqual([0, 1, 1, 2, 2]);
    expect(keys.map((key) => merged.get(key)?.at(0))).toEqual([
      undefined,
      "1".charCodeAt(0),
      undefined,
      "2".charCodeAt(0),
      undefined,
    ]);
  });
});

describe("what of a log is merged", () => {
  const run = (entries: number, deletions = 0): RunSize => ({ bytes: entries, entries, deletions });

  test("is nothing as long as there are few runs", () => {
    expect(dueRuns(Array.from({ length: RUNS_MAX }, () => run(1)))).toBe(0);
  });

  test("are the newest runs, up to one that is larger than all of them", () => {
    const small = Array.from({ length: RUNS_MAX }, () => run(1));
    expect(dueRuns([run(RUNS_MAX + 1), ...small])).toBe(RUNS_MAX);
    expect(dueRuns([run(RUNS_MAX), ...small])).toBe(RUNS_MAX + 1);
    expect(dueRuns([run(1), run(500), ...small.slice(2), run(9)])).toBe(RUNS_MAX - 1);
  });

  test("is everything once a quarter of it are deletions", () => {
    expect(dueRuns([run(30), run(10, 10)])).toBe(0);
    expect(dueRuns([run(30), run(11, 11)])).toBe(2);
  });

  test("costs each entry a few writes, however many come one by one", () => {
    const runs: RunSize[] = [];
    let [written, most] = [0, 0];
    for (let count = 1; count <= 20_000; count += 1) {
      runs.push(run(1));
      const due = dueRuns(runs);
      if (due > 0) {
        const merged = runs.splice(runs.length - due).reduce((all, { bytes }) => all + bytes, 0);
        runs.push(run(merged));
        written += merged;
      }
      most = Math.max(most, runs.length);
    }
    expect(most).toBe(RUNS_MAX);
    expect(written / 20_000).toBeLessThan(4);
  });
});
