import { expect, test, vi } from "vitest";
import type { CoreEvent, CoreGroupEvent } from "../src/core.js";
import type { Group } from "../src/group/group.js";
import type { GroupEvents } from "../src/group/options.js";
import { load } from "../src/low-level.js";
import { Peer } from "../src/peer.js";
import { realModule, somebody } from "./real-module.js";
import { ScriptedCore } from "./scripted-core.js";

const tell = (core: ScriptedCore, event: CoreGroupEvent): void =>
  core.tell({ type: "group", group: 1, event });
const room = (state: "open" | "offline"): CoreEvent => ({ type: "room", room: 1, state });
const member = (state: "direct"): CoreEvent => ({
  ...{ type: "remote", room: 1, node: "node", peer: "peer", state },
});

async function joined(): Promise<{ core: ScriptedCore; group: Group }> {
  const core = new ScriptedCore();
  const joining = core.peer.joinGroup("lo1x");
  core.settle("join_group");
  return { core, group: await joining };
}

function hears<Name extends keyof GroupEvents & string>(
  group: Group,
  name: Name,
): GroupEvents[Name][] {
  const heard: GroupEvents[Name][] = [];
  const hear = ({ detail }: CustomEvent<GroupEvents[Name]>): unknown => heard.push(detail);
  group.addEventListener(name, hear as never);
  return heard;
}

/** What was told before a call has passed on all that came with it waits for the next task. */
const soon = (holds: () => void): Promise<void> => vi.waitFor(holds, { interval: 1 });

test("an author hears which record does not count any more, and why", async () => {
  const { core, group } = await joined();
  const heard = hears(group, "rejected");
  tell(core, { about: "rejected", id: "one", code: "superseded" });
  tell(core, { about: "rejected", id: "two", code: "over-budget" });
  tell(core, { about: "rejected", id: "three", code: "of a later version" });
  await soon(() =>
    expect(heard).toEqual([
      { id: "one", code: "superseded" },
      { id: "two", code: "over-budget" },
      { id: "three", code: "internal" },
    ]),
  );
});

test("what is told in one form is told apart again", async () => {
  const { core, group } = await joined();
  const names = ["gone", "setaside", "rewritten", "keyold", "clock", "damaged", "sync"] as const;
  const heard = names.map((name) => hears(group, name));
  tell(core, { about: "gone", id: "record", text: "chat" });
  tell(core, { about: "set-aside", id: "peer", count: 2 });
  tell(core, { about: "rewritten", id: "old", text: "new" });
  tell(core, { about: "key-old" });
  tell(core, { about: "clock", count: 60_000 });
  tell(core, { about: "damaged", count: 3 });
  tell(core, { about: "sync" });
  await soon(() => expect([group.keyOld, group.clockAheadMs]).toEqual([true, 60_000]));
  tell(core, { about: "key-renewed" });
  tell(core, { about: "clock" });
  await soon(() => expect([group.keyOld, group.clockAheadMs]).toEqual([false, undefined]));
  expect(heard).toEqual([
    [{ id: "record", type: "chat" }],
    [{ author: "peer", count: 2 }],
    [{ old: "old", new: "new" }],
    [{ old: true }, { old: false }],
    [{ aheadMs: 60_000 }, { aheadMs: undefined }],
    [{ count: 3 }],
    [null],
  ]);
});

test("a group says what connecting has found", async () => {
  const { core, group } = await joined();
  const seen = hears(group, "connection");
  expect(group.connection).toBe("connecting");
  core.tell(room("offline"));
  core.tell(room("open"));
  tell(core, { about: "refused", code: "revoked" });
  await soon(() => expect([group.connection, group.refusal]).toEqual(["alone", "revoked"]));
  core.tell(member("direct"));
  await soon(() => expect([group.connection, group.refusal]).toEqual(["connected", undefined]));
  tell(core, { about: "refused", code: "not-member" });
  await soon(() => expect(group.refusal).toBe("not-member"));
  group.disconnect();
  expect(group.connection).toBe("disconnected");
  void group.connect().catch(() => {});
  expect([group.connection, group.refusal]).toEqual(["connecting", undefined]);
  expect(seen.slice(-5)).toEqual(["offline", "alone", "connected", "disconnected", "connecting"]);
  await core.peer.close();
});

test("records are counted by type and creator, and none of them is read", async () => {
  const module = await load(realModule());
  const peer = new Peer(module, { signaling: ["ws://127.0.0.1:1/ws"] });
  const group = await peer.createGroup({ name: "Board", connect: false });
  for (const type of ["note", "note", "chat"]) await group.add({ type, data: "x" });
  const [note] = await group.find({ type: "note" });
  const counts = (): number[] => [
    group.count(),
    group.count({ type: "note" }),
    group.count({ type: "note", creator: peer.id }),
    group.count({ creator: somebody(module) }),
  ];
  expect(counts()).toEqual([3, 2, 2, 0]);
  if (note !== undefined) await group.delete(note);
  expect(counts()).toEqual([2, 1, 1, 0]);
  for (const wrong of [{ type: "No type" }, { creator: "nobody" }]) {
    expect(() => group.count(wrong)).toThrow(expect.objectContaining({ code: "invalid-argument" }));
  }
  await peer.close();
});
