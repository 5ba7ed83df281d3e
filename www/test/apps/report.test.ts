import { describe, expect, test } from "vitest";
import { reportOf, withoutSecrets } from "../../apps/shared/report.js";
import { PeerError } from "../../src/errors.js";

const KEY = "lo1abcdefghijklmnopqrstuvwxyz234567";
const around = { page: "board", language: "en", diagnosis: undefined, names: [] };

describe("what a report leaves out", () => {
  test.each([
    ["at run (https://h.org/a/board-x1.js?v=2#/g/abc:12:7)", "at run (board-x1.js:12:7)"],
    ["at run (https://h.org/a/board-x1.js:12:7)", "at run (board-x1.js:12:7)"],
    ["run@http://h.org:80/a/b.js:12:7", "run@b.js:12:7"],
    ["at Boundary.#again (http://h.org/b.js:1:2)", "at Boundary.#again (b.js:1:2)"],
    ["to wss://name:word@h.org/ws?token=1", "to wss://h.org"],
    [`open #/join/chat/${KEY}//Anna now`, "open #... now"],
    [`the key ${KEY}.`, "the key lo1a...."],
    ["a data:image/png;base64,iVBORw0KGgo= b", "a data:... b"],
  ])("%s", (text, left) => {
    expect(withoutSecrets(text)).toBe(left);
  });

  test("names, longer ones first, and only as whole words", () => {
    const names = ["Ann", "Ann Lee", "Zoé", "x", "a+b"];
    const left = withoutSecrets("Ann Lee, Ann, Annex, Zoé, Zoés, x, a+b", names);
    expect(left).toBe("<name>, <name>, Annex, <name>, Zoés, x, <name>");
  });
});

test("a report says what failed, and quotes nobody", () => {
  const cause = new SyntaxError('Unexpected token, "my secret" is not JSON');
  const error = new PeerError("store-damaged", { detail: `record ${KEY} of 'Bob B'`, cause });
  const report = reportOf(error, { ...around, diagnosis: { rttMs: 1.5, url: "ws://h/ws" } });
  expect(report).toContain("code: store-damaged");
  expect(report).toContain("detail: record lo1a... of '...'");
  expect(report).toContain('cause: SyntaxError: Unexpected token, "..." is not JSON');
  expect(report).toContain('peer: {"rttMs":2,"url":"ws://h"}');
  expect(report).toMatch(/report\.test\.ts:\d+/);
  expect(report).not.toMatch(/secret|Bob|abcdefgh/);
});

test("a report is short, whatever was thrown", () => {
  const long = new Error("many words ".repeat(5_000));
  expect(reportOf(long, { ...around, diagnosis: "ab ".repeat(9_000) }).length).toBeLessThan(6_100);
  expect(reportOf("thrown as it is", around)).toContain("error: Error: thrown as it is");
  expect(reportOf(undefined, around)).toContain("error: Error: undefined");
});
