// A person in a browser: its identity, its peer and its groups, as the pages hold them.
import { IDBFactory } from "fake-indexeddb";
import { beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { ISSUE_TYPE } from "../../apps/letter/guard.js";
import { APP_TYPE } from "../../apps/shared/apps.js";
import { Blobs } from "../../apps/shared/blobs.js";
import { contacts, keepContact } from "../../apps/shared/contacts.js";
import { Home } from "../../apps/shared/home.js";
import { remember } from "../../apps/shared/memory.js";
import { keepLook } from "../../apps/shared/people.js";
import type { Space } from "../../apps/shared/space.js";
import type { Identity } from "../../src/identity/identity.js";
import { give, groupOf } from "./members.js";

const browser = vi.hoisted(() => ({
  identities: {} as Record<string, unknown>,
  peer: {} as object,
  all: [] as { readonly id: string; readonly name: string }[],
}));

/** Another identity of the same person, who is in no group. */
const OTHER = { id: "other", name: "Other" } as Identity;

vi.mock("lacis", async (original) => ({
  ...(await original<object>()),
  init: () => Promise.resolve(),
  openIdentities: () => Promise.resolve(browser.identities),
  createPeer: () => Promise.resolve(browser.peer),
}));

const turns = vi.hoisted(() => ({ held: new Set<string>() }));

vi.mock("../../apps/shared/one-tab.js", () => ({
  takeTurn: (id: string) => {
    turns.held.add(id);
    return Promise.resolve(() => void turns.held.delete(id));
  },
}));

beforeEach(() => {
  vi.stubGlobal("location", new URL("https://page.example/apps/"));
  vi.stubGlobal("indexedDB", new IDBFactory());
  turns.held.clear();
});

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
  browser.identities = {
    list: () => Promise.resolve(browser.all),
    delete: () => {
      browser.all = browser.all.filter(({ id }) => id !== me.id);
      return Promise.resolve();
    },
  };
  browser.all = [me, OTHER];
  const home = new Home();
  await home.start();
  onTestFinished(() => {
    for (const space of home.spaces.values()) space.end();
  });
  expect(home.phase).toEqual({ at: "ready" });
  return home;
}

test("what a reader writes is no issue, also before it is known to be a newsletter", async () => {
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

/** Somebody with a group of which much is kept beside its store. */
async function settled() {
  const { spaces } = await groupOf();
  const [ada] = spaces as [Space];
  const home = await homeOf(ada, [ada.group]);
  const space = home.spaces.get(ada.id) as Space;
  const { me, id } = space;
  await new Blobs(me.id, id, space.signal).set("hash", new Blob(["large"]));
  space.drafts.keep("line", { text: "half a sentence" });
  for (const kind of ["space", "sources", "notify"]) remember(`${kind}.${id}`, {});
  remember(`app.${id}`, "chat");
  keepLook(me.id, { colour: 3 });
  keepContact(me.id, "bert", "Bert");
  await vi.waitFor(() => expect(keysLeft()).toContain(`lacis.contacts.${me.id}`));
  browser.peer = peerWith([]);
  return { home, space, me, id };
}

const keysLeft = (): string[] =>
  Array.from({ length: localStorage.length }, (_, at) => localStorage.key(at) ?? "").sort();
const databases = async (): Promise<unknown> =>
  (await indexedDB.databases()).map(({ name }) => name);

describe("nothing stays on the device", () => {
  test("of a group that was left, but what belongs to its person", async () => {
    const { home, space, me } = await settled();
    await home.leaveSpace(space);
    expect(await databases()).toEqual([]);
    const own = ["lacis.contacts.", "lacis.look."].map((start) => start + me.id);
    expect(keysLeft()).toEqual([...own, "lacis.last-identity"].sort());
  });

  test("of an identity that was deleted", async () => {
    const { home, me } = await settled();
    await home.deleteMe("delete");
    expect(await databases()).toEqual([]);
    expect(keysLeft()).toEqual(["lacis.last-identity"]);
    expect(localStorage.getItem("lacis.last-identity")).toBe('"other"');
    expect(contacts(me.id)).toEqual({});
    expect(home.me).toBe(OTHER);
  });
});

test("an identity that cannot be deleted goes on with all its groups", async () => {
  const { home, space, me, id } = await settled();
  browser.peer = peerWith([space.group]);
  browser.identities.delete = () => Promise.reject(new Error("blocked"));
  const phases = new Set<string>();
  home.subscribe(() => phases.add(home.phase.at));
  await expect(home.deleteMe("delete")).rejects.toThrow("blocked");
  expect(home.phase).toEqual({ at: "ready" });
  expect(home.me).toBe(me);
  expect([...home.spaces.keys()]).toEqual([id]);
  expect(home.peer).toBe(browser.peer);
  // The dialog that tells of it stays.
  expect([...phases]).toEqual(["ready"]);
});

test("a tab that becomes somebody else gives back the turn of whom it was", async () => {
  const { home, me } = await settled();
  expect([...turns.held]).toEqual([me.id]);
  await home.become(OTHER);
  expect([...turns.held]).toEqual([OTHER.id]);
});

test("a link is one's own, also if others make theirs meanwhile", async () => {
  const { spaces } = await groupOf("admin");
  const [ada, bob] = spaces as [Space, Space];
  const home = await homeOf(ada, [ada.group]);
  const space = home.spaces.get(ada.id) as Space;
  const invite = space.group.invite.bind(space.group);
  vi.spyOn(space.group, "invite").mockImplementation(async (options) => {
    const text = await invite(options);
    for (let count = 0; count < 5; count += 1) await bob.group.invite({ role: "inviter", uses: 3 });
    await give(bob, ada);
    return text;
  });
  const link = await home.invite(space);
  expect(space.invitations).toHaveLength(6);
  const made = space.invitations.find(({ id }) => id === space.lastLink?.id);
  expect(made?.issuer).toBe(ada.me.id);
  expect(await home.invite(space)).toBe(link);
});

test("a group that cannot be deleted is shown with all that is kept of it", async () => {
  const { home, space, id } = await settled();
  vi.spyOn(space.group, "erase").mockRejectedValueOnce(new Error("disk"));
  const connect = vi.spyOn(space.group, "connect").mockRejectedValue(new Error("offline"));
  await expect(home.leaveSpace(space)).rejects.toThrow("disk");
  expect([...home.spaces.keys()]).toEqual([id]);
  expect(home.spaces.get(id)?.drafts.get("line")).toEqual({ text: "half a sentence" });
  expect(await databases()).toHaveLength(1);
  expect(connect).toHaveBeenCalledTimes(1);
});

test("who joins a group twice at once has it once", async () => {
  const { spaces } = await groupOf();
  const [ada] = spaces as [Space];
  const home = await homeOf(ada, []);
  const link = await ada.group.invite({ role: "inviter", uses: 3 });
  const joinGroup = () => Promise.resolve(ada.group);
  Object.assign(browser.peer, { joinGroup });
  const [one, other] = await Promise.all([home.join(link, "chat"), home.join(link, "chat")]);
  expect(one).toBe(other);
});
