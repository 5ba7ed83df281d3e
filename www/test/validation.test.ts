import { expect, test, vi } from "vitest";
import * as z from "zod";
import type { RecordValidator } from "../src/group/options.js";
import { give, twoAdmins } from "./apps/members.js";

/** What of two admins the first takes of what the second writes, and what its page is told of. */
async function taken(validator: RecordValidator): Promise<[texts: string[], reported: unknown[]]> {
  const reported: unknown[] = [];
  vi.stubGlobal("reportError", (thrown: unknown) => reported.push(thrown));
  const [ada, bob] = await twoAdmins();
  vi.stubGlobal("reportError", (thrown: unknown) => reported.push(thrown));
  const old = await ada.group.get(await ada.group.add({ type: "todo", data: { title: "old" } }));
  await give(ada, bob);
  ada.group.validate("todo", validator);
  for (const data of ["no JSON", "null", '{"title":"new"}']) {
    await bob.group.add({ type: "todo", data });
  }
  await bob.group.delete(await bob.group.get(old.id));
  // Behind it everything was asked about.
  const last = await bob.group.add({ type: "note", data: "last" });
  await give(bob, ada);
  await vi.waitFor(() => ada.group.get(last));
  await vi.waitFor(() => expect(ada.group.count({ type: "todo" })).toBe(1));
  return [(await ada.group.find({ type: "todo" })).map((record) => record.text()), reported];
}

const Todo = z.object({ title: z.string() });

test("what is no JSON does not fit a schema, and is no error of the page", async () => {
  expect(await taken(Todo as RecordValidator)).toEqual([['{"title":"new"}'], []]);
});

test("what a function cannot read is not taken, and is no error of the page", async () => {
  const [texts, reported] = await taken((it) => it.deleted || "title" in it.json(Todo));
  expect([texts, reported]).toEqual([['{"title":"new"}'], []]);
});

test("what a function itself throws is an error of the page", async () => {
  const wrong = new TypeError("a slip");
  const [texts, reported] = await taken((it) => {
    if (it.deleted || it.text().startsWith("{")) return true;
    throw wrong;
  });
  expect([texts, reported]).toEqual([['{"title":"new"}'], [wrong, wrong]]);
});
