// A date that somebody wrote may be any number; it is shown, or named as what it is.
import { describe, expect, test } from "vitest";
import { machineDate } from "../../apps/shared/dates.js";
import { languages, readableTime } from "../../apps/shared/texts/index.js";

describe.each(Object.entries(languages))("dates in %s", (_, texts) => {
  const wordsFor = (at: Date): string[] => [
    texts.day(at),
    texts.clock(at),
    texts.until(at),
    texts.signedBy("Ada", "abcd", at),
    texts.correctedOn(at),
    readableTime(at),
  ];

  test("have words, whatever number somebody wrote", () => {
    const odd = [Number.NaN, Number.POSITIVE_INFINITY, 8.64e15, 8.64e15 + 1, 2 ** 64, -1, 0];
    const sizes = Array.from({ length: 2_000 }, () => 2 ** (Math.random() * 66));
    for (const ms of [...odd, ...sizes, ...sizes.map((size) => -size)]) {
      const words = wordsFor(new Date(ms));
      expect(words.join(), String(ms)).not.toMatch(/invalid|NaN/i);
      expect(() => machineDate(new Date(ms))).not.toThrow();
    }
  });

  test("out of range are named as that", () => {
    const never = texts.day(new Date(Number.NaN));
    expect(never).toMatch(/calend/);
    for (const ms of [8.64e15, -8.64e15]) expect(texts.day(new Date(ms))).toBe(never);
    expect(texts.until(new Date(8.64e15))).toContain(never);
    expect(texts.day(new Date("2026-11-28T12:00"))).toContain("2026");
  });
});
