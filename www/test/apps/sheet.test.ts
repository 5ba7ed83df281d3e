// The things on a board while they come: in the order of their making, whatever order they come in.
import { expect, onTestFinished, test, vi } from "vitest";
import { ITEM_TYPE, type Picture, Sheet } from "../../apps/board/model.js";
import type { Space } from "../../apps/shared/space.js";
import type { GroupRecord } from "../../src/group/record.js";

/** A board of nobody's group, and a way to give it records. */
function emptySheet() {
  const listeners: ((detail: unknown) => void)[] = [];
  const on = (name: string, listener: (detail: unknown) => void): void => {
    if (name === "record") listeners.push(listener);
  };
  const group = { find: () => Promise.resolve([]) };
  const { signal } = new AbortController();
  const space = { on, group, signal, me: { id: "ada" } } as unknown as Space;
  const sheet = new Sheet(space);
  const give = (record: GroupRecord): void => {
    for (const listener of listeners) listener({ record });
  };
  return { sheet, give };
}

const shape = { kind: "rect", colour: "#1b2130", width: 3, x: 0, y: 0, w: 10, h: 10 };

function recordOf(at: number, creator: string, fields: object = {}): GroupRecord {
  const when = new Date(at);
  const by = { creator, author: creator, created: when, modified: when };
  const data = new Uint8Array();
  const json = (): unknown => ({ ...shape, live: `live ${at}`, ...fields });
  return { id: `r${at}`, type: ITEM_TYPE, ...by, data, json } as unknown as GroupRecord;
}

/** Each number below `count` once, in an order that has nothing to do with them. */
const mixed = (count: number): number[] =>
  Array.from({ length: count }, (_, at) => (at * 7_919) % count);

test.each(["ada", "bob"])("10,000 things of %s that come in any order are sorted", (creator) => {
  const { sheet, give } = emptySheet();
  // What is sorted again for each of them takes longer the more there are.
  const sort = vi.spyOn(Array.prototype, "sort");
  onTestFinished(() => sort.mockRestore());
  for (const at of mixed(10_000)) {
    give(recordOf(at, creator));
    // What is drawn meanwhile asks for them.
    if (sheet.items.length === 0) throw new Error("it is not there");
  }
  expect(sort.mock.calls.length).toBeLessThan(10);
  expect(sheet.items.map(({ at }) => at)).toEqual(Array.from({ length: 10_000 }, (_, at) => at));
});

test("only what is new and above all others is drawn without the rest", () => {
  const { sheet, give } = emptySheet();
  const seen: (boolean | "all")[] = [];
  const look = (change: Picture): void => void seen.push(change === "all" || change.isOnTop);
  sheet.watchPicture(look);
  for (const at of [5, 9, 7, 9]) give(recordOf(at, "bob"));
  expect(seen).toEqual([true, true, false, false]);
  give(recordOf(7, "bob", { gone: true }));
  expect(sheet.items.map(({ at }) => at)).toEqual([5, 9]);
  give(recordOf(7, "bob"));
  expect(sheet.items.map(({ at }) => at)).toEqual([5, 7, 9]);
});
