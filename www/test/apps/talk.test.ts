// What is said in a talk: whether it is where it is said to be, and stays taken back.
import { expect, onTestFinished, test, vi } from "vitest";
import { LINE_TYPE, Talk, talkOf } from "../../apps/chat/model.js";
import { Space } from "../../apps/shared/space.js";
import { PeerError } from "../../src/errors.js";
import { twoAdmins } from "./members.js";

type Handler = (request: object) => string;

/** Two pages of a group that are linked: what one asks, a handler of the other answers. */
async function linked(): Promise<[Space, Space]> {
  const two = await twoAdmins();
  const handlers = two.map(() => new Map<string, Handler>());
  const spaces = two.map(({ group, me }, at) => {
    const own = handlers[at] as Map<string, Handler>;
    const theirs = handlers[1 - at] as Map<string, Handler>;
    const respond = (label: string, handler: Handler) => {
      own.set(label, handler);
      return () => void own.delete(label);
    };
    const ask = async (_to: string, label: string, content: string) => {
      const handler = theirs.get(label);
      if (handler === undefined) throw new PeerError("no-handler");
      const data = new TextEncoder().encode(content);
      const text = handler({ from: { peerId: me.id }, data });
      return { text: () => text };
    };
    const room = Object.assign(new EventTarget(), { remotes: new Map(), respond });
    Object.defineProperty(group, "room", { value: room });
    vi.spyOn(group, "request").mockImplementation(ask as never);
    // The network takes a message whether or not the other page has a use for it.
    vi.spyOn(group, "send").mockImplementation(() => Promise.resolve());
    const space = new Space(group, me, () => ({ colour: 0 }));
    onTestFinished(() => space.end());
    return space;
  });
  return spaces as [Space, Space];
}

test("a whisper is delivered once the talk of the other side has it, and not before", async () => {
  const [ada, bob] = await linked();
  const talk = talkOf(ada);
  await talk.whisper(bob.me.id, "psst");
  const [waiting] = talk.lines;
  expect(waiting && talk.deliveryOf(waiting).state).toBe("failed");
  expect(ada.drafts.under("sent.")).toHaveLength(1);
  const theirs = talkOf(bob);
  await talk.sayAgain(waiting?.id ?? "");
  expect(theirs.lines.map(({ text }) => text)).toEqual(["psst"]);
  expect(bob.news.unread).toBe(1);
  const [said] = talk.lines;
  expect(said && talk.deliveryOf(said).state).toBe("delivered");
  expect(ada.drafts.under("sent.")).toEqual([]);
});

test("what was taken back while the disk was full is not said anew", async () => {
  const [ada] = await twoAdmins();
  const { group } = ada;
  const add = group.add.bind(group);
  const adding = vi.spyOn(group, "add").mockImplementation(async (record) => {
    await add(record as never);
    throw new PeerError("store-full");
  });
  const talk = talkOf(ada);
  await talk.load();
  await talk.say({ text: "oops", mentions: [] });
  const [line] = talk.lines;
  if (line === undefined) throw new Error("it is held in memory");
  await talk.delete(line);
  adding.mockImplementation(add as never);
  await new Talk(ada).load();
  expect(await group.find({ type: LINE_TYPE })).toEqual([]);
});
