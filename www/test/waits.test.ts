// Whatever waits in a peer or a group is given up by its signal, and says so at once.
import { beforeEach, expect, test } from "vitest";
import type { Group } from "../src/group/group.js";
import { GroupRecord } from "../src/group/record.js";
import { ScriptedCore } from "./scripted-core.js";

const PEER = "b".repeat(52);
type Waits = (given: { signal: AbortSignal }) => Promise<unknown>;

let core: ScriptedCore;
let group: Group;
const record = new GroupRecord({
  ...{ id: "record", kind: "note", version: 1, creator: PEER, created: 0, modified: 0 },
  ...{ deleted: false, header: new Uint8Array(), attributes: [] },
});

beforeEach(async () => {
  core = new ScriptedCore();
  const joining = core.peer.joinGroup("lo1x", { connect: false });
  core.settle("join_group");
  group = await joining;
});

const calls: readonly [name: string, waits: Waits][] = [
  ["add_record", (given) => group.add({ type: "note", data: "x" }, given)],
  ["update_record", (given) => group.update(record, { data: "y" }, given)],
  ["delete_record", (given) => group.delete(record, given)],
  ["read_record", (given) => group.get("record", given)],
  ["group_stored", (given) => group.stored(given)],
  ["invite_anybody", (given) => group.invite(given)],
  ["end_invitation", (given) => group.endInvitation("id", given)],
  ["set_roles", (given) => group.setRole(PEER, "inviter", undefined, given)],
  ["revoke", (given) => group.revoke(PEER, given)],
  ["name_actions", (given) => group.nameActions(PEER, given)],
  ["rename_group", (given) => group.rename("Board", undefined, given)],
  ["set_servers", (given) => group.setServers([], given)],
  ["stored_groups", (given) => core.peer.groups(given)],
  ["open_group", (given) => core.peer.openGroup("other", given)],
  ["create_group", (given) => core.peer.createGroup({ name: "Board", ...given })],
];

test.each(calls)("%s is given up by its signal", async (name, waits) => {
  const enough = new AbortController();
  const waiting = waits({ signal: enough.signal });
  expect(core.named(name)).toHaveLength(1);
  enough.abort("enough");
  await expect(waiting).rejects.toMatchObject({ code: "aborted", cause: "enough" });
  expect(core.named("cancel")).toHaveLength(1);

  // By then nothing of it is begun.
  const late = waits({ signal: AbortSignal.abort("late") });
  await expect(late).rejects.toMatchObject({ code: "aborted", cause: "late" });
  expect(core.named(name)).toHaveLength(1);
});

/** A file on a drive that does not answer. */
function silentFile(): Blob {
  const file = new Blob(["x"]);
  file.slice = () => Object.assign(new Blob(), { arrayBuffer: () => new Promise(() => {}) });
  return file;
}

test.each([
  ["import", (given: { signal: AbortSignal }) => group.import(silentFile(), given)],
  ["importGroup", (given: { signal: AbortSignal }) => core.peer.importGroup(silentFile(), given)],
] as const)("%s is given up also while its file is read", async (_, waits) => {
  const enough = new AbortController();
  const waiting = waits({ signal: enough.signal });
  enough.abort("enough");
  await expect(waiting).rejects.toMatchObject({ code: "aborted", cause: "enough" });
});

test("what is no signal is refused, and so is what would not be looked at", async () => {
  for (const [, waits] of calls) {
    await expect(waits({ signal: 7 as never })).rejects.toMatchObject({ code: "invalid-argument" });
    const slip = waits({ singal: 7 } as never);
    await expect(slip).rejects.toMatchObject({ code: "invalid-argument" });
  }
});
