// A person in a browser: its identity, its peer and its groups, as the pages hold them.
import { beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { ISSUE_TYPE } from "../../apps/letter/guard.js";
import { APP_TYPE } from "../../apps/shared/apps.js";
import { Home } from "../../apps/shared/home.js";
import type { Space } from "../../apps/shared/space.js";
import { give, groupOf } from "./members.js";

const browser = vi.hoisted(() => ({ identities: {} as object, peer: {} as object }));

vi.mock("lacis", async (original) => ({
  ...(await original<object>()),
  init: () => Promise.resolve(),
  openIdentities: () => Promise.resolve(browser.identities),
  createPeer: () => Promise.resolve(browser.peer),
}));

vi.mock("../../apps/shared/one-tab.js", () => ({ takeTurn: () => Promise.resolve() }));

beforeEach(() => void vi.stubGlobal("location", new URL("https://page.example/apps/")));

/** What a peer is for the pages that has these groups. */
function peerWith(groups: readonly Space["group"][]): object {
  const openGroup = (id: string) => Promise.resolve(groups.find((group) => group.id === id));
  const close = (): Promise<void> => Promise.resolve();
  const list = (): Promise<unknown> => Promise.resolve(groups.map(({ id }) => ({ id })));
  return Object.assign(new EventTarget(), { servers: new Map(), groups: list, openGroup, close });
}

/** The pages of somebody who is in these groups. */
async function homeOf({ me }: Space, groups: readonly Space["group"][]): Promise<Home> {
  browser.peer = peerWith(groups);
  browser.identities = { list: () => Promise.resolve([me]) };
  const home = new Home();
  await home.start();
  onTestFinished(() => {
    for (const space of home.spaces.values()) space.end();
  });
  expect(home.phase).toEqual({ at: "ready" });
  return home;
}

test("what a reader writes is no issue, also while nobody knows that it is a newsletter", async () => {
  const { spaces } = await groupOf("inviter", "inviter");
  const [ada, bob, cleo] = spaces as [Space, Space, Space];
  const home = await homeOf(bob, [bob.group]);
  const space = home.spaces.get(bob.id) as Space;
  expect(space.app).toBeUndefined();
  await cleo.group.add({ type: ISSUE_TYPE, data: { title: "Fake", text: "all of it" } });
  await give(cleo, bob);
  await ada.group.add({ type: APP_TYPE, data: { app: "letter" } });
  await ada.group.add({ type: ISSUE_TYPE, data: { title: "True", text: "some of it" } });
  await give(ada, bob);
  expect(space.app).toBe("letter");
  const issues = await bob.group.find({ type: ISSUE_TYPE });
  expect(issues.map((record) => record.json())).toMatchObject([{ title: "True" }]);
});
