import generate from "qrcode-generator";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { hashOf } from "../apps/shared/route.js";
import type { CoreModule } from "../src/core.js";
import type { Group } from "../src/group/group.js";
import type { InviteOptions, Role } from "../src/group/options.js";
import { load } from "../src/low-level.js";
import { Peer } from "../src/peer.js";
import { parseInvitation } from "../src/slim.js";
import { realModule, somebody } from "./real-module.js";

const CHARACTERS_MAX = 180;
const MODULES_MAX = 53;

/** The same text with another letter in its middle. */
function damaged(text: string): string {
  const other = text[20] === "a" ? "b" : "a";
  return text.slice(0, 20) + other + text.slice(21);
}

describe("invitations of the real core", () => {
  let module: CoreModule;
  let guest: string;
  beforeAll(async () => {
    module = await load(realModule());
    guest = somebody(module);
  });

  async function founded(check: (group: Group, peer: Peer) => Promise<void>): Promise<void> {
    const peer = new Peer(module, { signaling: ["ws://127.0.0.1:1/ws"] });
    try {
      await check(await peer.createGroup({ name: "Board", connect: false }), peer);
    } finally {
      await peer.close();
    }
  }

  test("a link fits into a message and into a code that every camera reads", () =>
    founded(async (group) => {
      const invitation = await group.invite({ uses: 1_000, expires: "30d" });
      const hash = hashOf({ at: "join", app: "letter", invitation });
      const link = `https://lacis.example.org/${hash}`;
      const code = generate(0, "M");
      code.addData(link, "Byte");
      code.make();
      console.info(`link: ${link.length} characters, ${code.getModuleCount()} modules`);
      expect(link.length).toBeLessThanOrEqual(CHARACTERS_MAX);
      expect(code.getModuleCount()).toBeLessThanOrEqual(MODULES_MAX);
    }));

  test("those for whoever has the link are listed with all that they say, and end", () =>
    founded(async (group, peer) => {
      // They are told of once what came in one turn is done.
      const told: number[] = [];
      group.addEventListener("invitations", () => told.push(group.invitations().length));
      await group.invite({ role: "inviter", uses: 5, expires: "1h", memberFor: "7d", exact: true });
      await vi.waitFor(() => expect(told).toEqual([1]));
      const [open] = group.invitations();
      expect(open).toMatchObject({
        role: "inviter",
        issuer: peer.id,
        memberForMs: 7 * 86_400_000,
        uses: 5,
        used: 0,
        usedBy: [],
        exact: true,
      });
      expect(Math.abs((open?.expires?.getTime() ?? 0) - Date.now() - 3_600_000)).toBeLessThan(
        5_000,
      );
      await group.invite();
      expect(group.invitations()).toHaveLength(2);
      await vi.waitFor(() => expect(told).toEqual([1, 2]));
      const usual = group.invitations().find(({ id }) => id !== open?.id);
      expect(usual).toMatchObject({ role: "member", uses: 1, exact: false, expires: undefined });
      expect(usual?.memberForMs).toBe(Number.POSITIVE_INFINITY);
      await group.endInvitation(open?.id ?? "");
      expect(group.invitations()).toEqual([usual]);
      await vi.waitFor(() => expect(told.at(-1)).toBe(1));
      const again = group.endInvitation(open?.id ?? "");
      await expect(again).rejects.toMatchObject({ code: "record-unknown" });
    }));

  test("one for a single identity is in no list, and says whose it is", () =>
    founded(async (group, peer) => {
      const text = await group.invite({ for: guest, role: "admin" });
      expect(group.invitations()).toEqual([]);
      expect(await parseInvitation(`https://example.org/#${text}`)).toMatchObject({
        kind: "bound",
        groupId: group.id,
        name: "Board",
        peerId: guest,
        inviter: peer.id,
        role: "admin",
        until: undefined,
      });
      const link = await parseInvitation(await group.invite());
      expect(link).toEqual({ kind: "link", groupId: group.id, servers: [] });
      for (const [bad, code] of [
        [damaged(text), "invitation-damaged"],
        [text.replace("li1", "li9"), "invitation-version"],
        ["li", "invitation-unknown"],
      ] as const) {
        await expect(parseInvitation(bad)).rejects.toMatchObject({ code });
      }
    }));

  const wrong: [string, unknown, RegExp][] = [
    [
      "an array of roles",
      { role: ["member", "inviter"] },
      /role must be one of member, inviter, .*an array/,
    ],
    ["a role that there is not", { role: "owner" }, /role must be one of member, inviter/],
    ["an admin with an end", { role: "admin", memberFor: "7d" }, /no end by date/],
    ["nobody in particular", { for: undefined }, /for must be an identity/],
    ["one identity, with uses", { for: "a".repeat(52), uses: 2 }, /by link/],
    ["no uses", { uses: 0 }, /a whole number from 1 on/],
    ["half a use", { uses: 1.5 }, /a whole number .*, but is the number 1.5/],
    ["a lifetime that is none", { expires: "soon" }, /expires must be milliseconds/],
  ];

  test.each(wrong)("inviting %s is refused with the reason", (_, options, message) =>
    founded(async (group) => {
      await expect(group.invite(options as InviteOptions)).rejects.toMatchObject({
        code: "invalid-argument",
        detail: expect.stringMatching(message),
      });
      expect(group.invitations()).toEqual([]);
    }),
  );

  test("the steps of the ladder include those before", () =>
    founded(async (group) => {
      const [own] = group.members;
      expect([own?.role, own?.roles]).toEqual(["admin", ["member", "inviter", "admin"]]);
      await expect(group.setRole(guest, "owner" as Role)).rejects.toMatchObject({
        code: "invalid-argument",
      });
      await expect(group.setRole(guest, "member")).rejects.toMatchObject({ code: "not-member" });
    }));

  test("times go over into group time and back", () =>
    founded(async (group) => {
      expect(Math.abs(group.time().getTime() - Date.now())).toBeLessThan(1_000);
      const at = new Date(1_234_567_890_123);
      expect(group.toOwnTime(group.toGroupTime(at))).toEqual(at);
      expect([group.keyOld, group.clockAheadMs]).toEqual([false, undefined]);
    }));

  test("a group that is open is the same object, and what fails beside it leaves it alone", () =>
    founded(async (group, peer) => {
      const link = await group.invite();
      const again = await Promise.all([
        peer.joinGroup(link, { connect: false }),
        peer.openGroup(group.id, { connect: false }),
        peer.importGroup(await group.export(), { connect: false }),
      ]);
      expect(again).toEqual([group, group, group]);
      const failing = [
        peer.joinGroup("lo1aaaa", { connect: false }),
        peer.joinGroup(damaged(link), { connect: false }),
        peer.openGroup("0".repeat(52), { connect: false }),
      ];
      const codes = (await Promise.allSettled(failing)).map((it) =>
        it.status === "rejected" ? it.reason.code : "",
      );
      expect(codes.every((code) => code !== "" && code !== "closed")).toBe(true);
      const id = await group.add({ type: "note", data: "still here" });
      expect((await group.get(id)).text()).toBe("still here");
    }));
});
