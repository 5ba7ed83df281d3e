import { expect, test } from "vitest";
import type { Group } from "../src/group/group.js";
import type { Room } from "../src/room.js";
import { ScriptedCore } from "./scripted-core.js";

const encoder = new TextEncoder();

async function opened(): Promise<{ script: ScriptedCore; room: Room; group: Group }> {
  const script = new ScriptedCore();
  const founding = script.peer.joinGroup("lg1invitation");
  script.settle("join_group");
  const group = await founding;
  const joining = script.peer.join("#lr1somewhere");
  script.settle("join");
  const room = await joining;
  // The group has the first number.
  await script.spoken(room, 2);
  return { script, room, group };
}

test("what is said goes to the core as JSON, and nothing once it is cleared", async () => {
  const { script, room, group } = await opened();
  group.presence.set({ at: 1 });
  room.presence.set("here");
  room.presence.set(undefined);
  group.presence.clear();
  const said = script.named("set_presence").map(([, number, value]) => {
    return [number, new TextDecoder().decode(value as Uint8Array)];
  });
  expect(said).toEqual([
    [1, '{"at":1}'],
    [2, '"here"'],
    [2, ""],
    [1, ""],
  ]);
});

test("what others say is kept until it is over, and told", async () => {
  const { script, room } = await opened();
  const told: unknown[] = [];
  room.addEventListener("presence", ({ detail }) => {
    told.push([detail.nodeId, detail.peerId, detail.value]);
  });
  script.tell({ type: "remote", room: 2, node: "ada", peer: "Ada", state: "direct" });
  const say = (value = ""): void =>
    script.tell({ type: "presence", room: 2, node: "ada", peer: "a", data: encoder.encode(value) });
  say("null");
  say("no JSON");
  expect(room.presence.others).toEqual([{ nodeId: "ada", peerId: "Ada", value: null }]);
  say();
  say();
  expect(room.presence.others).toEqual([]);
  say("1");
  await room.leave();
  expect(room.presence.others).toEqual([]);
  expect(told).toEqual([
    ["ada", "Ada", null],
    ["ada", "Ada", undefined],
    ["ada", "Ada", 1],
    ["ada", "Ada", undefined],
  ]);
});

test("in a group both the group and its room tell, until it is disconnected", async () => {
  const script = new ScriptedCore();
  const founding = script.peer.joinGroup("lg1invitation");
  script.settle("join_group");
  const group = await founding;
  const room = group.room as Room;
  expect(room.presence).toBe(group.presence);
  const told: unknown[] = [];
  group.addEventListener("presence", ({ detail }) => told.push(["group", detail.value]));
  room.addEventListener("presence", ({ detail }) => told.push(["room", detail.value]));
  await script.spoken(room);
  const data = encoder.encode("7");
  script.tell({ type: "presence", room: 1, node: "ada", peer: "a", data });
  // Nothing else is known of her yet.
  expect(group.presence.others).toEqual([{ nodeId: "ada", peerId: "a", value: 7 }]);
  group.disconnect();
  expect(told).toEqual([
    ["group", 7],
    ["room", 7],
    ["group", undefined],
    ["room", undefined],
  ]);
});
