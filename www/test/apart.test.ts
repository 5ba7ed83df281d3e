import { expect, test, vi } from "vitest";
import { ScriptedCore } from "./scripted-core.js";

test("of two joins in one turn the one that is refused leaves the other alone", async () => {
  const core = new ScriptedCore();
  const first = core.peer.joinGroup("#lo1once");
  const second = core.peer.joinGroup("#lo1twice");
  await expect(second).rejects.toMatchObject({ code: "group-open" });
  const ticket = core.named("join_group")[0]?.[1] as number;
  core.settled(ticket);
  await expect(first).resolves.toMatchObject({ id: "group" });
});

test("a room that cannot be joined ends no call that is under way", async () => {
  const core = new ScriptedCore();
  const room = core.peer.join("#lr1one");
  const listed = core.peer.groups();
  await expect(core.peer.join("#lr1full")).rejects.toMatchObject({ code: "too-many-rooms" });
  core.settle("stored_groups", "store-failed");
  await expect(listed).rejects.toMatchObject({ code: "store-failed" });
  const ticket = core.named("join")[0]?.[1] as number;
  core.settled(ticket);
  await expect(room).resolves.toBeDefined();
});

test("a group that fails later ends no other that is being opened", async () => {
  const core = new ScriptedCore();
  const opened = core.peer.openGroup("one");
  const failing = core.peer.joinGroup("#lo1other");
  core.settle("join_group", "revoked");
  await expect(failing).rejects.toMatchObject({ code: "revoked" });
  core.settle("open_group");
  await expect(opened).resolves.toBeDefined();
});

test("an open group is one object with one number for all who open it", async () => {
  const core = new ScriptedCore();
  const opening = core.peer.openGroup("group", { connect: false });
  core.settle("open_group");
  const group = await opening;
  const onClosed = vi.fn();
  group.addEventListener("closed", onClosed);
  const joining = core.peer.joinGroup("#lo1again", { connect: false });
  expect(core.named("join_group").map((call) => call.slice(1, 3))).toEqual([
    [2, 2],
    [2, 1],
  ]);
  core.settle("join_group");
  expect(await joining).toBe(group);
  expect(onClosed).not.toHaveBeenCalled();
  expect(core.named("close_group")).toEqual([]);
  await group.close();
  const again = core.peer.openGroup("group", { connect: false });
  core.settle("open_group");
  expect(await again).not.toBe(group);
  expect(core.named("open_group").at(-1)?.[2]).toBe(3);
});
