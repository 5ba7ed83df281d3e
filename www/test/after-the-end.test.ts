import { afterEach, describe, expect, test } from "vitest";
import { PeerError } from "../src/errors.js";
import { TypedEventTarget } from "../src/events.js";
import type { Group } from "../src/group/group.js";
import type { Pairing } from "../src/pairing.js";
import type { Peer } from "../src/peer.js";
import type { IncomingFile } from "../src/receive-file.js";
import type { Room } from "../src/room.js";
import { ScriptedCore } from "./scripted-core.js";

/** Calls that give something back: they may be made as often as somebody likes. */
const RELEASING = ["close", "leave", "disconnect", "clear", "reject", "cancel"];

/** What is public to this package only. */
const INTERNAL = [
  ...[
    "enter",
    "attach",
    "retain",
    "abandon",
    "named",
    "opening",
    "look",
    "detach",
    "end",
    "hear",
    "hearRecords",
    "endSearches",
  ],
  ...["check", "issue"],
];

interface Opened {
  readonly script: ScriptedCore;
  readonly peer: Peer;
  readonly room: Room;
  readonly group: Group;
  readonly file: IncomingFile;
  readonly pairing: Pairing;
}

/** Everything that a page may have in hand. */
async function openAll(): Promise<Opened> {
  const script = new ScriptedCore();
  const { peer } = script;
  const founding = peer.joinGroup("lg1invitation");
  script.settle("join_group");
  const group = await founding;
  const joining = peer.join("#lr1somewhere");
  script.settle("join");
  const room = await joining;
  await script.spoken(room, 2);
  const offer = { stream: 9, room: 2, node: "ada", name: "a", mediaType: "", size: 3 };
  script.tell({ type: "file", ...offer });
  const [file] = room.offers;
  const writing = room.pair();
  script.respond("pair", new TextEncoder().encode("lp1text"));
  return { script, peer, room, group, file: file as IncomingFile, pairing: await writing };
}

/** What a thing has of its own and from its classes, but not from those of the browser. */
function propertiesOf(it: object): [string, PropertyDescriptor][] {
  if (Object.hasOwn(it, "complete")) return Object.entries(Object.getOwnPropertyDescriptors(it));
  const all: [string, PropertyDescriptor][] = [];
  let home = Object.getPrototypeOf(it);
  while (home !== null && home !== Object.prototype && home !== TypedEventTarget.prototype) {
    all.push(...Object.entries(Object.getOwnPropertyDescriptors(home as object)));
    home = Object.getPrototypeOf(home);
  }
  return all;
}

function methodsOf(it: object): string[] {
  const own = propertiesOf(it);
  const calls = own.filter(([, { value }]) => typeof value === "function").map(([name]) => name);
  return calls.filter((name) => name !== "constructor" && !INTERNAL.includes(name));
}

function gettersOf(it: object): string[] {
  const own = propertiesOf(it);
  return own.filter(([, { get }]) => get !== undefined).map(([name]) => name);
}

/** How a call ends: with nothing, or with what it threw or rejected with. */
async function outcome(it: object, name: string): Promise<unknown> {
  try {
    const call = (it as Record<string, (...words: unknown[]) => unknown>)[name];
    await call?.call(it, "#lr1word", "word", () => {}, {});
    return undefined;
  } catch (thrown) {
    return thrown;
  }
}

/** Every call says that it is too late, every getter still answers, and the core hears nothing. */
async function expectOver(opened: Opened, things: (keyof Opened)[]): Promise<void> {
  const before = opened.script.calls.length;
  for (const thing of things) {
    const it = opened[thing];
    for (const name of methodsOf(it)) {
      const ended = await outcome(it, name);
      if (RELEASING.includes(name) && ended === undefined) continue;
      expect(ended, `${thing}.${name}`).toBeInstanceOf(PeerError);
      expect(["closed", "left"], `${thing}.${name}`).toContain((ended as PeerError).code);
    }
    for (const name of gettersOf(it)) {
      expect(() => (it as unknown as Record<string, unknown>)[name], name).not.toThrow();
    }
  }
  expect(opened.script.calls.slice(before)).toEqual([]);
}

async function expectPresenceOver({ group }: Opened): Promise<void> {
  group.presence.clear();
  expect(group.presence.others).toEqual([]);
  const said = await outcome(group.presence, "set");
  expect((said as PeerError).code).toMatch(/^closed$|^left$/);
}

afterEach(() => {
  Reflect.deleteProperty(globalThis, "window");
});

describe("whatever is called afterwards says that it is too late", () => {
  test("when the peer was closed", async () => {
    const opened = await openAll();
    await opened.peer.close();
    await expectOver(opened, ["peer", "room", "group", "file", "pairing"]);
    await expectPresenceOver(opened);
    expect(opened.group.name).toBe("group");
    expect(opened.group.members).toEqual([]);
    expect(opened.peer.state).toBe("closed");
  });

  test("when the page is going away", async () => {
    const page = new EventTarget();
    Object.assign(globalThis, { window: page });
    const opened = await openAll();
    opened.group.presence.set("here");
    page.dispatchEvent(new Event("pagehide"));
    expect(opened.script.named("page")).toEqual([["page", 3]]);
    await expectOver(opened, ["peer", "room", "group", "file", "pairing"]);
    await expectPresenceOver(opened);
    expect(opened.peer.state).toBe("closed");
    await opened.peer.close();
  });

  test("when the room was left", async () => {
    const opened = await openAll();
    await opened.room.leave();
    await expectOver(opened, ["room", "file"]);
    expect(opened.room.remotes.size).toBe(0);
    expect(opened.room.state).toBe("left");
  });

  test("when the group was closed", async () => {
    const opened = await openAll();
    await opened.group.close();
    await expectOver(opened, ["group"]);
    await expectPresenceOver(opened);
    // Whoever closed a group has left no room.
    await expect(opened.group.erase()).rejects.toMatchObject({ code: "closed" });
    await expect(opened.group.find()).rejects.toMatchObject({ code: "closed" });
  });
});

test("a page that is put aside and comes back keeps everything that it has open", async () => {
  const page = new EventTarget();
  Object.assign(globalThis, { window: page });
  const opened = await openAll();
  const persisted = (type: string): Event => Object.assign(new Event(type), { persisted: true });
  page.dispatchEvent(persisted("pagehide"));
  expect(opened.script.named("page")).toEqual([["page", 1]]);
  page.dispatchEvent(persisted("pageshow"));
  expect(opened.script.named("page").slice(1)).toEqual([["page", 2]]);
  expect(opened.peer.state).not.toBe("closed");
  expect(opened.group.members).toEqual([]);
});
