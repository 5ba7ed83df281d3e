// What the package makes of a report of the core: words, and nothing that lets anybody in.
import { expect, test } from "vitest";
import type { CoreReport } from "../src/core.js";
import { diagnosisOf } from "../src/diagnosis.js";
import { FailedConnects } from "../src/failed-connects.js";
import type { Finding } from "../src/findings.js";
import type { Group } from "../src/group/group.js";
import type { PeerState } from "../src/peer-options.js";
import type { Room } from "../src/room.js";
import { ScriptedCore } from "./scripted-core.js";

type CoreRemote = CoreReport["remotes"][number];

const EMPTY: CoreReport = {
  ...{ servers: [], rooms: [], groups: [], remotes: [] },
  ...{ sockets: 0, connections: 0, spareConnections: 0 },
};
const OPEN = { url: "wss://a/ws", state: "open", code: undefined, retryMs: undefined } as const;

function remote(node: string, change: Partial<CoreRemote> = {}): CoreRemote {
  return {
    ...{ node, peer: `peer-${node}`, state: "direct", rooms: [1], route: "server" },
    ...{ failures: 0, code: undefined, retryMs: undefined, waitingBytes: 0, rttMs: 12 },
    ...{ local: "host", remote: "host", restarts: 0, silentMs: 3 },
    ...change,
  };
}

const unlinked = (node: string, change: Partial<CoreRemote> = {}): CoreRemote =>
  remote(node, { state: "connecting", rttMs: undefined, silentMs: undefined, ...change });

interface Setting {
  readonly state?: PeerState;
  readonly groups?: ReadonlyMap<number, Group>;
  readonly rooms?: readonly Room[];
  readonly failed?: FailedConnects;
}

function diagnose(core: Partial<CoreReport>, setting: Setting = {}) {
  return diagnosisOf(
    { ...EMPTY, servers: [OPEN], ...core },
    {
      ...{ nodeId: "me", peerId: "peer-me", state: setting.state ?? "online" },
      ...{ rooms: setting.rooms ?? [], groups: setting.groups ?? new Map() },
      failedConnects: setting.failed?.fresh ?? [],
    },
  );
}

const codes = (findings: readonly Finding[]): string[] => findings.map(({ code }) => code);

/** A group as far as a diagnosis asks it. */
function groupAt(change: Partial<Group> = {}): Group {
  const member = { id: "peer-me", role: "admin", roles: [], until: undefined, present: false };
  return {
    ...{ id: "group-id", name: "Kitchen", connection: "connected", refusal: undefined },
    ...{ clockAheadMs: undefined, room: undefined, sync: () => ({ state: "synced" }) },
    ...{ members: [member, { ...member, id: "peer-a", present: true }] },
    clockCorrectionMs: -20,
    ...change,
  } as unknown as Group;
}

const ROOM = { room: 1, state: "open", known: 1, lazy: [] } as const;
const GROUP = { group: 1, held: 8, waiting: 0, aside: 0, unsaved: undefined, neighbors: [] };
const NEIGHBOR = { node: "a", introduced: true, lazy: false, compared: true, sending: 0 };

test("where all is well there is nothing to say", () => {
  const found = diagnose({ rooms: [{ ...ROOM, lazy: [] }], remotes: [remote("a")] });
  expect(found.findings).toEqual([]);
  expect(found.remotes[0]).toMatchObject({ nodeId: "a", peerId: "peer-a", local: "host" });
  expect(found.rooms[0]?.neighbors).toEqual([{ nodeId: "a", spreads: "eager" }]);
});

test("an address is told without what lets somebody in", () => {
  const url = "wss://me:secret@a.example:1/ws?token=eyJhbGciOi#more";
  const [server] = diagnose({ servers: [{ ...OPEN, url }] }).servers;
  expect(server?.url).toBe("wss://a.example:1/ws");
});

test("without a server links go on, and each server says why", () => {
  const down = { ...OPEN, state: "waiting", code: "signaling-lost", retryMs: 2_000 } as const;
  const { findings } = diagnose({ servers: [down] }, { state: "offline" });
  expect(codes(findings)).toEqual(["offline", "signaling-lost"]);
  expect(findings[0]?.message).toContain("Links that exist keep working");
  expect(findings[1]).toMatchObject({ kind: "problem", url: "wss://a/ws", ms: 2_000 });
});

test("of several servers one that works is enough", () => {
  const down = { ...OPEN, url: "wss://b/ws", state: "waiting", code: "server-full" } as const;
  const { findings } = diagnose({ servers: [OPEN, { ...down, retryMs: 1 }] });
  expect(findings).toMatchObject([{ code: "server-full", kind: "note", url: "wss://b/ws" }]);
});

