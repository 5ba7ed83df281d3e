// What people do in a group, in the tab of a test.
import assert from "node:assert/strict";

/** How long records may take to reach the others. */
export const SYNC_MS = 30_000;

/** Starts a peer with a lasting identity and a store of its own. */
export function start(tab, number) {
  return tab.evaluate(async (n) => {
    const identity = new Uint8Array(32).fill(n);
    t.peer = await t.start({ identity, store: `lacis-test-${n}` });
    return t.peer.id;
  }, number);
}

export function found(tab, name) {
  return tab.evaluate(async (called) => {
    t.group = await t.peer.createGroup({ name: called });
    return t.group.id;
  }, name);
}

export function invite(tab, peer) {
  return tab.evaluate((id) => t.group.invite({ for: id }), peer);
}

export function join(tab, invitation) {
  return tab.evaluate(async (text) => {
    t.group = await t.peer.joinGroup(text);
  }, invitation);
}

/** Writes notes; resolves when they are stored. */
export function write(tab, texts) {
  return tab.evaluate(async (list) => {
    for (const data of list) await t.group.add({ type: "note", data });
  }, texts);
}

/** Waits until a tab can read exactly these notes. */
export function reads(tab, texts) {
  return tab
    .evaluate(
      async ([wanted, ms]) => {
        const seen = new Set();
        const signal = AbortSignal.timeout(ms);
        try {
          for await (const record of t.group.watch({ type: "note", signal })) {
            seen.add(record.text());
            if (seen.size >= wanted) break;
          }
        } catch (error) {
          throw new Error(`${error.code}: only ${JSON.stringify([...seen].sort())}`);
        }
        const held = await t.group.find({ type: "note" });
        return held.map((record) => record.text()).sort();
      },
      [texts.length, SYNC_MS],
    )
    .then((held) => assert.deepEqual(held, [...texts].sort()));
}

/** Waits until so many others are members and connected. */
export function meets(tab, count) {
  return tab.evaluate(
    async ([wanted, ms]) => {
      const { room } = t.group;
      const linked = () => [...room.remotes.values()].filter((m) => m.connected).length === wanted;
      for (const type of ["remotejoin", "remotechange", "remoteleave"]) {
        room.addEventListener(type, () => t.wake());
      }
      await t.until(linked, () => `${wanted} members; there are ${room.remotes.size}`, ms);
    },
    [count, SYNC_MS],
  );
}
