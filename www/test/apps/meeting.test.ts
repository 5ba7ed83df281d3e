// An admin changes at which servers a group meets: what is typed, what is refused, what others do.
import { beforeEach, describe, expect, test, vi } from "vitest";
import { flawOf, type Meeting, meetingOf, SERVERS_MAX } from "../../apps/shared/meeting.js";
import { give, twoAdmins } from "./members.js";

const [FIRST, SECOND] = ["wss://one.example/ws", "wss://two.example/ws"];
const LONG = `wss://a.example/${"a".repeat(512 - 16)}`;

beforeEach(() => void vi.stubGlobal("location", new URL("https://page.example/apps/")));

/** Two admins, of whom the first changes the servers. */
async function begun() {
  const spaces = await twoAdmins();
  const [ada, bob] = [meetingOf(spaces[0]), meetingOf(spaces[1])];
  ada.begin();
  return { ada, bob, spaces };
}

/** Types these addresses into as many fields. */
function type(meeting: Meeting, ...urls: string[]): void {
  while (meeting.fields.length < urls.length) meeting.add();
  for (const [at, { key }] of meeting.fields.entries()) meeting.write(key, urls[at] ?? "");
}

const typed = ({ fields }: Meeting): string[] => fields.map(({ text }) => text);
const flaws = ({ fields }: Meeting) => fields.map(({ flaw }) => flaw);

describe("the servers of a group", () => {
  test("are those of the page as long as nobody has named any", async () => {
    const { ada } = await begun();
    expect(ada.servers).toEqual(["wss://page.example/ws"]);
    expect(typed(ada)).toEqual(["wss://page.example/ws"]);
  });

  test("change for everybody, and links from before are not handed out any more", async () => {
    const { ada, bob, spaces } = await begun();
    for (const space of spaces) space.lastLink = { id: "a", text: "b" };
    type(ada, ` ${FIRST}`, "", SECOND);
    expect(await ada.save()).toBe(true);
    expect(ada.isSaved).toBe(true);
    await give(...spaces);
    for (const { servers } of [ada, bob, ...spaces]) expect(servers).toEqual([FIRST, SECOND]);
    for (const { lastLink } of spaces) expect(lastLink).toBeUndefined();
    expect(bob.isSaved).toBe(false);
  });

  test("are not written when nothing was changed", async () => {
    const { ada, spaces } = await begun();
    expect(await ada.save()).toBe(true);
    expect(ada.isSaved).toBe(false);
    expect(spaces[0].servers).toEqual([]);
  });

  test("are at least one and at most as many as the package takes", async () => {
    const { ada, spaces } = await begun();
    const [only] = ada.fields;
    ada.remove(only?.key ?? 0);
    expect(ada.fields).toHaveLength(1);
    type(ada, " ");
    expect(await ada.save()).toBe(false);
    expect(flaws(ada)).toEqual(["none-named"]);
    const many = Array.from({ length: SERVERS_MAX + 1 }, (_, at) => `wss://${at}.example/ws`);
    const { group } = spaces[0];
    await expect(group.setServers(many)).rejects.toMatchObject({ code: "invalid-argument" });
    type(ada, ...many.slice(1));
    expect(ada.mayAdd).toBe(false);
    ada.add();
    expect(ada.fields).toHaveLength(SERVERS_MAX);
    expect(await ada.save()).toBe(true);
    expect(ada.servers).toEqual(many.slice(1));
  });

  test("say of each address what is wrong with it, and keep what was typed", async () => {
    const { ada, spaces } = await begun();
    type(ada, FIRST, FIRST, "one.example", "ws://one.example/ws");
    expect(await ada.save()).toBe(false);
    expect(flaws(ada)).toEqual([undefined, "twice", "no-address", "not-secure"]);
    expect(spaces[0].servers).toEqual([]);
    const [, twice] = ada.fields;
    ada.write(twice?.key ?? 0, SECOND);
    expect(flaws(ada)).toEqual([undefined, undefined, "no-address", "not-secure"]);
    ada.begin();
    expect(typed(ada)).toEqual([FIRST, SECOND, "one.example", "ws://one.example/ws"]);
    ada.giveUp();
    ada.begin();
    expect(typed(ada)).toEqual(["wss://page.example/ws"]);
  });

  test("follow another admin while nothing was typed, and say so otherwise", async () => {
    const { ada, bob, spaces } = await begun();
    bob.begin();
    type(bob, FIRST);
    expect(await bob.save()).toBe(true);
    await give(spaces[1], spaces[0]);
    expect(typed(ada)).toEqual([FIRST]);
    expect(ada.isOvertaken).toBe(false);
    type(ada, FIRST, "wss://three");
    bob.begin();
    type(bob, SECOND);
    await bob.save();
    expect(bob.isSaved).toBe(true);
    await give(spaces[1], spaces[0]);
    expect(typed(ada)).toEqual([FIRST, "wss://three"]);
    expect(ada.isOvertaken).toBe(true);
    expect(await ada.save()).toBe(true);
    await give(...spaces);
    expect(bob.servers).toEqual([FIRST, "wss://three"]);
    expect(bob.isSaved).toBe(false);
  });

  test("tell who is no admin any more, in words", async () => {
    const { bob, spaces } = await begun();
    bob.begin();
    await spaces[0].group.revoke(spaces[1].me.id);
    await give(...spaces);
    type(bob, FIRST);
    expect(await bob.save()).toBe(false);
    expect(bob.problem).not.toBe("");
    expect(typed(bob)).toEqual([FIRST]);
  });
});

describe("an address", () => {
  test.each([
    [FIRST, undefined],
    ["wss://one.example", undefined],
    ["wss://one.example:8443/ws?a=b", undefined],
    ["ws://127.0.0.1:8080/ws", undefined],
    ["ws://localhost/ws", undefined],
    ["ws://[::1]:8080/ws", undefined],
    [LONG, undefined],
    [`${LONG}a`, "too-long"],
    ["", "no-address"],
    ["one.example", "no-address"],
    ["https://one.example/ws", "no-address"],
    ["WSS://one.example/ws", "no-address"],
    ["wss:///ws", "no-address"],
    ["wss://:80/ws", "no-address"],
    ["wss://one example/ws", "no-address"],
    ["wss://\u00fcber.example/ws", "no-address"],
    ["ws://one.example/ws", "not-secure"],
    ["ws://localhost.example/ws", "not-secure"],
    ["wss://ada:secret@one.example/ws", "not-plain"],
    ["ws://localhost@one.example/ws", "not-plain"],
    ["wss://one.example/ws#here", "not-plain"],
    ["wss://one.example\\ws", "not-plain"],
  ])("%s: %s, and the package says the same", async (url, flaw) => {
    expect(flawOf(url)).toBe(flaw);
    const [{ group }] = await twoAdmins();
    const set = group.setServers([url]);
    if (flaw === undefined) await set;
    else await expect(set).rejects.toMatchObject({ code: "invalid-argument" });
  });
});
