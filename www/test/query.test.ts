import { beforeAll, describe, expect, test } from "vitest";
import type { CoreEvent, CoreGroupEvent, CoreNode } from "../src/core.js";
import { coreFilter, type RecordQuery } from "../src/group/query.js";
import { coreAttributes } from "../src/group/record.js";
import { load } from "../src/low-level.js";
import { recordOf } from "../src/record-parts.js";
import { realModule } from "./real-module.js";

const detailed = (detail: RegExp): unknown =>
  expect.objectContaining({ code: "invalid-argument", detail: expect.stringMatching(detail) });

describe("queries as the core takes them", () => {
  test("plain values ask for equality", () => {
    const at = new Date(1_000);
    expect(coreFilter({ n: 1, at, name: "a" })).toEqual({
      all: [
        { name: "n", kind: "int", number: 1, is: "eq" },
        { name: "at", kind: "date", number: 1_000, is: "eq" },
        { name: "name", kind: "text", text: "a", is: "eq" },
      ],
    });
    expect(coreFilter(undefined)).toBeUndefined();
    expect(coreFilter({})).toBeUndefined();
    const computed: Record<string, string> = { name: "a" };
    expect(coreFilter(computed)).toEqual({ name: "name", kind: "text", text: "a", is: "eq" });
  });

  test("comparisons and queries are joined", () => {
    const query: RecordQuery = {
      n: { gte: 3, lt: 10 },
      $or: [{ title: { like: "Bon*" } }, { $creator: "me", $version: { ne: 1 } }],
      $not: { $created: { lt: new Date(5) } },
    };
    expect(coreFilter(query)).toEqual({
      all: [
        { name: "n", kind: "int", number: 3, is: "gte" },
        { name: "n", kind: "int", number: 10, is: "lt" },
        {
          any: [
            { name: "title", kind: "text", text: "Bon*", is: "like" },
            {
              all: [
                { name: "$creator", kind: "text", text: "me", is: "eq" },
                { name: "$version", kind: "int", number: 1, is: "ne" },
              ],
            },
          ],
        },
        { not: { name: "$created", kind: "date", number: 5, is: "lt" } },
      ],
    });
    expect(coreFilter({ $not: {} })).toEqual({ not: { all: [] } });
    expect(coreFilter({ $or: [] })).toEqual({ any: [] });
  });

  test("what is none is refused with the reason", () => {
    const endless: { $not?: RecordQuery } = {};
    endless.$not = endless;
    const wrong: [unknown, RegExp][] = [
      ["a", /object of conditions/],
      [[], /object of conditions/],
      [{ $or: { a: 1 } }, /\$or takes an array/],
      [{ $and: [1] }, /object of conditions/],
      [{ $creater: "a" }, /"\$creater" is neither/],
      [{ "two words": 1 }, /"two words" is neither/],
      [{ a: {} }, /Nothing is compared with "a"/],
      [{ a: { above: 1 } }, /"above" compares nothing/],
      [{ a: undefined }, /"a" is compared with a safe integer/],
      [{ a: null }, /"a" is compared with/],
      [{ a: 1.5 }, /"a" is compared with/],
      [{ a: new Date(Number.NaN) }, /"a" is compared with/],
      [{ a: { like: 1 } }, /cannot be compared so/],
      [{ $version: "1" }, /"\$version" cannot be compared so/],
      [{ $created: { gt: 1 } }, /"\$created" cannot be compared so/],
      [endless, /too deeply/],
    ];
    for (const [where, reason] of wrong) {
      expect(() => coreFilter(where as RecordQuery), String(reason)).toThrow(detailed(reason));
    }
    // @ts-expect-error: the compiler knows the fields.
    expect(() => coreFilter({ $created: "today" })).toThrow();
  });
});

