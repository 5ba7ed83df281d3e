// A step back takes back what one did oneself, and nothing else.
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { Shape } from "../../apps/board/item.js";
import { moved } from "../../apps/board/item.js";
import { ITEM_TYPE, Sheet, sheetOf } from "../../apps/board/model.js";
import { meet, twoAdmins } from "./members.js";

const box: Shape = { kind: "rect", colour: "#1b2130", width: 3, x: 0, y: 0, w: 10, h: 10 };

async function twoSheets() {
  const [ada, bob] = await twoAdmins();
  const sheets = [sheetOf(ada), sheetOf(bob)] as const;
  for (const sheet of sheets) await sheet.load();
  const together = (): Promise<void> => meet(ada, bob);
  return { ada: sheets[0], bob: sheets[1], spaces: [ada, bob] as const, together };
}

const only = (sheet: Sheet) => {
  expect(sheet.items).toHaveLength(1);
  const [item] = sheet.items;
  if (item === undefined) throw new Error("there is nothing");
  return item;
};

const change = (sheet: Sheet, fields: Partial<Shape>): Promise<void> =>
  sheet.change([only(sheet).id], (shape) => ({ ...shape, ...fields }) as Shape);

describe("a step back on the board", () => {
  test("keeps the colour that a colleague has given meanwhile", async () => {
    const { ada, bob, together } = await twoSheets();
    await ada.add([box]);
    await ada.change([only(ada).id], (shape) => moved(shape, 50, 0));
    await together();
    await change(bob, { colour: "#d23b2b" });
    await together();
    expect(await ada.undo()).toBe(true);
    expect(only(ada).shape).toMatchObject({ x: 0, colour: "#d23b2b" });
    expect(await ada.redo()).toBe(true);
    expect(only(ada).shape).toMatchObject({ x: 50, colour: "#d23b2b" });
    await together();
    expect(only(bob).shape).toEqual(only(ada).shape);
  });

  test("says so when a colleague's change has taken the place of one's own", async () => {
    const { ada, bob, together } = await twoSheets();
    await ada.add([box]);
    await change(ada, { colour: "#2c8a4b" });
    await together();
    await change(bob, { colour: "#d23b2b" });
    await together();
    expect(await ada.undo()).toBe(false);
    expect(only(ada).shape.colour).toBe("#d23b2b");
    expect(ada.canRedo).toBe(false);
  });

  test("does not take away what a colleague has worked on since it was drawn", async () => {
    const { ada, bob, together } = await twoSheets();
    await ada.add([box]);
    await together();
    await change(bob, { width: 14 });
    await together();
    await ada.change([only(ada).id], (shape) => moved(shape, 1, 1));
    expect(await ada.undo()).toBe(true);
    expect(await ada.undo()).toBe(false);
    expect(only(ada).shape).toMatchObject({ x: 0, width: 14 });
  });

  test("brings what one deleted back as the very thing that it was", async () => {
    const { ada, bob, together } = await twoSheets();
    await ada.add([box]);
    await together();
    const { id } = only(ada);
    await ada.delete([id]);
    await together();
    expect(bob.items).toEqual([]);
    expect(await ada.undo()).toBe(true);
    await together();
    expect([only(ada).id, only(bob).id]).toEqual([id, id]);
    expect(await ada.redo()).toBe(true);
    expect(ada.items).toEqual([]);
  });

  test("never brings back what a colleague has taken away", async () => {
    const { ada, bob, together } = await twoSheets();
    await ada.add([box]);
    await change(ada, { colour: "#2c8a4b" });
    await together();
    await bob.delete([only(bob).id]);
    await together();
    while (ada.canUndo) await ada.undo();
    while (ada.canRedo) await ada.redo();
    await together();
    expect([ada.items, bob.items]).toEqual([[], []]);
  });

  test("leaves alone what was deleted for good", async () => {
    const { ada, spaces, together } = await twoSheets();
    await ada.add([box]);
    await together();
    const [record] = await spaces[1].group.find({ type: ITEM_TYPE });
    if (record === undefined) throw new Error("there is nothing");
    await spaces[1].group.delete(record);
    await together();
    expect(await ada.undo()).toBe(false);
    expect(await spaces[0].group.find({ type: ITEM_TYPE })).toEqual([]);
  });

  test("waits for what is under way", async () => {
    const { ada } = await twoSheets();
    const adding = ada.add([box]);
    expect(await ada.undo()).toBe(true);
    await adding;
    expect(ada.items).toEqual([]);
    expect(await ada.redo()).toBe(true);
    expect(only(ada).shape).toMatchObject(box);
  });
});

test("what was taken away a day ago is deleted for good, what was just now is not", async () => {
  const { ada, spaces } = await twoSheets();
  await ada.add([box, { ...box, y: 50 }]);
  const [first, second] = ada.items;
  if (first === undefined || second === undefined) throw new Error("there is nothing");
  await ada.delete([first.id]);
  const day = 24 * 60 * 60 * 1_000;
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 1.5 * day });
  onTestFinished(() => void vi.useRealTimers());
  await ada.delete([second.id]);
  await new Sheet(spaces[0]).load();
  await spaces[0].group.stored();
  const left = await spaces[0].group.find({ type: ITEM_TYPE });
  expect(left.map(({ id }) => id)).toEqual([second.id]);
});

test.each([1, 2, 3])(
  "two who draw, move, delete and take back at random end with the same board (%i)",
  async () => {
    const { ada, bob, together } = await twoSheets();
    const pick = <T>(all: readonly T[]): T => all[Math.floor(Math.random() * all.length)] as T;
    const log: string[] = [];
    const ids = new Set<string>();
    for (let turn = 0; turn < 120; turn += 1) {
      const sheet = pick([ada, bob]);
      const action = pick(["add", "move", "colour", "delete", "undo", "undo", "redo", "meet"]);
      log.push(`${sheet === ada ? "ada" : "bob"} ${action}`);
      const item = sheet.items.length > 0 ? pick(sheet.items) : undefined;
      if (action === "meet") await together();
      else if (action === "undo" || action === "redo") await sheet[action]();
      else if (action === "add" || item === undefined) await sheet.add([{ ...box, y: turn }]);
      else if (action === "delete") await sheet.delete([item.id]);
      else if (action === "move") await sheet.change([item.id], (it) => moved(it, turn, 0));
      else {
        const colour = pick(["#d23b2b", "#2c8a4b"]);
        await sheet.change([item.id], (shape) => ({ ...shape, colour }));
      }
      for (const { id } of sheet.items) ids.add(id);
    }
    await together();
    const seen = (sheet: Sheet) => sheet.items.map(({ id, shape }) => ({ id, ...shape }));
    expect(seen(bob), log.join(", ")).toEqual(seen(ada));
  },
);
