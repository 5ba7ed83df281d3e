// Two people in one group of the real core, without a network between them: what one holds is given
// to the other as a file, whenever a test says so.
import { setMaxListeners } from "node:events";
import { onTestFinished, vi } from "vitest";
import { Space } from "../../apps/shared/space.js";
import type { Identity } from "../../src/identity/identity.js";
import { load } from "../../src/low-level.js";
import { Peer } from "../../src/peer.js";
import { realModule, somebody } from "../real-module.js";

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
  pageGlobals();
  const module = await load(realModule());
  const peers = [1, 2].map(() => new Peer(module, { signaling: ["ws://127.0.0.1:1/ws"] }));
  const [ada, bob] = peers as [Peer, Peer];
  const founded = await ada.createGroup({ name: "Group", connect: false });
  const invitation = await founded.invite({ for: bob.id, role: "admin" });
  const joined = await bob.joinGroup(invitation, { connect: false });
  const spaces = [
    new Space(founded, { id: ada.id, name: "Ada" } as Identity, () => ({ colour: 0 })),
    new Space(joined, { id: bob.id, name: "Bob" } as Identity, () => ({ colour: 1 })),
  ] as [Space, Space];
  // A page has as many listeners as it has parts.
  for (const { signal } of spaces) setMaxListeners(0, signal);
  onTestFinished(async () => {
    for (const space of spaces) space.end();
    for (const peer of peers) await peer.close();
  });
  await give(spaces[1], spaces[0]);
  // Whoever comes gets the key over a link. Here there is none, so there is a new key for both.
  const renewed = new Promise((resolve) =>
    founded.addEventListener("unlocked", resolve, { once: true }),
  );
  await founded.revoke(somebody(module));
  await renewed;
  await give(spaces[0], spaces[1]);
  return spaces;
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
