// What callers get who pass on the wrong thing: `invalid-argument`, or what is wrong with a text,
// with a detail that names the argument and the rule. Nothing of it reaches the core.
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CALLS } from "../src/calls.js";
import type { Group } from "../src/group/group.js";
import type { GroupRecord } from "../src/group/record.js";
import { Identities } from "../src/identity/identities.js";
import { load } from "../src/low-level.js";
import { Peer } from "../src/peer.js";
import type { Room } from "../src/room.js";
import {
  createPeer,
  createRoomLink,
  deleteStore,
  openIdentities,
  openStore,
  parseCard,
  parseInvitation,
  parseRoomLink,
  storeFree,
} from "../src/slim.js";
import { realModule, somebody } from "./real-module.js";

let peer: Peer;
let room: Room;
let group: Group;
let record: GroupRecord;
let invitation: string;
let card: string;
let person: string;
let aLink = "";
const link = (): string => aLink;
const identities = new Identities(
  ...([{}, {}] as unknown as ConstructorParameters<typeof Identities>),
);

beforeAll(async () => {
  const module = await load(realModule());
  aLink = await createRoomLink();
  person = somebody(module);
  card = module.make_card(new Uint8Array(32).fill(7), "Somebody");
  peer = new Peer(module, { signaling: ["ws://127.0.0.1:1/ws"] });
  room = await peer.join(link(), { wait: false });
  group = await peer.createGroup({ name: "Board", connect: false });
  invitation = await group.invite();
  record = await group.get(await group.add({ type: "note", data: "here" }));
});

afterAll(() => peer.close());

/** A stream that somebody reads. */
function readStream(): ReadableStream<Uint8Array> {
  const stream = new ReadableStream<Uint8Array>();
  stream.getReader();
  return stream;
}

/** What a page without a compiler may pass on. */
const any = (value: unknown): never => value as never;

/** So many attributes, or types. */
const attributes = (count: number): Record<string, number> =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`a${at}`, at]));

const servers = (count: number): string[] =>
  Array.from({ length: count }, (_, at) => `wss://s${at}.example/ws`);

/** Has so many types validated. */
function validateMany(count: number): void {
  const stops: (() => void)[] = [];
  try {
    for (const type of Object.keys(attributes(count))) {
      stops.push(group.validate(type, () => true));
    }
  } finally {
    for (const stop of stops) stop();
  }
}

type Row = readonly [called: string, call: () => unknown, detail: RegExp, code?: string];