test("whom no link reaches is told with the reason, those of one reason together", () => {
  const remotes = ["a", "b"].map((node) =>
    unlinked(node, { failures: 2, code: "ice-failed", retryMs: 900 }),
  );
  const { findings } = diagnose({ remotes });
  expect(findings).toMatchObject([{ code: "ice-failed", kind: "problem", nodeIds: ["a", "b"] }]);
  expect(findings[0]?.message).toContain("No direct way");
});

test("whom the core has given up is remembered, until there is a link", () => {
  const failed = new FailedConnects();
  for (const _ of [1, 2]) failed.take("gone", "webrtc-blocked");
  failed.take("back", "no-answer");
  const found = diagnose({ remotes: [remote("back")] }, { failed });
  expect(found.failedConnects).toMatchObject([
    { nodeId: "gone", code: "webrtc-blocked", count: 2 },
  ]);
  expect(found.findings).toMatchObject([{ code: "webrtc-blocked", nodeIds: ["gone"] }]);
});

test("of very many who cannot be reached the latest are kept", () => {
  const failed = new FailedConnects();
  for (let at = 0; at < 100; at += 1) failed.take(`node-${at}`, "no-answer");
  expect(failed.fresh).toHaveLength(32);
  expect(failed.fresh.at(-1)?.nodeId).toBe("node-99");
});

test("relays are worth a note, and who is linked to nobody here is counted", () => {
  const far = { id: "far", peerId: "peer-far", state: "indirect" };
  const room = { number: 1, fingerprint: "tag", remotes: new Map([["far", far]]) };
  const found = diagnose(
    {
      rooms: [{ ...ROOM, known: 2, lazy: ["a"] }],
      remotes: [remote("a", { state: "relayed", remote: "relay" })],
    },
    { rooms: [room as unknown as Room] },
  );
  expect(found.findings).toMatchObject([
    { code: "relayed", kind: "note", nodeIds: ["a"] },
    { code: "indirect", kind: "note", count: 1 },
  ]);
  expect(found.rooms[0]).toMatchObject({
    fingerprint: "tag",
    neighbors: [{ nodeId: "a", spreads: "lazy" }],
  });
  expect(found.remotes[1]).toMatchObject({ nodeId: "far", state: "indirect", rooms: [1] });
});

test("of a group it says what is held and missing, and what is wrong, worst first", () => {
  const group = groupAt({ clockAheadMs: 90_000 });
  const neighbors = [
    { ...NEIGHBOR, missing: 7 },
    { ...NEIGHBOR, node: "b", lazy: true, missing: 2 },
  ];
  const found = diagnose(
    { groups: [{ ...GROUP, unsaved: "store-full", aside: 3, neighbors }] },
    { groups: new Map([[1, group]]) },
  );
  expect(found.groups[0]).toMatchObject({
    ...{ groupId: "group-id", records: 8, missing: 7, members: 2, present: 1 },
    ...{ unsaved: "store-full", clockCorrectionMs: -20, clockAheadMs: 90_000 },
    neighbors: [{ spreads: "eager" }, { nodeId: "b", spreads: "lazy", missing: 2 }],
  });
  expect(codes(found.findings)).toEqual(["store-full", "clock-off", "missing", "set-aside"]);
  expect(found.findings[1]?.message).toContain("90 s behind");
  expect(JSON.stringify(found)).not.toContain("Kitchen");
});

test("a group of which nobody else is here says so", () => {
  const groups = new Map([[1, groupAt({ connection: "alone" })]]);
  expect(codes(diagnose({ groups: [GROUP] }, { groups }).findings)).toEqual(["alone"]);
});

test("a group that the application has not opened is left out", () => {
  expect(diagnose({ groups: [GROUP] }).groups).toEqual([]);
});

test("the peer hears of attempts that failed, and JSON holds all that it says", async () => {
  const core = new ScriptedCore();
  core.report = { ...EMPTY, servers: [OPEN] };
  const room = await joined(core);
  await core.spoken(room);
  const found = core.peer.diagnose();
  expect(found.failedConnects).toMatchObject([{ nodeId: "spoken", code: "no-answer", count: 1 }]);
  const text = JSON.stringify(found);
  expect(JSON.parse(text)).toMatchObject({
    nodeId: "node-me",
    findings: [{ code: "no-answer" }, { code: "connecting" }],
  });
  expect(text).not.toContain("lr1");
});

async function joined(core: ScriptedCore): Promise<Room> {
  const joining = core.peer.join("#lr1secret");
  core.settle("join");
  return joining as Promise<Room>;
}
