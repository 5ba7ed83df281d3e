import type { Diagnosis, Finding, RemoteDiagnosis } from "lacis";
import { describe, expect, test } from "vitest";
import { FAR_MAX, meshOf, roomOf } from "../../apps/inspector/layout.js";
import { findingWords, languages, type Names, wayWords } from "../../apps/inspector/words.js";

function remote(nodeId: string, change: Partial<RemoteDiagnosis> = {}): RemoteDiagnosis {
  return {
    ...{ nodeId, peerId: `peer-${nodeId}`, rooms: [1], state: "direct", route: "server" },
    ...{ rttMs: 4, local: "host", remote: "host", restarts: 0, silentMs: 2, waitingBytes: 0 },
    ...{ failures: 0, code: undefined, retryMs: undefined },
    ...change,
  };
}

const far = (nodeId: string): RemoteDiagnosis =>
  remote(nodeId, { state: "indirect", silentMs: undefined, rttMs: undefined });

function diagnosis(remotes: RemoteDiagnosis[], change: Partial<Diagnosis> = {}): Diagnosis {
  const room = { room: 1, fingerprint: "tag", groupId: undefined, state: "open" } as const;
  return {
    ...{ at: new Date(), nodeId: "me", peerId: "peer-me", state: "online", findings: [] },
    ...{ servers: [], groups: [], failedConnects: [], remotes },
    ...{ sockets: 1, connections: 1, spareConnections: 0 },
    rooms: [{ ...room, known: remotes.length, neighbors: [] }],
    ...change,
  };
}

const NAMES: Names = {
  person: (nodeId, peerId) => (peerId === undefined ? nodeId : `name of ${peerId}`),
  group: (id) => (id === "here" ? undefined : `group ${id}`),
};

test("neighbors stand around the middle, others further out, and nobody on anybody", () => {
  const mesh = meshOf(diagnosis(["a", "b", "c"].map((id) => remote(id)).concat(far("d"))), 1);
  expect(mesh.near.map(({ edge }) => edge)).toEqual(["eager", "eager", "eager"]);
  expect(mesh.far.map(({ edge }) => edge)).toEqual([undefined]);
  const distance = ({ x, y }: { x: number; y: number }) => Math.hypot(x, y);
  for (const spot of mesh.near) expect(distance(spot)).toBeCloseTo(112, -1);
  for (const spot of mesh.far) expect(distance(spot)).toBeGreaterThan(160);
  const places = new Set([...mesh.near, ...mesh.far].map(({ x, y }) => `${x} ${y}`));
  expect(places.size).toBe(4);
});

test("a link over which only names go is lazy, whether of words or of records", () => {
  const neighbor = { introduced: true, compared: true, missing: 0, sending: 0 };
  const found = diagnosis([remote("a"), remote("b"), remote("c", { state: "recovering" })]);
  const [room] = found.rooms;
  if (room === undefined) throw new Error("no room");
  const lazy = { nodeId: "a", spreads: "lazy" } as const;
  const groups = [{ groupId: "g", neighbors: [{ ...neighbor, nodeId: "b", spreads: "lazy" }] }];
  const mesh = meshOf(
    {
      ...found,
      rooms: [{ ...room, groupId: "g", neighbors: [lazy] }],
      groups: groups as unknown as Diagnosis["groups"],
    },
    1,
  );
  expect(mesh.near.map(({ edge }) => edge)).toEqual(["lazy", "lazy", "broken"]);
});

test("of very many who are not linked some are drawn, and the rest is counted", () => {
  const others = Array.from({ length: 100 }, (_, at) => far(`far-${at}`));
  const found = diagnosis([remote("a"), ...others]);
  const mesh = meshOf(found, 1);
  expect([mesh.far.length, mesh.more]).toEqual([FAR_MAX, 100 - FAR_MAX]);
  // More may be known to be there than are named.
  const rooms = found.rooms.map((room) => ({ ...room, known: 5_000 }));
  expect(meshOf({ ...found, rooms }, 1).more).toBe(4_999 - FAR_MAX);
});

test("all who are drawn stand within the picture, however many there are", () => {
  for (const [near, away] of [
    [0, 0],
    [1, 0],
    [12, 0],
    [12, 40],
  ] as const) {
    const remotes = [
      ...Array.from({ length: near }, (_, at) => remote(`n${at}`)),
      ...Array.from({ length: away }, (_, at) => far(`f${at}`)),
    ];
    const { size, near: inner, far: outer } = meshOf(diagnosis(remotes), 1);
    for (const { x, y } of [...inner, ...outer]) {
      expect(Math.max(Math.abs(x), Math.abs(y))).toBeLessThan(size - 30);
    }
  }
});

test("the room of the group that is open is shown first", () => {
  const found = diagnosis([]);
  const [room] = found.rooms;
  if (room === undefined) throw new Error("no room");
  const rooms = [room, { ...room, room: 7, groupId: "g" }];
  expect(roomOf({ ...found, rooms }, "g")).toBe(7);
  expect(roomOf({ ...found, rooms }, undefined)).toBe(1);
  expect(meshOf(found, 99).near).toEqual([]);
});

test("a finding names whom it is about", () => {
  const remotes = [remote("a")];
  const say = (finding: Partial<Finding>): string =>
    findingWords({ code: "ice-failed", kind: "problem", message: "", ...finding }, remotes, NAMES);
  expect(say({ nodeIds: ["a"] })).toMatch(/^name of peer-a: No direct way/);
  const many = ["a", "b", "c", "d", "e", "f"];
  expect(say({ nodeIds: many })).toMatch(/^name of peer-a, b, c, d, and 2 others: /);
  expect(say({ code: "missing", groupId: "here", count: 1 })).toBe(
    "1 record is still on the way here.",
  );
  expect(say({ code: "store-full", groupId: "g2" })).toMatch(/^group g2: There is no space left/);
  expect(say({ code: "signaling-lost", url: "wss://a.example/ws", ms: 1_200 })).toBe(
    "a.example: The connection to the server was lost. Trying again in 2 s.",
  );
  expect(say({ code: "clock-off", ms: 600_000 })).toContain("10 minutes behind");
});

test("what a newer package says is told in its own words", () => {
  const finding = { code: "unheard-of", kind: "note", message: "Something new." };
  expect(findingWords(finding as unknown as Finding, [], NAMES)).toBe("Something new.");
});

test("a way is told as far as it is known", () => {
  expect(wayWords(remote("a"))).toBe("by their own addresses");
  expect(wayWords(remote("a", { remote: "srflx", route: "mesh" }))).toBe(
    "through routers, set up by members",
  );
  expect(wayWords(remote("a", { state: "relayed", local: "relay" }))).toBe("");
  expect(wayWords(remote("a", { local: undefined, remote: undefined }))).toBe("");
});

/** The keys of all words, and what kind each is. */
function shapeOf(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, shapeOf(part)]));
}

describe.each(Object.entries(languages))("the words in %s", (name, own) => {
  test("are those of English, none more and none fewer", () => {
    expect(shapeOf(own)).toEqual(shapeOf(languages.en));
    expect(own.language).toBe(name);
  });
});
