// What others call their files, and when they say that something was.
import { describe, expect, test } from "vitest";
import { textOf, valueOfJson } from "../src/bytes.js";
import { dateOf, dateOrNever } from "../src/date.js";
import { plainName, sentName } from "../src/file-name.js";
import { GroupRecord } from "../src/group/record.js";

const FAMILY = "\u{1F469}\u200D\u{1F469}\u200D\u{1F467}.png";
const PERSIAN = "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645.txt";
const ENGLAND = "\u{1F3F4}\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}.png";

describe("the name of a file", () => {
  test.each([["a\u{282E2}\u{1F600}.png"], [FAMILY], [PERSIAN], [ENGLAND]])(
    "%j stays what it is",
    (name) => expect(sentName(name)).toBe(name),
  );

  test.each([
    ["a\u202Egpj.exe", "agpj.exe"],
    ["\u2066a\u2069.txt", "a.txt"],
    ["\u061Ca\u200E\u200F.txt", "a.txt"],
    ["../a.txt", "a.txt"],
    ["C:\\temp\\a.txt", "a.txt"],
    ["a\u0000b\n.txt", "ab.txt"],
    ["a\u2028b.txt", "ab.txt"],
    ["x\uD83D", "x\uFFFD"],
    ["", "file"],
    ["..", "file"],
    [" \u200B\u200D ", "file"],
  ])("%j is sent and shown as %j", (name, plain) => {
    expect(sentName(name)).toBe(plain);
    expect(plainName(name)).toBe(plain);
  });

  test("that is too long is refused with a detail that says which argument it is", () => {
    expect(sentName("\u{1F600}".repeat(63))).toHaveLength(126);
    const refused = expect(() => sentName("\u{1F600}".repeat(64)));
    refused.toThrow(
      expect.objectContaining({ detail: expect.stringMatching(/of a file has at most 255 bytes/) }),
    );
  });
});

test("a text that begins with U+FEFF is read whole", () => {
  expect(textOf(new TextEncoder().encode("\uFEFFbom"))).toBe("\uFEFFbom");
});

test("JSON is read with a mark of its encoding before it, and without", () => {
  expect(valueOfJson(new TextEncoder().encode('\uFEFF{"a":1}'))).toEqual({ a: 1 });
  expect(valueOfJson(new TextEncoder().encode('"\uFEFFa"'))).toBe("\uFEFFa");
});

describe("a time that somebody wrote", () => {
  const LAST = 8.64e15;

  test.each([
    [0, 0],
    [LAST, LAST],
    [LAST + 1, LAST],
    [2 ** 64, LAST],
    [Number.POSITIVE_INFINITY, LAST],
    [Number.NaN, LAST],
    [-LAST - 1, -LAST],
    [Number.NEGATIVE_INFINITY, -LAST],
  ])("%d becomes a date", (ms, at) => expect(dateOf(ms).getTime()).toBe(at));

  test("is never without end unless it says so", () => {
    expect(dateOrNever(null)).toBeUndefined();
    expect(dateOrNever(undefined)).toBeUndefined();
    expect(dateOrNever(2 ** 63)?.getTime()).toBe(LAST);
  });

  test("of a record can always be compared and shown, whatever it is", () => {
    for (let run = 0; run < 2_000; run += 1) {
      const [created, modified, expires] = [anyNumber(), anyNumber(), anyNumber()];
      const attributes = [{ name: "due", kind: "date" as const, number: anyNumber() }];
      const core = { id: "a", kind: "t", version: 1, creator: "p", deleted: false };
      const header = new Uint8Array(0);
      const times = { created, modified, expires };
      const record = new GroupRecord({ ...core, ...times, attributes, header });
      const dates = [record.created, record.modified, record.expires, record.attributes.due];
      for (const date of dates) {
        expect(() => (date as Date).toISOString(), JSON.stringify(times)).not.toThrow();
      }
    }
  });
});

/** Numbers of every size that a 64-bit field or a careless program may hold. */
function anyNumber(): number {
  const odd = [Number.NaN, Number.POSITIVE_INFINITY, 2 ** 64, 8.64e15, 8.64e15 + 2, -1, 0];
  if (Math.random() < 0.2) return odd[Math.floor(Math.random() * odd.length)] as number;
  return Math.sign(Math.random() - 0.3) * 2 ** (Math.random() * 70);
}
