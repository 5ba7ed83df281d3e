import { IDBFactory, IDBKeyRange } from "fake-indexeddb";
import { CompactEncrypt } from "jose";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Identities, openIdentitiesFrom } from "../src/identity/identities.js";
import { secretOf } from "../src/identity/identity.js";
import { load } from "../src/low-level.js";
import { roomSecret } from "../src/room-secret.js";
import { realModule } from "./real-module.js";

let identities: Identities;

beforeEach(async () => {
  vi.stubGlobal("indexedDB", new IDBFactory());
  vi.stubGlobal("IDBKeyRange", IDBKeyRange);
  const module = await load(realModule());
  identities = await openIdentitiesFrom(async () => module);
});

afterEach(() => {
  identities.close();
  vi.unstubAllGlobals();
});

test("an identity that is deleted while it gets another name does not come back", async () => {
  const { id } = await identities.create("Ada");
  const renamed = identities.rename(id, "Grace");
  await identities.delete(id, { groups: "keep" });
  await expect(renamed).rejects.toMatchObject({ code: "identity-unknown" });
  expect(await identities.list()).toEqual([]);
});

test("an identity that is kept already is not imported, and its name of now stays", async () => {
  const { id } = await identities.create("Old");
  const exported = await identities.export(id, "correct horse");
  await identities.rename(id, "New");
  const again = identities.import(exported, "correct horse");
  await expect(again).rejects.toMatchObject({ code: "identity-known" });
  expect((await identities.list()).map(({ name }) => name)).toEqual(["New"]);
  await identities.delete(id, { groups: "keep" });
  expect(await identities.import(exported, "correct horse")).toMatchObject({ id, name: "Old" });
});

test("a tab whose module does not come lets others make an identity", async () => {
  let turn: Promise<unknown> = Promise.resolve();
  const request = (_: string, act: () => Promise<unknown>): Promise<unknown> => {
    turn = turn.then(act);
    return turn;
  };
  vi.stubGlobal("navigator", { locks: { request } });
  const waiting = vi.fn(() => new Promise<never>(() => {}));
  const other = await openIdentitiesFrom(waiting);
  void other.getOrCreate("Bob");
  await vi.waitFor(() => expect(waiting).toHaveBeenCalled());
  const made = await Promise.all(["Ada", "Grace"].map((name) => identities.getOrCreate(name)));
  expect(made.map(({ name }) => name)).toEqual(["Ada", "Ada"]);
  // Of one that is there nothing has to be made.
  expect(await other.getOrCreate("Bob")).toMatchObject({ name: "Ada" });
  other.close();
});

test("what was sealed and is no identity is damaged, whatever it is", async () => {
  const identity = btoa("\u0007".repeat(32));
  const ada = { identity, name: "Ada", createdAt: 1 };
  const wrong = [null, 7, {}, { ...ada, name: "\u0007" }, { ...ada, name: "x".repeat(256) }];
  wrong.push({ ...ada, name: undefined }, { ...ada, createdAt: "now" }, { ...ada, identity: "" });
  const sealed = (content: unknown): Promise<string> =>
    new CompactEncrypt(new TextEncoder().encode(JSON.stringify(content)))
      .setProtectedHeader({ alg: "PBES2-HS512+A256KW", enc: "A256GCM" })
      .setKeyManagementParameters({ p2c: 1_000 })
      .encrypt(new TextEncoder().encode("x"));
  for (const content of wrong) {
    const imported = identities.import(await sealed(content), "x");
    await expect(imported).rejects.toMatchObject({ code: "identity-damaged" });
  }
  expect(await identities.import(await sealed(ada), "x")).toMatchObject({ name: "Ada" });
});

test("a page that is not secure is told so by every call that needs keys", async () => {
  const me = await identities.create("Ada");
  const exported = await identities.export(me.id, "correct horse");
  // What browsers leave of `crypto` on such a page.
  vi.stubGlobal("crypto", {
    getRandomValues: (bytes: Uint8Array<ArrayBuffer>) => globalThis.structuredClone(bytes),
  });
  const calls: (() => Promise<unknown>)[] = [
    () => identities.create("Bob"),
    () => identities.rename(me.id, "Grace"),
    () => identities.export(me.id, "correct horse"),
    () => identities.import(exported, "correct horse"),
    () => secretOf(me),
    () => roomSecret({ app: "org.example", name: "table 7" }),
  ];
  for (const call of calls) {
    const error = { code: "insecure-context", detail: expect.stringMatching(/https/) };
    await expect(call()).rejects.toMatchObject(error);
  }
  expect((await identities.list()).map(({ name }) => name)).toEqual(["Ada"]);
});
