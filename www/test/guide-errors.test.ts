// docs/guide/errors.md names every code once, says rightly which are worth another try, and no
// others.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { PeerError, peerErrorCodes } from "../src/errors.js";

const page = readFileSync(new URL("../../docs/guide/errors.md", import.meta.url), "utf8");
const rows = [...page.matchAll(/^\| `([a-z-]+)` \|(.*)\|(.*)\|(.*)\|$/gm)].map(
  ([, code = "", again = "", cause = "", cure = ""]) => ({
    code,
    again: again.trim(),
    cause: cause.trim(),
    cure: cure.trim(),
  }),
);

test("each code has one row, and each row a code", () => {
  expect(rows.map(({ code }) => code).sort()).toEqual([...peerErrorCodes].sort());
});

test("each row says whether to try again as the code does", () => {
  const again = rows.map(({ code, again }) => [code, again]);
  const wanted = rows.map(({ code }) => {
    const known = peerErrorCodes.find((one) => one === code) ?? "internal";
    return [code, new PeerError(known).retryable ? "yes" : ""];
  });
  expect(again).toEqual(wanted);
});

test("each row has a cause and a cure", () => {
  for (const { code, cause, cure } of rows) {
    expect(`${code}: ${cause}; ${cure}`).toMatch(/^[a-z-]+: .{8,}; .{4,}$/);
  }
});
