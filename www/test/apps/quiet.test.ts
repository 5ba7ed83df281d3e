// What happens all the time costs nothing: round trips, and drawing what is there.
import { expect, onTestFinished, test, vi } from "vitest";
import { LINE_TYPE, talkOf } from "../../apps/chat/model.js";
import { Space } from "../../apps/shared/space.js";
import { GroupMembership } from "../../src/group/membership.js";
import { give, groupOf, twoAdmins } from "./members.js";

/** Ada's group with a room in which Bob has a page, and what becomes of that page. */
async function roomWithBob() {
  const [{ group, me }, bob] = await twoAdmins();
  await bob.group.add({ type: LINE_TYPE, data: { text: "Bread?" } });
  const remote = { id: "page", peerId: bob.me.id, state: "direct", connected: true, rttMs: 1 };
  const remotes = new Map([["page", remote]]);
  const room = Object.assign(new EventTarget(), { remotes, respond: () => () => {} });
  Object.defineProperty(group, "room", { value: room });
  const ada = new Space(group, me, () => ({ colour: 0 }));
  onTestFinished(() => ada.end());
  await give(bob, ada);
  const become = (state: string, rttMs = 1): void => {
    const connected = state === "direct" || state === "relayed";
    Object.assign(remote, { state, connected, rttMs });
    room.dispatchEvent(new CustomEvent("remotechange", { detail: remote }));
  };
  return { ada, bob, room, become };
}

test("whoever is here is told once what is held of it, not at each round trip", async () => {
  const { ada, bob, become } = await roomWithBob();
  const send = vi.spyOn(ada.group, "send").mockImplementation(() => Promise.resolve());
  await talkOf(ada).load();
  // What is told is gathered first.
  const wait = vi.spyOn(globalThis, "setTimeout");
  const begun = (): number => wait.mock.calls.filter(([, ms]) => ms === 60).length;
  for (let rtt = 0; rtt < 3; rtt += 1) become("direct", rtt);
  expect(begun()).toBe(0);
  become("recovering");
  for (let rtt = 0; rtt < 3; rtt += 1) become("direct", rtt);
  expect(begun()).toBe(1);
  await vi.waitFor(() => expect(send).toHaveBeenCalledTimes(1));
  expect(send.mock.calls[0]?.[0]).toBe(bob.me.id);
  become("direct", 9);
  expect(begun()).toBe(1);
  wait.mockRestore();
});

test("a round trip has nothing drawn again, another way of being reached has", async () => {
  const { ada, become } = await roomWithBob();
  become("direct");
  await Promise.resolve();
  const draw = vi.fn();
  ada.subscribe(draw);
  for (let rtt = 0; rtt < 5; rtt += 1) {
    become("direct", rtt);
    await Promise.resolve();
  }
  expect(draw).not.toHaveBeenCalled();
  become("relayed");
  await Promise.resolve();
  expect(draw).toHaveBeenCalledTimes(1);
});

test("what is drawn asks the group once who is in it, and again after a change", async () => {
  const { spaces } = await groupOf("inviter");
  const [ada, bob] = spaces as [Space, Space];
  const talk = talkOf(ada);
  for (let count = 0; count < 5; count += 1) await talk.say({ text: `${count}`, mentions: [] });
  await talk.load();
  const asked = vi.spyOn(GroupMembership.prototype, "members", "get");
  onTestFinished(() => asked.mockRestore());
  const draw = (): void => {
    for (const line of talk.lines) talk.deliveryOf(line);
    void [ada.roles, ada.isAdmin, ada.mayWrite, ada.others, ada.present, ada.member(bob.me.id)];
  };
  for (let time = 0; time < 50; time += 1) draw();
  expect(asked.mock.calls.length).toBeLessThanOrEqual(1);
  expect(ada.member(bob.me.id)?.roles).toContain("inviter");
  await ada.group.setRole(bob.me.id, "member");
  expect(ada.member(bob.me.id)?.roles).not.toContain("inviter");
});

test("whatever a member sends, it is no failure that a person is told of", async () => {
  const { ada, bob, room } = await roomWithBob();
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  onTestFinished(() => warn.mockRestore());
  ada.onMessage("app.word", () => {
    throw new TypeError("it is null");
  });
  const detail = { label: "app.word", from: { peerId: bob.me.id }, data: new Uint8Array() };
  room.dispatchEvent(new CustomEvent("message", { detail }));
  expect(warn).toHaveBeenCalledWith("app.word: TypeError: it is null");
});