const rows: readonly Row[] = [
  // Where everything begins.
  ["createPeer, a slip", () => createPeer(any({ signalling: [] })), /did you mean signaling\?$/],
  ["createPeer, another slip", () => createPeer(any({ idenity: 1 })), /did you mean identity\?$/],
  ["createPeer, nonsense", () => createPeer(any({ turbo: 1 })), /no "turbo": there are signaling,/],
  ["createPeer, a text", () => createPeer(any("wss://a.example")), /options must be an object of/],
  [
    "createPeer, https",
    () => createPeer({ signaling: ["wss://a.example", "https://a.example"] }),
    /signaling\[1\] must be an address that begins with ws:\/\/ .* a text of 17 characters$/,
  ],
  [
    "createPeer, half a secret",
    () => createPeer({ identity: new Uint8Array(16) }),
    /identity must be one of `openIdentities\(\)`, or 32 bytes/,
  ],
  ["createPeer, a signal", () => createPeer(any({ signal: 7 })), /signal must be an AbortSignal/],
  [
    "createRoomLink, many servers",
    () => createRoomLink({ servers: servers(5) }),
    /servers must be an array of at most 4, but is an array of 5$/,
  ],
  [
    "createPeer, many servers",
    () => createPeer({ signaling: servers(5) }),
    /signaling must be an array of at most 4/,
  ],
  [
    "createPeer, a long address",
    () => createPeer({ signaling: [`wss://a.example/${"x".repeat(512)}`] }),
    /signaling\[0\] must be an address/,
  ],
  [
    "createPeer, TURN without credentials",
    async () => {
      const iceServers = [{ urls: "turn:turn.example.org" }];
      return new Peer(await load(realModule()), { signaling: servers(1), iceServers });
    },
    /^createPeer: iceServers are of stun:, or of turn: with username and credential$/,
  ],
  ["createRoomLink, a text", () => createRoomLink(any("wss://a.example")), /must be an object of/],
  [
    "createRoomLink, half a secret",
    () => createRoomLink({ secret: new Uint8Array(8) }),
    /secret must be 16 bytes in a Uint8Array/,
  ],
  ["parseRoomLink, nothing", () => parseRoomLink(any(undefined)), /a text, but is undefined$/],
  ["parseRoomLink, a card", () => parseRoomLink(card), /this is an identity card/, "link-unknown"],
  ["parseCard, a link", () => parseCard(link()), /this is the link of a room/, "card-unknown"],
  [
    "parseInvitation, a link",
    () => parseInvitation(`https://a.example/#${link()}`),
    /this is the link of a room/,
    "invitation-unknown",
  ],
  ["openIdentities, a number", () => openIdentities(any(7)), /name must be a text, .* number 7$/],
  ["openStore, a slip", () => openStore("x", any({ steal: true })), /"steal": there are take, sig/],
  ["deleteStore, nothing", () => deleteStore(any(undefined)), /name must be a text/],
  ["storeFree, nothing", () => storeFree(any(undefined)), /store must be a name or an identity/],
  [
    "storeFree, a store",
    () => storeFree(any({ scan: () => {} })),
    /must be a name or an identity, but is an object/,
  ],
  [
    "createPeer, an identity for a store",
    () => createPeer(any({ store: { id: "x", store: "lacis-groups-x" } })),
    /^createPeer: options\.store must be a name or a store, but is an object/,
  ],

  // A peer.
  ["join, nothing", () => peer.join(any(undefined)), /^peer\.join: link must be a text/],
  ["join, a name", () => peer.join("my-room"), /not the link .*createRoomLink/, "link-unknown"],
  [
    "join, an invitation",
    () => peer.join(invitation),
    /peer\.joinGroup\(\) takes it/,
    "link-unknown",
  ],
  [
    "join, a time as a text",
    () => peer.join(link(), any({ timeoutMs: "5s" })),
    /milliseconds, 0 to/,
  ],
  ["join, a number as a text", () => peer.join(link(), any({ timeoutMs: "5" })), /milliseconds, 0/],
  ["join, null as a time", () => peer.join(link(), any({ timeoutMs: null })), /is null$/],
  ["join, no time", () => peer.join(link(), { timeoutMs: Number.NaN }), /is the number NaN$/],
  ["join, a slip", () => peer.join(link(), any({ timeout: 5 })), /did you mean timeoutMs\?$/],
  [
    "createGroup, many servers",
    () => peer.createGroup({ name: "Board", servers: servers(5) }),
    /servers must be an array of at most 4, but is an array of 5$/,
  ],
  ["createGroup, nothing", () => peer.createGroup(any({})), /options\.name must be a text of 1 to/],
  ["createGroup, a text", () => peer.createGroup(any("Board")), /must be an object of name, comm/],
  [
    "createGroup, no name",
    () => peer.createGroup({ name: "" }),
    /options\.name must be a text of 1/,
  ],
  [
    "createGroup, a budget",
    () => peer.createGroup({ name: "Board", budget: { records: 1.5 } }),
    /options\.budget\.records must be a whole number from 1 on, but is the number 1\.5$/,
  ],
  [
    "createGroup, days",
    () => peer.createGroup({ name: "Board", memberLifetime: "28 days" }),
    /memberLifetime must be milliseconds, Infinity, or a text such as/,
  ],
  [
    "createGroup, a budget beyond all",
    () => peer.createGroup({ name: "Board", budget: { records: 2_000_000 }, connect: false }),
    /^peer\.createGroup: a budget may be of 1048576 records and 64 GiB$/,
  ],
  [
    "createGroup, a moment",
    () => peer.createGroup({ name: "Board", presenceLifetime: 1 }),
    /presenceLifetime must be from 5 seconds to 10 minutes/,
  ],
  ["joinGroup, a link", () => peer.joinGroup(link()), /peer\.join\(\) takes/, "invitation-unknown"],
  ["joinGroup, a name", () => peer.joinGroup("x"), /not an invitation to/, "invitation-unknown"],
  [
    "joinGroup, half a pairing",
    () => peer.joinGroup(invitation, any({ pairing: { offer: "lp1" } })),
    /options\.pairing\.onAnswer must be a function, but is undefined$/,
  ],
  ["preview, a link", () => peer.preview(link()), /peer\.join\(\) takes/, "invitation-unknown"],
  [
    "openGroup, a group",
    () => peer.openGroup(any(group)),
    /id must be a text, .* object \(Group\)$/,
  ],
  ["importGroup, bytes", () => peer.importGroup(any(new Uint8Array(4))), /file must be a Blob/],

  // A room.
  [
    "send, a member",
    () => room.send(any({ id: "x" }), "chat", "x"),
    /^room\.send: nodeId must be the id of a page, such as `remote\.id`, but is an object/,
  ],
  [
    "send, an identity",
    () => room.send(person, "chat", "x"),
    /^room\.send: nodeId must be the id of a page, .* is a text of 52 characters$/,
  ],
  [
    "send, a function",
    () => room.send("x", "chat", () => 7),
    /content must be a Uint8Array, a text, or a value that JSON can hold/,
  ],
  [
    "send, what was not waited for",
    () => room.send("x", "chat", Promise.resolve("late")),
    /content must be .*, but is an object \(Promise\)$/,
  ],
  [
    "send, bytes of another frame, which JSON would take for an object",
    () => room.send("x", "chat", any(runInNewContext("new Uint8Array(2)"))),
    /content must be .*, but is an object \(Uint8Array\)$/,
  ],
  [
    "send, what JSON makes nothing of",
    () => room.send("x", "chat", new Map([["a", 1]])),
    /content must be .*, but is an object \(Map\)$/,
  ],
  [
    "send, a priority",
    () => room.send("x", "chat", "x", any({ priority: "high" })),
    /options\.priority must be one of auto, interactive, bulk, but is a text/,
  ],
  ["send, until when", () => room.send("x", "c", "", any({ until: 1 })), /accepted, delivered/],
  ["send, 1n inside", () => room.send("x", "chat", { n: 1n }), /JSON cannot hold .* TypeError/],
  [
    "broadcast, a buffer",
    () => room.broadcast("x", new ArrayBuffer(4)),
    /content must be .* object \(ArrayBuffer\)/,
  ],
  [
    "broadcast, a slip",
    () => room.broadcast("x", "", any({ relaible: false })),
    /did you mean reliable\?$/,
  ],
  [
    "request, null",
    () => room.request("x", "y", "", any(null)),
    /options must be an obj.* is null$/,
  ],
  [
    "requestAll, a page",
    () => room.requestAll(any({ id: "x" })),
    /^room\.requestAll: label must be/,
  ],
  ["respond, a text", () => room.respond("x", any("yes")), /handler must be a function/],
  [
    "messages, a label",
    () => room.messages(any("chat")),
    /must be an object of label, signal, limits/,
  ],
  ["pair, a number", () => room.pair(any(7)), /offer must be a text/],
  ["pair, a link", () => room.pair(link()), /this is the link of a room/, "pairing-unknown"],
  [
    "sendFile, a text",
    () => room.sendFile("x", any("text")),
    /source must be a Blob, a File, or {/,
  ],
  [
    "sendFile, half a stream",
    () => room.sendFile("x", any({ stream: new ReadableStream() })),
    /source must be/,
  ],
  [
    "sendFile, a stream of unknown size",
    () => room.sendFile("x", any({ name: "x", stream: new ReadableStream() })),
    /source must be a Blob, a File, or { name, size, stream }/,
  ],
  [
    "sendFile, a stream that is read",
    () => room.sendFile("x", { name: "x", size: 1, stream: readStream() }),
    /a stream that nobody reads yet/,
  ],
  [
    "sendFile, a long name",
    () => room.sendFile("x", new Blob(["x"]), { name: "x".repeat(256) }),
    /of a file has at most 255 bytes/,
  ],

  // A group.
  [
    "group.request, a page",
    () => group.request("x", "seen"),
    /^group\.request: peerId must be an identity/,
  ],
  [
    "group.send, a member",
    () => group.send(any({ id: "x" }), "x", ""),
    /peerId must be an identity/,
  ],
  [
    "add, no data",
    () => group.add(any({ type: "note" })),
    /record\.data must be a Uint8Array, a text, or .* is undefined$/,
  ],
  ["add, no type", () => group.add(any({ data: 1 })), /record\.type must be 1 to 64 of a-z/],
  [
    "add, a bad type",
    () => group.add({ type: "My Note", data: 1 }),
    /record\.type must be 1 to 64/,
  ],
  [
    "add, a boolean",
    () => group.add({ type: "todo", data: 1, attributes: any({ done: true }) }),
    /record\.attributes\.done must be a text of at most 1024 bytes, a safe integer, .* boolean$/,
  ],
  [
    "add, a fraction",
    () => group.add({ type: "todo", data: 1, attributes: { share: 0.5 } }),
    /attributes\.share must be .* is the number 0\.5$/,
  ],
  [
    "add, a name of an attribute",
    () => group.add({ type: "todo", data: 1, attributes: { due_date: 1 } }),
    /attributes\.due_date must be named by 1 to 40 letters and digits$/,
  ],
  [
    "add, many attributes",
    () => group.add({ type: "todo", data: 1, attributes: attributes(33) }),
    /^group\.add: record\.attributes has more than 32$/,
  ],
  [
    "add, a type of the system",
    () => group.add({ type: "lacis.note", data: 1 }),
    /record\.type must be .* not beginning with lacis\./,
  ],
  [
    "add, what is over",
    () => group.add({ type: "todo", data: 1, expires: new Date(1_000) }),
    /expires must be ahead of group\.time\(\)/,
  ],
  [
    "update, what is over",
    () => group.update(record, { data: 1, expires: new Date(1_000) }),
    /expires must be ahead of group\.time\(\)/,
  ],
  [
    "update, beyond its last day",
    () => group.update(record, { data: 1, expires: new Date(Date.now() + 4_000 * 86_400_000) }),
    /within ten years of record\.created$/,
  ],
  ["add, 1n", () => group.add({ type: "todo", data: { n: any(1n) } }), /JSON cannot hold/],
  [
    "add, a function",
    () => group.add({ type: "todo", data: () => {} }),
    /data must be .* JSON can hold/,
  ],
  [
    "add, a time as a number",
    () => group.add({ type: "todo", data: 1, expires: any(Date.now()) }),
    /record\.expires must be a Date from 1970 on, but is the number/,
  ],
  ["update, an id", () => group.update(any("id"), { data: 1 }), /record must be a record that was/],
  [
    "update, a type",
    () => group.update(record, any({ type: "x", data: 1 })),
    /change has no "type"/,
  ],
  ["delete, an id", () => group.delete(any("id")), /record must be a record .* a text of 2 char/],
  ["get, a record", () => group.get(any(record)), /id must be a text, .* object \(GroupRecord\)$/],
  ["find, an order", () => group.find(any({ order: "up" })), /order must be one of oldest, newest/],
  ["find, no limit", () => group.find({ limit: 0 }), /limit must be a whole number from 1 on/],
  ["find, a boolean", () => group.find({ where: any({ a: true }) }), /"a" is compared with a safe/],
  ["find, a filter", () => group.find(any({ filter: {} })), /there are type, where, signal, order/],
  ["count, a name", () => group.count({ creator: "Ada" }), /creator must be an identity/],
  ["watch, a type", () => group.watch(any("chat")), /must be an object of type, where, signal/],
  [
    "validate, no function",
    () => group.validate("x", any(true)),
    /validator must be a function or a Standard Schema, but is bool/,
  ],
  [
    "prioritize, a text",
    () => group.prioritize(any("chat")),
    /types must be an array of at most 16, but is a text/,
  ],
  [
    "prioritize, many",
    () => group.prioritize(Object.keys(attributes(17))),
    /an array of at most 16/,
  ],
  ["validate, many", () => validateMany(17), /^group\.validate: 16 types at most$/],
  [
    "validate, the system",
    () => group.validate("lacis.x", () => true),
    /not beginning with lacis\./,
  ],
  [
    "prioritize, a bad type",
    () => group.prioritize(["chat", "A"]),
    /types\[1\] must be 1 to 64 of a-z/,
  ],
  ["sync, a bad type", () => group.sync("Issue"), /type must be 1 to 64/],
  ["import, a text", () => group.import(any("x")), /file must be a Blob or a File/],
  [
    "invite, an owner",
    () => group.invite(any({ role: "owner" })),
    /one of member, inviter, admin, k/,
  ],
  [
    "invite, days",
    () => group.invite({ expires: "7 days" }),
    /expires must be milliseconds, Infin/,
  ],
  ["invite, a number as a text", () => group.invite({ expires: "7" }), /expires must be millisec/],
  ["invite, a list of texts", () => group.invite(any({ expires: ["7d"] })), /is an array of 1$/],
  ["invite, a card", () => group.invite({ for: any({ peer: "x" }) }), /for must be an identity/],
  [
    "setRole, a list",
    () => group.setRole(person, any(["admin"])),
    /role must be .* is an array of 1$/,
  ],
  [
    "revoke, a name",
    () => group.revoke("Ada"),
    /peerId must be an identity, .* text of 3 characters$/,
  ],
  ["rolesAt, a number", () => group.rolesAt(person, any(1)), /at must be a Date/],
  ["rename, nothing", () => group.rename(""), /name must be a text of 1 to 255 bytes/],
  [
    "rename, much",
    () => group.rename("x", "y".repeat(513)),
    /comment must be a text of at most 512/,
  ],
  [
    "setServers, in the local network",
    () => group.setServers(["ws://192.168.1.5:8080/ws"]),
    /^group\.setServers: .* of wss:\/\/ or on this device/,
  ],
  ["setServers, many", () => group.setServers(servers(5)), /an array of at most 4/],
  ["setServers, a page", () => group.setServers(["https://a.example"]), /begins with ws:\/\/ or/],
  ["toGroupTime, no date", () => group.toGroupTime(new Date(Number.NaN)), /own must be a Date/],
  ["presence.set, 1n", () => group.presence.set(1n), /JSON cannot hold this value: TypeError/],
  ["presence.set, a function", () => group.presence.set(() => {}), /cannot hold .* a function$/],

  // What a browser keeps.
  ["identities.create, 7", () => identities.create(any(7)), /name must be a text of at most 255/],
  ["identities.create, a bell", () => identities.create("\u0007"), /without control characters/],
  ["identities.delete, alone", () => identities.delete("x", any(undefined)), /an object of groups/],
  [
    "identities.delete, some",
    () => identities.delete("x", any({ groups: "some" })),
    /options\.groups must be one of delete, keep/,
  ],
  [
    "identities.export, bare",
    () => identities.export("x", any(undefined)),
    /password must be a text/,
  ],
];

describe("a wrong call is answered by its argument and its rule", () => {
  test("in many ways", () => expect(rows.length).toBeGreaterThanOrEqual(45));

  for (const [name, call, detail, code = "invalid-argument"] of rows) {
    test(name, async () => {
      const outcome = (async () => call())();
      await expect(outcome).rejects.toMatchObject({
        name: "PeerError",
        code,
        detail: expect.stringMatching(detail),
      });
    });
  }

  test("by a promise that is rejected where the call gives one, and at once elsewhere", () => {
    const promised = room.send(any(7), "x", "");
    expect(promised).toBeInstanceOf(Promise);
    promised.catch(() => {});
    expect(() => room.respond("x", any(7))).toThrow("not valid");
  });

  test("without anything of what was given", async () => {
    const secret = `lr1${"s3cret".repeat(9)}`;
    const calls: (() => unknown)[] = [
      () => peer.join("x", any({ signal: secret })),
      () => peer.joinGroup(secret),
      () => room.send(any({ secret }), "x", ""),
      () => group.revoke(secret),
      () => createPeer({ signaling: [`https://a.example/?token=${secret}`] }),
    ];
    for (const call of calls) {
      const failed: unknown = await (async () => call())().catch((error: unknown) => error);
      expect(failed).toHaveProperty("detail");
      expect(String(failed)).not.toContain("s3cret");
    }
  });
});

test("an option that no call has is refused by what there is", async () => {
  await expect(group.export(any({ onProgress: 1 }))).rejects.toMatchObject({
    detail: 'group.export: options has no "onProgress": there are signal',
  });
});

/** Calls that take nothing, and what this package alone calls. */
const TAKE_NOTHING = [
  ...["close", "leave", "disconnect", "erase", "diagnose", "invitations", "time", "list"],
  ...[
    "enter",
    "attach",
    "retain",
    "named",
    "abandon",
    "opening",
    "look",
    "hear",
    "hearRecords",
    "endSearches",
    "check",
    "issue",
  ],
];

test("every call of every object is in the table, and no other", () => {
  const objects = { peer, room, group, identities };
  const found: string[] = [];
  for (const [called, it] of Object.entries(objects)) {
    let home = Object.getPrototypeOf(it);
    while (home !== Object.prototype && home !== EventTarget.prototype) {
      for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(home))) {
        const isCall = typeof value === "function" && name !== "constructor";
        if (isCall && !TAKE_NOTHING.includes(name)) found.push(`${called}.${name}`);
      }
      home = Object.getPrototypeOf(home);
    }
  }
  const listed = Object.keys(CALLS).filter((call) => /^(peer|room|group|identities)\./.test(call));
  expect([...new Set(found)].sort()).toEqual(listed.sort());
});
