// The issues of a newsletter, and what goes with one that is taken back.
import { expect, test } from "vitest";
import { DRAFT, type Issue, type Press, pressOf } from "../../apps/letter/model.js";
import { meet, twoAdmins } from "./members.js";

const PICTURE = new Blob([new Uint8Array(300_000)], { type: "image/png" });

const named = (press: Press, key: string): Issue => {
  const issue = press.named(key);
  if (issue === undefined) throw new Error("it is not published");
  return issue;
};

test("an issue that is taken back takes the pictures along that are in nothing else", async () => {
  const [ada, bob] = await twoAdmins();
  const press = pressOf(ada);
  await press.load();
  const addresses: string[] = [];
  for (let count = 0; count < 4; count += 1) addresses.push(await press.addPicture(PICTURE));
  const [own, twice, drafted, others] = addresses.map((address) => `![](${address})`);
  await press.publish("first", "First", `${own} ${twice} ${twice} ${drafted}`);
  await press.publish("second", "Second", `${twice} ${others}`);
  ada.drafts.keep(`${DRAFT}new`, { title: "Third", text: `${drafted}` });
  const kept = (type: string): Promise<number> =>
    bob.group.find({ type }).then(({ length }) => length);
  await meet(ada, bob);
  expect([await kept("letter.image"), await kept("letter.image.part")]).toEqual([4, 8]);
  await press.withdraw(named(press, "first"));
  await meet(ada, bob);
  expect(press.issues.map(({ title }) => title)).toEqual(["Second"]);
  expect([await kept("letter.image"), await kept("letter.image.part")]).toEqual([3, 6]);
  expect(await press.pictures.get((addresses[0] as string).slice("lacis:".length))).toBeUndefined();
});
