import { expect, test, vi } from "vitest";
import type { CoreEvent } from "../src/core.js";
import type { Group } from "../src/group/group.js";
import { load } from "../src/low-level.js";
import { Peer } from "../src/peer.js";
import type { Room } from "../src/room.js";
import type { Store } from "../src/store/store.js";
import { realModule } from "./real-module.js";
import { ScriptedCore } from "./scripted-core.js";

const PEER = "b".repeat(52);

async function opened(core: ScriptedCore): Promise<Group> {
  const joining = core.peer.joinGroup("lg1invitation", { connect: false });
  core.settle("join_group");
  return joining;
}

test("a message to a member is one call, whatever pages it has", async () => {
  const core = new ScriptedCore();
  const group = await opened(core);
  await expect(group.send(PEER, "hello", "there")).rejects.toMatchObject({ code: "not-connected" });
  group.connect().catch(() => {});
  const options = { priority: "bulk", until: "delivered" } as const;
  const sent = group.send(PEER, "hello", "there", options);
  const bytes = new TextEncoder().encode("there");
  expect(core.named("send")).toEqual([["send", expect.any(Number), 1, PEER, "hello", bytes, 2, 1]]);
  core.settle("send", "not-connected");
  // The group is connected; it is the member who is not here.
  await expect(sent).rejects.toMatchObject({ code: "member-away", retryable: true });
  group.disconnect();
});

test("a question to a member goes to each of its pages, and the first answer counts", async () => {
  const core = new ScriptedCore();
  const group = await opened(core);
  const ask = () => group.request(PEER, "seen", "this?", { timeoutMs: 500 });
  await expect(ask()).rejects.toMatchObject({ code: "not-connected" });
  group.connect().catch(() => {});
  await expect(ask()).rejects.toMatchObject({ code: "member-away" });
  const comes = (node: string, peer: string): void =>
    core.tell({ type: "remote", room: 1, node, peer, state: "direct" });
  comes("one", PEER);
  comes("two", PEER);
  comes("other", "c".repeat(52));
  await core.spoken(group.room as unknown as Room);

  const answered = ask();
  const bytes = new TextEncoder().encode("this?");
  expect(core.named("request").map((call) => call.slice(2))).toEqual([
    [1, "one", "seen", bytes, 500],
    [1, "two", "seen", bytes, 500],
  ]);
  const [one, two] = core.named("request").map(([, ticket]) => ticket as number);
  core.settled(one as number, "no-handler");
  core.respond("request", new TextEncoder().encode("yes"));
  expect((await answered).text()).toBe("yes");
  expect(two).not.toBe(one);

  const refused = ask();
  const [first, second] = core
    .named("request")
    .slice(2)
    .map(([, ticket]) => ticket as number);
  core.settled(second as number, "timeout");
  core.settled(first as number, "handler-failed");
  await expect(refused).rejects.toMatchObject({ code: "handler-failed" });
  group.disconnect();
});

test("what is asked of a group goes on when it is disconnected, but for messages", async () => {
  const core = new ScriptedCore();
  const joining = core.peer.joinGroup("lg1invitation");
  core.settle("join_group");
  const group = await joining;
  const added = group.add({ type: "note", data: "x" });
  const found = group.find();
  const watched = group.watch().next();
  const sent = group.send(PEER, "hello", "there").catch((error) => error.code);
  group.disconnect();
  expect(await sent).toBe("left");
  core.settle("add_record");
  core.settle("query_records");
  core.settle("page_records");
  await added;
  expect(await found).toEqual([]);
  await group.close();
  expect(await watched).toEqual({ value: undefined, done: true });
});

test("a file that is taken is given up by its signal, also when its group is opened", async () => {
  const core = new ScriptedCore();
  const parts = new Blob([new Uint8Array(3 * 2_097_152)]);
  const early = new AbortController();
  const importing = core.peer.importGroup(parts, { signal: early.signal, connect: false });
  await core.asked("import_group", 1);
  core.settle("import_group");
  await core.asked("import_file", 1);
  early.abort("enough");
  await expect(importing).rejects.toMatchObject({ code: "aborted", cause: "enough" });
  // The core takes back what it opened, by an end that is none.
  expect(core.named("import_file").at(-1)?.slice(3)).toEqual([Uint8Array.of(0), true]);

  const group = await opened(core);
  const late = new AbortController();
  const taking = group.import(new Blob(["x"]), { signal: late.signal });
  await core.asked("group_stored", 1);
  late.abort();
  await expect(taking).rejects.toMatchObject({ code: "aborted" });
});

test("a group of a file is closed by a signal that comes before all is stored", async () => {
  const core = new ScriptedCore();
  core.members = [{ peer: "peer-me", roles: 7, present: false }];
  const late = new AbortController();
  const importing = core.peer.importGroup(new Blob(["x"]), { signal: late.signal });
  await core.asked("import_group", 1);
  core.settle("import_group");
  await core.asked("group_stored", 1);
  late.abort();
  await expect(importing).rejects.toMatchObject({ code: "aborted" });
  expect(core.named("close_group").at(-1)).toEqual(["close_group", 1, false]);
  expect(core.named("connect_group")).toEqual([]);

  // One that somebody else has opened meanwhile stays.
  const [other, again] = [core.peer.openGroup("group", { connect: false }), new AbortController()];
  core.settle("open_group");
  const group = await other;
  const { length } = core.named("close_group");
  const failing = core.peer.importGroup(new Blob(["x"]), { signal: again.signal });
  await core.asked("import_group", 2);
  core.settle("import_group");
  await core.asked("group_stored", 2);
  again.abort();
  await expect(failing).rejects.toMatchObject({ code: "aborted" });
  expect(core.named("close_group")).toHaveLength(length);
  await group.close();
});

test("a group of a file is not open after its import was given up, whatever was kept", async () => {
  const module = await load(realModule());
  const [identity, signaling] = [new Uint8Array(32).fill(9), ["ws://127.0.0.1:1/ws"]];
  const founder = new Peer(module, { identity, signaling });
  const founded = await founder.createGroup({ name: "Board", connect: false });
  await founded.add({ type: "note", data: "here" });
  const file = await founded.export();
  await founder.close();

  // It takes whatever it is given, and never says that it has.
  const store: Store = {
    write: () => new Promise(() => {}),
    erase: async () => {},
    read: async (_, keys) => keys.map(() => undefined),
    scan: async () => ({ keys: [], values: [] }),
    close: () => {},
  };
  const peer = new Peer(module, { identity, signaling }, store);
  const controller = new AbortController();
  const importing = peer.importGroup(file, { signal: controller.signal, connect: false });
  importing.catch(() => {});
  await vi.waitFor(() => expect(peer.diagnose().groups).toMatchObject([{ records: 4 }]));
  controller.abort();
  await expect(importing).rejects.toMatchObject({ code: "aborted" });
  expect(peer.diagnose().groups).toEqual([]);
  await peer.close();
});

test("a file is handed to the core in pieces, and given up where it cannot be taken", async () => {
  const core = new ScriptedCore();
  const group = await opened(core);
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
