import { describe, expect, test } from "vitest";
import { type Entry, merge, pack, unpack } from "../src/store/runs.js";

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

  test("give the newest of each key, and none that was deleted since", () => {
    const runs = [
      pack([entry("a", "1"), entry("b", "1"), entry("c", "1")]),
      pack([entry("b", "2"), entry("c", "")]),
    ];
    const loose = [entry("a", ""), entry("d", "3")];
    expect(texts(merge(runs, loose))).toEqual([
      ["b", "2"],
      ["d", "3"],
    ]);
    expect(texts(merge(runs, [entry("c", "4")], { keepDeletions: true }))).toEqual([
      ["a", "1"],
      ["b", "2"],
      ["c", "4"],
    ]);
    expect(texts(merge([], loose, { keepDeletions: true }))).toEqual([
      ["a", ""],
      ["d", "3"],
    ]);
  });

  test("can be asked for by the beginning of their keys", () => {
    const runs = [pack([entry("xa", "1"), entry("ya", "1"), entry("x", "2")])];
    expect(texts(merge(runs, [], { prefix: bytes("x") }))).toEqual([
      ["xa", "1"],
      ["x", "2"],
    ]);
  });
});
