// Who said it, and by which right: shown and judged by what was true when it was written.
import { expect, test } from "vitest";
import { LINE_TYPE, lineOf } from "../../apps/chat/model.js";
import { ISSUE_TYPE, mightPublish } from "../../apps/letter/guard.js";
import { pressOf } from "../../apps/letter/model.js";
import type { Space } from "../../apps/shared/space.js";
import type { GroupRecord } from "../../src/group/record.js";
import { give, groupOf, meet, twoAdmins } from "./members.js";

async function only(space: Space, type: string): Promise<GroupRecord> {
  const [record, ...more] = await space.group.find({ type });
  if (record === undefined || more.length > 0) throw new Error("not one record");
  return record;
}

test("a line that an admin has changed is shown as changed by that admin", async () => {
  const [ada, bob] = await twoAdmins();
  await ada.group.add({ type: LINE_TYPE, data: { text: "I agree" } });
  expect(lineOf(await only(ada, LINE_TYPE))).toMatchObject({ editor: undefined });
  await ada.group.update(await only(ada, LINE_TYPE), { data: { text: "I agree!" } });
  expect(lineOf(await only(ada, LINE_TYPE))).toMatchObject({ editor: ada.me.id });
  await meet(ada, bob);
  await bob.group.update(await only(bob, LINE_TYPE), { data: { text: "I disagree" } });
  await meet(ada, bob);
  const line = lineOf(await only(ada, LINE_TYPE));
  expect(line).toMatchObject({ author: ada.me.id, editor: bob.me.id, text: "I disagree" });
});

test("an issue stays rightful when its admin has been shut out since", async () => {
  const [ada, bob] = await twoAdmins();
  await bob.group.add({ type: ISSUE_TYPE, data: { title: "1", text: "old" } });
  await give(bob, ada);
  const issue = await only(ada, ISSUE_TYPE);
  await ada.group.revoke(bob.me.id);
  const roles = ada.members.find(({ id }) => id === bob.me.id)?.roles;
  expect(roles).toEqual([]);
  expect(mightPublish(ada.group, issue)).toBe(true);
  // What is written after it is no record for her, whatever date it has.
  await bob.group.add({ type: ISSUE_TYPE, data: { title: "2", text: "new" } });
  await give(bob, ada);
  expect((await only(ada, ISSUE_TYPE)).id).toBe(issue.id);
  const stranger = { ...issue, author: "a".repeat(52) };
  expect(() => mightPublish(ada.group, stranger as unknown as GroupRecord)).not.toThrow();
});

test("an issue of a reader that was taken before anybody watched is not shown", async () => {
  const { spaces } = await groupOf("inviter");
  const [ada, bob] = spaces as [Space, Space];
  const [early, late] = [pressOf(ada), pressOf(bob)];
  await early.load();
  await bob.group.add({ type: ISSUE_TYPE, data: { title: "Fake", text: "all of it" } });
  await give(bob, ada);
  await only(ada, ISSUE_TYPE);
  await late.load();
  expect([early.issues, late.issues]).toEqual([[], []]);
});
