import { beforeAll, describe, expect, test } from "vitest";
import type { CoreGroupInfo, CoreModule } from "../src/core.js";
import type { Group } from "../src/group/group.js";
import type { GroupProperties } from "../src/group/options.js";
import { load } from "../src/low-level.js";
import { Peer } from "../src/peer.js";
import { realModule, somebody } from "./real-module.js";
import { ScriptedCore } from "./scripted-core.js";

const budget = { budgetRecords: 65_536, budgetBytes: 268_435_456 };

describe("a group of the real core", () => {
  let module: CoreModule;
  beforeAll(async () => {
    module = await load(realModule());
  });

  async function founded(
    options: Partial<Parameters<Peer["createGroup"]>[0]> = {},
    check: (group: Group, peer: Peer) => Promise<void> | void,
  ): Promise<void> {
    const peer = new Peer(module, { signaling: ["ws://127.0.0.1:1/ws"] });
    try {
      const group = await peer.createGroup({ name: "Board", connect: false, ...options });
      await check(group, peer);
    } finally {
      await peer.close();
    }
  }

  test("is known by what it was after it was closed, or deleted", () =>
    founded({ comment: "ours" }, async (group, peer) => {
      const last = (it: Group): unknown => [it.name, it.comment, it.founder, it.properties];
      const [was, deleted] = [last(group), await peer.createGroup({ name: "Old", connect: false })];
      await group.close();
      await deleted.erase();
      expect(last(group)).toEqual(was);
      expect(was).toEqual(["Board", "ours", peer.id, expect.objectContaining({ name: "Board" })]);
      expect(deleted.name).toBe("Old");
    }));

  test("that has no place for its room says so at once, and does not go on trying", () =>
    founded({}, async (group, peer) => {
      const rooms = Array.from({ length: 16 }, async (_, at) => {
        const link = module.create_room_link([], new Uint8Array(16).fill(at));
        return peer.join(link, { wait: false });
      });
      const [first] = await Promise.all(rooms);
      await expect(group.connect()).rejects.toMatchObject({ code: "too-many-rooms" });
      await expect(group.pair()).rejects.toMatchObject({ code: "too-many-rooms" });
      expect([group.connection, group.room]).toEqual(["disconnected", undefined]);
      await first?.leave();
      const asked = group.connect({ timeoutMs: 0 });
      await expect(asked).rejects.toMatchObject({ code: "signaling-unreachable" });
      expect(group.connection).toBe("connecting");
    }));

  test("has usual properties where nothing is said", () =>
    founded({}, (group, peer) => {
      expect(group.properties).toEqual({
        name: "Board",
        comment: "",
        deferExpiry: false,
        memberLifetimeMs: Number.POSITIVE_INFINITY,
        presenceLifetimeMs: 30_000,
        ...budget,
      });
      expect(group.founder).toBe(peer.id);
      expect(group.members.map(({ id }) => id)).toEqual([peer.id]);
    }));

  const given = {
    comment: "Minutes",
    deferExpiry: true,
    memberLifetime: "28d",
    presenceLifetime: "1m",
    budget: { records: 9, bytes: 65_536 },
  } as const;

  test("keeps all else when it is renamed, and tells of it", () =>
    founded(given, async (group) => {
      const known = {
        name: "Board",
        comment: "Minutes",
        deferExpiry: true,
        memberLifetimeMs: 28 * 86_400_000,
        presenceLifetimeMs: 60_000,
        budgetRecords: 9,
        budgetBytes: 65_536,
      };
      expect(group.properties).toEqual(known);
      const told: GroupProperties[] = [];
      group.addEventListener("properties", ({ detail }) => told.push(detail));
      await group.rename("Council");
      expect(group.name).toBe("Council");
      expect(group.properties).toEqual({ ...known, name: "Council" });
      await group.rename("Council", "Votes");
      expect(group.comment).toBe("Votes");
      expect(told).toEqual([
        { ...known, name: "Council" },
        { ...known, name: "Council", comment: "Votes" },
      ]);
    }));

  test("moves to other servers, which its invitations name", () =>
    founded({ servers: ["wss://a.example/ws"] }, async (group) => {
      const servers = ["wss://b.example/ws"];
      expect(group.servers).toEqual(["wss://a.example/ws"]);
      let told = 0;
      group.addEventListener("servers", () => {
        told += 1;
      });
      await group.setServers(servers);
      expect(group.servers).toEqual(servers);
      expect(told).toBe(1);
      for (const text of [await group.invite(), await group.invite({ for: somebody(module) })]) {
        expect(module.parse_invitation(text).servers).toEqual(servers);
      }
      for (const wrong of ["ws://b.example/ws", "wss://a:b@b.example/ws"]) {
        const set = group.setServers([wrong]);
        await expect(set).rejects.toMatchObject({ code: "invalid-argument" });
      }
      await group.setServers([]);
      expect(group.servers).toEqual([]);
    }));

  test("gives memberships for its lifetime, unless a time is given", () =>
    founded(given, async (group) => {
      const until = async (memberFor?: number): Promise<number | undefined> => {
        const read = module.parse_invitation(
          await group.invite({ for: somebody(module), memberFor }),
        );
        return (read.kind === "bound" ? read.until : 0) ?? undefined;
      };
      const days = ((await until()) ?? 0) - Date.now();
      expect(days / 86_400_000).toBeCloseTo(28, 2);
      expect(await until(Number.POSITIVE_INFINITY)).toBeUndefined();
      expect(((await until(60_000)) ?? 0) - Date.now()).toBeLessThan(61_000);
    }));

  test("is not founded with a budget that nobody may have", () =>
    founded({}, async (_, peer) => {
      for (const wrong of [
        { records: 0 },
        { records: 2 ** 32 },
        { bytes: -1 },
        { bytes: 2 ** 40 },
      ]) {
        const made = peer.createGroup({ name: "Board", connect: false, budget: wrong });
        await expect(made).rejects.toMatchObject({ code: "invalid-argument" });
      }
    }));
});

test("a lifetime that is none, or of presence beyond its limits, is refused", async () => {
  const { peer } = new ScriptedCore();
  const wrong = [
    { presenceLifetime: "1s" },
    { presenceLifetime: "1h" },
    { presenceLifetime: Number.POSITIVE_INFINITY },
    { memberLifetime: 0 },
    { memberLifetime: Number.NaN },
    { memberLifetime: "28 days" },
  ];
  for (const lifetimes of wrong) {
    const made = peer.createGroup({ name: "Board", connect: false, ...lifetimes });
    await expect(made).rejects.toMatchObject({ code: "invalid-argument" });
  }
});

test("what is not known yet is empty, and the event brings it", async () => {
  const core = new ScriptedCore();
  const info: CoreGroupInfo = { id: "group", name: "Board", founder: null, properties: null };
  core.openGroups(info);
  const joining = core.peer.joinGroup("li1x", { connect: false });
  core.settle("join_group");
  const group = await joining;
  expect([group.name, group.comment, group.founder, group.properties]).toEqual([
    "Board",
    "",
    undefined,
    undefined,
  ]);
  const told = new Promise<GroupProperties>((resolve) =>
    group.addEventListener("properties", ({ detail }) => resolve(detail), { once: true }),
  );
  const properties = {
    name: "Board",
    comment: "",
    deferExpiry: true,
    memberLifetimeMs: null,
    presenceLifetimeMs: 30_000,
    ...budget,
  };
  core.tell({ type: "group", group: 1, event: { about: "properties", properties } });
  expect(await told).toEqual({ ...properties, memberLifetimeMs: Number.POSITIVE_INFINITY });
});
