import { beforeAll, describe, expect, test, vi } from "vitest";
import type { CoreModule, CorePreview } from "../src/core.js";
import { load } from "../src/low-level.js";
import { Peer } from "../src/peer.js";
import { realModule } from "./real-module.js";
import { ScriptedCore } from "./scripted-core.js";

const SERVER = "ws://127.0.0.1:1/ws";
const DAY = 86_400_000;

describe("what is known of an invitation without anybody else", () => {
  let module: CoreModule;
  let founder: Peer;
  let guest: Peer;
  beforeAll(async () => {
    module = await load(realModule());
    founder = new Peer(module, { signaling: [SERVER] });
    guest = new Peer(module, { signaling: [SERVER] });
    return async () => {
      await Promise.all([founder.close(), guest.close()]);
    };
  });
  const found = () => founder.createGroup({ name: "Board", connect: false });

  test("one for a single identity says everything itself, and can be taken then", async () => {
    await using group = await found();
    const text = await group.invite({ for: guest.id, role: "inviter", memberFor: "7d" });
    const preview = await guest.preview(`https://example.org/#${text}`, { connect: false });
    expect(preview).toMatchObject({
      groupId: group.id,
      name: "Board",
      comment: "",
      inviter: founder.id,
      role: "inviter",
      uses: 1,
      used: 0,
    });
    expect(Math.abs(preview.memberForMs - 7 * DAY)).toBeLessThan(5_000);
    await using joined = await preview.join({ connect: false });
    expect(joined.members.map(({ id }) => id)).toContain(guest.id);
    preview.close();
    expect(joined.name).toBe("Board");
    for (const again of [text, await group.invite()]) {
      await expect(guest.preview(again)).rejects.toMatchObject({ code: "already-joined" });
    }
    expect(joined.name).toBe("Board");
  });

  test("what is wrong with a text is told at once", async () => {
    await using group = await found();
    const link = await group.invite();
    const brief = await group.invite({ for: guest.id, memberFor: "1h" });
    const damaged = link.slice(0, 20) + (link[20] === "a" ? "b" : "a") + link.slice(21);
    for (const [text, code] of [
      [damaged, "invitation-damaged"],
      [link.replace("lo1", "lo9"), "invitation-version"],
      ["hello", "invitation-unknown"],
    ] as const) {
      await expect(guest.preview(text)).rejects.toMatchObject({ code });
    }
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + DAY });
    await expect(guest.preview(brief)).rejects.toMatchObject({ code: "invitation-expired" });
    vi.useRealTimers();
    const other = new Peer(module, { signaling: [SERVER] });
    const text = await group.invite({ for: other.id });
    await expect(guest.preview(text)).rejects.toMatchObject({ code: "invitation-not-for-you" });
    await other.close();
  });

  test("a link needs a connection, and a server", async () => {
    await using group = await found();
    const link = await group.invite();
    await expect(guest.preview(link, { connect: false })).rejects.toMatchObject({
      code: "not-connected",
    });
    await expect(guest.preview(link, { timeoutMs: 50 })).rejects.toMatchObject({
      code: "signaling-unreachable",
    });
    await expect(guest.joinGroup(link, { timeoutMs: 50 })).rejects.toMatchObject({
      code: "signaling-unreachable",
    });
    const signal = AbortSignal.timeout(20);
    await expect(guest.preview(link, { signal })).rejects.toMatchObject({ code: "aborted" });
  });
});

const offered: CorePreview = {
  properties: {
    name: "Board",
    comment: "All welcome",
    deferExpiry: false,
    presenceLifetimeMs: 30_000,
    budgetRecords: 1,
    budgetBytes: 1,
  },
  invitation: {
    id: "record",
    issuer: "ada",
    roles: 1,
    expires: 1_800_000_000_000,
    memberForMs: 7 * DAY,
    uses: 5,
    usedBy: [],
    exact: false,
  },
  used: 2,
};

/** Somebody who looks at a link; `answer` is what a member says. */
function looking(): { core: ScriptedCore; answer: () => void } {
  const core = new ScriptedCore();
  core.knowLinks();
  const answer = (): void => {
    core.respond("join_group", offered);
  };
  return { core, answer };
}

/** The calls that close a group, and not only disconnect it. */
function closed(core: ScriptedCore): unknown[] {
  return core.named("close_group").filter(([, , stays]) => stays === false);
}

test("a link is told as a member answered, and the group kept for whoever takes it", async () => {
  const { core, answer } = looking();
  const asked = core.peer.preview("https://example.org/#lo1x");
  expect(core.named("join_group")).toEqual([["join_group", 1, 1, "lo1x", 30_000, true]]);
  expect(core.named("connect_group")).toHaveLength(1);
  answer();
  const preview = await asked;
  const { join, close, ...terms } = preview;
  expect(terms).toEqual({
    groupId: "group",
    name: "Board",
    comment: "All welcome",
    inviter: "ada",
    role: "member",
    expires: new Date(1_800_000_000_000),
    memberForMs: 7 * DAY,
    uses: 5,
    used: 2,
  });
  const joining = join();
  expect(core.named("join_group").at(-1)?.slice(2)).toEqual([1, "lo1x", 30_000, false]);
  core.settle("join_group");
  const group = await joining;
  expect(group.name).toBe("group");
  expect(core.named("connect_group")).toHaveLength(1);
  close();
  expect([closed(core), core.named("delete_group")]).toEqual([[], []]);
});

test("whoever does not take it closes the group, and keeps nothing of it", async () => {
  const { core, answer } = looking();
  const asked = core.peer.preview("lo1x");
  answer();
  const preview = await asked;
  preview.close();
  preview.close();
  expect(closed(core)).toHaveLength(1);
  expect(core.named("delete_group")).toEqual([]);
});

test("whoever looks for long leaves the door, and comes back to join", async () => {
  vi.useFakeTimers();
  try {
    const { core, answer } = looking();
    const asked = core.peer.preview("lo1x");
    answer();
    const preview = await asked;
    vi.advanceTimersByTime(9_000);
    expect(core.named("close_group")).toEqual([]);
    vi.advanceTimersByTime(2_000);
    expect(core.named("close_group")).toHaveLength(1);
    const joining = preview.join();
    expect(core.named("connect_group")).toHaveLength(2);
    core.settle("join_group");
    await expect(joining).resolves.toBeDefined();
  } finally {
    vi.useRealTimers();
  }
});

test("an answer that it is of no use closes the group", async () => {
  const { core } = looking();
  const asked = core.peer.preview("lo1x");
  core.settle("join_group", "invitation-ended");
  await expect(asked).rejects.toMatchObject({ code: "invitation-ended" });
  expect(closed(core)).toHaveLength(1);
});
