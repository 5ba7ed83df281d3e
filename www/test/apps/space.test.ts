// A group as the pages hold it.
import { expect, test, vi } from "vitest";
import { APP_TYPE, type AppName } from "../../apps/shared/apps.js";
import { Space } from "../../apps/shared/space.js";
import { give, groupOf, meet } from "./members.js";

const say = (space: Space, app: AppName): Promise<string> =>
  space.group.add({ type: APP_TYPE, data: { app } });

test("admins say what a group is for, and whoever else says it is not heard", async () => {
  const { spaces } = await groupOf("inviter");
  const [ada, bob] = spaces as [Space, Space];
  await say(bob, "chat");
  await give(bob, ada);
  expect(bob.app).toBeUndefined();
  expect(ada.app).toBeUndefined();
  await say(ada, "letter");
  await give(ada, bob);
  expect([ada.app, bob.app]).toEqual(["letter", "letter"]);
});

test("the first word on what a group is for holds, over what a link has said", async () => {
  const { spaces } = await groupOf("admin");
  const [ada, bob] = spaces as [Space, Space];
  const { group, me } = bob;
  const invited = new Space(group, me, () => ({ colour: 0 }), "chat");
  expect(invited.app).toBe("chat");
  await say(ada, "board");
  const said = Date.now();
  await vi.waitUntil(() => Date.now() > said);
  await say(bob, "letter");
  await meet(ada, bob);
  expect([ada.app, bob.app, invited.app]).toEqual(["board", "board", "board"]);
  const later = new Space(group, me, () => ({ colour: 0 }), "chat");
  await later.start();
  expect(later.app).toBe("board");
  for (const space of [invited, later]) space.end();
});

test("a group that ends under an open page says what it said last", async () => {
  const { spaces, peers } = await groupOf();
  const [ada] = spaces as [Space];
  await ada.group.invite({ role: "inviter", uses: 3 });
  const seen = [ada.members, ada.servers, ada.name, ada.invitations];
  expect(ada.invitations).toHaveLength(1);
  await peers[0]?.close();
  expect([ada.members, ada.servers, ada.name, ada.invitations]).toEqual(seen);
  expect(ada.trouble?.kind).toBe("ended");
});
