// Two people in one group of the real core, without a network between them: what one holds is given
// to the other as a file, whenever a test says so.
import { setMaxListeners } from "node:events";
import { onTestFinished, vi } from "vitest";
import { Space } from "../../apps/shared/space.js";
import type { CoreModule } from "../../src/core.js";
import type { Role } from "../../src/group/options.js";
import type { Identity } from "../../src/identity/identity.js";
import { load } from "../../src/low-level.js";
import { Peer } from "../../src/peer.js";
import { realModule, somebody } from "../real-module.js";

const NAMES = ["Ada", "Bob", "Cleo", "Dora"];
/** A server that nobody reaches. */
export const NOWHERE = "ws://127.0.0.1:1/ws";

/** What a page has beside a core. */
export function pageGlobals(): Map<string, string> {
  const kept = new Map<string, string>();
  vi.stubGlobal("document", Object.assign(new EventTarget(), { hidden: false }));
  vi.stubGlobal("localStorage", {
    get length() {
      return kept.size;
    },
    key: (at: number) => [...kept.keys()][at] ?? null,
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  });
  onTestFinished(() => void vi.unstubAllGlobals());
  return kept;
}

/** Two admins of one group: the first has founded it. */
export async function twoAdmins(): Promise<[Space, Space]> {
  const { spaces } = await groupOf("admin");
  return spaces as [Space, Space];
}

/** A group: Ada has founded it, and the others have these roles. */
export async function groupOf(
  ...roles: Role[]
): Promise<{ readonly spaces: Space[]; readonly peers: Peer[]; readonly module: CoreModule }> {
  pageGlobals();
  const module = await load(realModule());
  const peers = ["ada", ...roles].map(() => new Peer(module, { signaling: [NOWHERE] }));
  const [ada, ...others] = peers as [Peer, ...Peer[]];
  const founded = await ada.createGroup({ name: "Group", connect: false });
  const groups = [founded];
  for (const [at, peer] of others.entries()) {
    const invitation = await founded.invite({ for: peer.id, role: roles[at] as Role });
    groups.push(await peer.joinGroup(invitation, { connect: false }));
  }
  const spaces = groups.map((group, at) => {
    const { id } = peers[at] as Peer;
    const me = { id, name: NAMES[at] } as Identity;
    return new Space(group, me, () => ({ colour: at }));
  });
  // A page has as many listeners as it has parts.
  for (const { signal } of spaces) setMaxListeners(0, signal);
  onTestFinished(async () => {
    for (const space of spaces) space.end();
    for (const peer of peers) await peer.close();
  });
  const [first, ...rest] = spaces as [Space, ...Space[]];
  for (const space of rest) await give(space, first);
  // Whoever comes gets the key over a link. Here there is none, so there is a new key for all.
  const renewed = new Promise((resolve) =>
    founded.addEventListener("unlocked", resolve, { once: true }),
  );
  await founded.revoke(somebody(module));
  await renewed;
  for (const space of rest) await give(first, space);
  return { spaces, peers, module };
}

/** Gives what one holds to the other. */
export async function give(from: Space, to: Space): Promise<void> {
  await to.group.import(await from.group.export());
}

/** Both hold what either holds. */
export async function meet(a: Space, b: Space): Promise<void> {
  await give(a, b);
  await give(b, a);
}
