import { describe, expect, test } from "vitest";
import {
  dueRuns,
  type Entry,
  merge,
  pack,
  placeOf,
  RUNS_MAX,
  type RunSize,
  unpack,
} from "../src/store/runs.js";

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

  test("give the newest of each key in order, and none that was deleted since", () => {
    const log = [
      entry("b", "1"),
      entry("a", "1"),
      entry("c", "1"),
      entry("b", "2"),
      entry("c", ""),
      entry("d", "3"),
      entry("a", ""),
    ];
    expect(texts(merge(log, { keepDeletions: false }))).toEqual([
      ["b", "2"],
      ["d", "3"],
    ]);
    expect(texts(merge(log, { keepDeletions: true }))).toEqual([
      ["a", ""],
      ["b", "2"],
      ["c", ""],
      ["d", "3"],
    ]);
  });

  test("are found by their keys", () => {
    const entries = [entry("b", "1"), entry("d", "2")];
    const places = ["a", "b", "c", "d", "e"].map((key) => placeOf(entries, bytes(key)));
    expect(places).toEqual([0, 0, 1, 1, 2]);
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
