import { expect, test } from "vitest";
import { Delivery, type DeliveryReport } from "../../apps/chat/delivery.js";

/** A delivery to three whose members are reached unless they are named in `broken`. */
function start(broken: Set<string>) {
  const sent: string[] = [];
  const reports: DeliveryReport[] = [];
  const send = async (id: string): Promise<void> => {
    sent.push(id);
    if (broken.has(id)) throw new Error(`${id} is broken`);
  };
  const report = (told: DeliveryReport): void => void reports.push(told);
  return { sent, reports, delivery: new Delivery(["ada", "bob", "cid"], send, report) };
}

const always = (): boolean => true;

test("a line that reaches everybody is delivered, and counts on the way", async () => {
  const { delivery, reports } = start(new Set());
  await delivery.run(always);
  expect(reports.map(({ state, count }) => [state, count])).toEqual([
    ["sending", 0],
    ["sending", 1],
    ["sending", 2],
    ["sending", 3],
    ["delivered", 3],
  ]);
  expect(delivery.canRepeat(always)).toBe(false);
});

test("one that reaches some says how many, and goes again to the rest alone", async () => {
  const broken = new Set(["bob"]);
  const { delivery, reports, sent } = start(broken);
  await delivery.run(always);
  const reason = new Error("bob is broken");
  expect(reports.at(-1)).toEqual({ state: "partial", count: 2, of: 3, reason });
  expect(delivery.canRepeat(always)).toBe(true);
  expect(delivery.canRepeat((id) => id !== "bob")).toBe(false);
  sent.length = 0;
  broken.clear();
  await delivery.run(always);
  expect(sent).toEqual(["bob"]);
  expect(reports.at(-1)).toMatchObject({ state: "delivered", count: 3, of: 3 });
});

test("one that reaches nobody has failed", async () => {
  const { delivery, reports } = start(new Set(["ada", "bob", "cid"]));
  await delivery.run(always);
  expect(reports.at(-1)).toMatchObject({ state: "failed", count: 0, of: 3 });
});

test("whoever is gone is not tried again, and keeps the reason", async () => {
  const broken = new Set(["bob", "cid"]);
  const { delivery, reports, sent } = start(broken);
  await delivery.run(always);
  sent.length = 0;
  broken.clear();
  await delivery.run((id) => id === "cid");
  expect(sent).toEqual(["cid"]);
  const reason = new Error("bob is broken");
  expect(reports.at(-1)).toEqual({ state: "partial", count: 2, of: 3, reason });
});

test("a second run while one is under way sends nothing twice", async () => {
  const { delivery, sent } = start(new Set());
  await Promise.all([delivery.run(always), delivery.run(always)]);
  expect(sent).toEqual(["ada", "bob", "cid"]);
});
