import { expect, test } from "vitest";
import type { CoreEvent } from "../src/core.js";
import { ScriptedCore } from "./scripted-core.js";

const PEER = "b".repeat(52);

test("a message to a member is one call, whatever pages it has", async () => {
  const core = new ScriptedCore();
  const joining = core.peer.joinGroup("lg1invitation", { connect: false });
  core.settle("join_group");
  const group = await joining;
  await expect(group.send(PEER, "hello", "there")).rejects.toMatchObject({ code: "not-connected" });
  group.connect().catch(() => {});
  const options = { priority: "bulk", until: "delivered" } as const;
  const sent = group.send(PEER, "hello", "there", options);
  const bytes = new TextEncoder().encode("there");
  expect(core.named("send")).toEqual([["send", expect.any(Number), 1, PEER, "hello", bytes, 2, 1]]);
  core.settle("send", "not-connected");
  await expect(sent).rejects.toMatchObject({ code: "not-connected" });
  group.disconnect();
});

test("a file is handed to the core in pieces, and given up where it cannot be taken", async () => {
  const core = new ScriptedCore();
  const joining = core.peer.joinGroup("lg1invitation", { connect: false });
  core.settle("join_group");
  const group = await joining;
  const taking = group.import(new Blob([new Uint8Array(2_097_152), Uint8Array.of(7)]));
  await core.asked("group_stored", 1);
  core.settle("group_stored");
  await taking;
  const taken = core.named("import_file").map(([, of, file, bytes, isLast]) => {
    return [of, file, (bytes as Uint8Array).length, isLast];
  });
  expect(taken).toEqual([
    [1, 1, 2_097_152, false],
    [1, 1, 1, true],
  ]);

  // The core takes back what it opened for a file that is not whole.
  const event: CoreEvent = {
    type: "group",
    group: 1,
    event: { about: "closed", code: "export-damaged" },
  };
  core.tell(event);
  await expect(group.stored()).rejects.toMatchObject({ code: "closed" });
});
