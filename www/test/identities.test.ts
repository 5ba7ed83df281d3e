import { IDBFactory, IDBKeyRange } from "fake-indexeddb";
import { expect, test, vi } from "vitest";
import { openIdentitiesFrom } from "../src/identity/identities.js";
import { load } from "../src/low-level.js";
import { realModule } from "./real-module.js";

test("an identity that is deleted while it gets another name does not come back", async () => {
  vi.stubGlobal("indexedDB", new IDBFactory());
  vi.stubGlobal("IDBKeyRange", IDBKeyRange);
  const module = await load(realModule());
  const identities = await openIdentitiesFrom(async () => module);
  const { id } = await identities.create("Ada");
  const renamed = identities.rename(id, "Grace");
  await identities.delete(id, { groups: "keep" });
  await expect(renamed).rejects.toMatchObject({ code: "identity-unknown" });
  expect(await identities.list()).toEqual([]);
  identities.close();
});
