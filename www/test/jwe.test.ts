// An exported identity is a standard JWE: another library reads what we write, and the reverse.
import { CompactEncrypt, compactDecrypt } from "jose";
import { expect, test } from "vitest";
import { open, seal } from "../src/identity/jwe.js";

const secret = new TextEncoder().encode("thirty-two bytes, more or less..");
const password = new TextEncoder().encode("correct horse");
const options = { keyManagementAlgorithms: ["PBES2-HS512+A256KW"], maxPBES2Count: 1_000_000 };

test("another library opens what is exported", async () => {
  const { plaintext, protectedHeader } = await compactDecrypt(
    await seal(secret, "correct horse"),
    password,
    options,
  );
  expect(plaintext).toEqual(secret);
  expect(protectedHeader.p2c).toBe(210_000);
});

test("what another library sealed can be imported", async () => {
  const sealed = await new CompactEncrypt(secret)
    .setProtectedHeader({ alg: "PBES2-HS512+A256KW", enc: "A256GCM" })
    .setKeyManagementParameters({ p2c: 5_000 })
    .encrypt(password);
  expect(await open(sealed, "correct horse")).toEqual(secret);
});

test("a wrong password and a changed text are told apart", async () => {
  const sealed = await seal(secret, "correct horse");
  await expect(open(sealed, "wrong horse")).rejects.toMatchObject({ code: "wrong-password" });
  const parts = sealed.split(".");
  const changed = [...parts.slice(0, 3), `A${(parts[3] ?? "").slice(1)}`, parts[4]].join(".");
  const other = [...parts.slice(0, 3), `B${(parts[3] ?? "").slice(1)}`, parts[4]].join(".");
  const bad = changed === sealed ? other : changed;
  for (const text of [bad, "", "a.b.c.d.e", `${sealed}.x`, parts.slice(0, 4).join(".")]) {
    await expect(open(text, "correct horse")).rejects.toMatchObject({ code: "identity-damaged" });
  }
});

test("a header that asks for endless work is refused", async () => {
  const [, ...rest] = (await seal(secret, "x")).split(".");
  const header = { alg: "PBES2-HS512+A256KW", enc: "A256GCM", p2s: "AAAA", p2c: 1e12 };
  const text = [btoa(JSON.stringify(header)).replace(/=+$/, ""), ...rest].join(".");
  await expect(open(text, "x")).rejects.toMatchObject({ code: "identity-damaged" });
});

test("a header that is JSON and no object is that of a damaged text", async () => {
  for (const header of ["null", "7", "[]", `{"p2c":{}}`]) {
    const text = [btoa(header).replace(/=+$/, ""), "a", "b", "c", "d"].join(".");
    await expect(open(text, "x")).rejects.toMatchObject({ code: "identity-damaged" });
  }
});