// What needs no page runs in Node as well: the real core, without servers and without a store.
describe("the real core", () => {
  const events: CoreGroupEvent[] = [];
  let core: CoreNode;
  const group = 1;
  let ticket = 0;

  beforeAll(async () => {
    const { WebNode } = await load(realModule());
    const event = (told: CoreEvent): void => {
      if (told.type === "group") events.push(told.event);
    };
    const ignore = (): void => {};
    core = new WebNode(
      { signaling: [] },
      {
        event,
        message: ignore,
        completed: ignore,
        fileData: ignore,
        makeRecord: recordOf,
        record: (_, record, isNew, isOwn, from, watches) => {
          events.push({ about: "record", record, isNew, isOwn, from, watches: [...watches] });
        },
        storeWrite: ignore,
        storeErase: ignore,
        storeRead: ignore,
        storeScan: ignore,
      },
    );
    const about = { name: "Board", comment: "", deferExpiry: false, presenceLifetimeMs: 60_000 };
    core.create_group(next(), group, about, []);
    for (let number = 1; number <= 4; number += 1) {
      const title = number % 2 === 0 ? "Bonjour" : "Salut";
      add({ number, title, at: new Date(number * 1_000) });
    }
  });

  const next = (): number => {
    ticket += 1;
    return ticket;
  };

  const add = (attributes: Record<string, string | number | Date>): string =>
    core.add_record(next(), group, "note", coreAttributes(attributes), new Uint8Array(), undefined);

  function numbers(where: RecordQuery): (number | undefined)[] {
    const asked = next();
    core.query_records(asked, group, "note", coreFilter(where));
    const found = events.flatMap((it) =>
      it.about === "found" && it.ticket === asked ? it.records : [],
    );
    const numberOf = (it: (typeof found)[number]): number | undefined =>
      it.attributes.find(({ name }) => name === "number")?.number;
    return found.map(numberOf).sort();
  }

  test("finds what fits and nothing else", () => {
    const me = core.peer_id();
    expect(numbers({})).toEqual([1, 2, 3, 4]);
    expect(numbers({ number: 3 })).toEqual([3]);
    expect(numbers({ number: { ne: 3 } })).toEqual([1, 2, 4]);
    expect(numbers({ number: { gt: 1, lte: 3 } })).toEqual([2, 3]);
    expect(numbers({ at: { lt: new Date(2_000) } })).toEqual([1]);
    expect(numbers({ title: { like: "B?nj*" }, number: { gte: 3 } })).toEqual([4]);
    expect(numbers({ $or: [{ number: 1 }, { $not: { title: "Salut" } }] })).toEqual([1, 2, 4]);
    expect(numbers({ $and: [{ $creator: me, $author: me }, { $version: 1 }] })).toHaveLength(4);
    expect(numbers({ $modifier: { ne: "" } })).toEqual([]);
    expect(numbers({ $created: { lt: new Date(0) } })).toEqual([]);
    expect(numbers({ $modified: { gt: new Date(0) }, $id: { like: "*" } })).toHaveLength(4);
    // Nothing was said, so they end after ten years.
    const year = 365 * 86_400_000;
    expect(numbers({ $expires: { gt: new Date(Date.now() + 9 * year) } })).toHaveLength(4);
    expect(numbers({ $expires: { gt: new Date(Date.now() + 11 * year) } })).toEqual([]);
  });

  test("says of what comes which watches it fits, until they end", () => {
    const watch = (number: number, type: string | undefined, where: RecordQuery): void =>
      core.watch_records(group, number, type, coreFilter(where));
    watch(1, "note", { number: { gte: 100 } });
    watch(2, "note", { number: { lt: 100 } });
    watch(3, "other", {});
    watch(4, undefined, {});
    const latest = (): Extract<CoreGroupEvent, { about: "record" }> => {
      const last = events.filter((it) => it.about === "record").at(-1);
      if (last === undefined) throw new Error("nothing was told");
      return last;
    };
    add({ number: 100 });
    expect(latest().watches).toEqual([1, 4]);
    core.delete_record(next(), group, latest().record.header);
    expect(latest().record.deleted).toBe(true);
    expect(latest().watches).toEqual([1, 2, 4]);
    expect(numbers({ number: 100 })).toEqual([]);
    expect(numbers({ $version: 2 })).toEqual([]);
    core.unwatch_records(group, 4);
    core.unwatch_records(group, 9);
    add({ number: 5 });
    expect(latest().watches).toEqual([2]);
  });

  test("refuses a query beyond the limits", () => {
    const refused = expect.objectContaining({ code: "invalid-argument" });
    const many = (count: number): RecordQuery => ({
      $or: Array.from({ length: count }, (_, number) => ({ number })),
    });
    const deep = (depth: number): RecordQuery => (depth === 0 ? {} : { $not: deep(depth - 1) });
    expect(numbers(many(500))).toEqual([1, 2, 3, 4, 5]);
    expect(() => numbers(many(512))).toThrow(refused);
    expect(numbers(deep(15))).toEqual([]);
    expect(() => numbers(deep(16))).toThrow(refused);
    expect(() => numbers({ title: "a".repeat(1_025) })).toThrow(refused);
    expect(() => core.watch_records(group, 1, "note", coreFilter(many(512)))).toThrow(refused);
    expect(() => core.query_records(next(), group, "No Type", undefined)).toThrow(refused);
  });
});
