import { describe, expect, test, vi } from "vitest";
import { PeerError } from "../src/errors.js";
import { EventQueue } from "../src/queue.js";

const limits = { items: 3, bytes: 100 };

async function drain<T>(queue: EventQueue<T>): Promise<T[]> {
  const got: T[] = [];
  for await (const item of queue) got.push(item);
  return got;
}

describe("an iterator over events", () => {
  test("hands out what came before and after it was asked, in order", async () => {
    const queue = new EventQueue<number>(limits, () => {});
    queue.push(1, 1);
    const all = drain(queue);
    queue.push(2, 1);
    await Promise.resolve();
    queue.push(3, 1);
    queue.end();
    expect(await all).toEqual([1, 2, 3]);
  });

  test("keeps order over more items than it compacts at once", async () => {
    const queue = new EventQueue<number>({ items: 2000, bytes: 1e6 }, () => {});
    const expected = Array.from({ length: 1500 }, (_, index) => index);
    for (const item of expected) queue.push(item, 1);
    queue.end();
    expect(await drain(queue)).toEqual(expected);
  });

  test.each([
    ["items", [1, 1, 1, 1]],
    ["bytes", [60, 60]],
  ])("that overflows by %s delivers what it holds, then throws too-slow", async (_, sizes) => {
    const onEnd = vi.fn();
    const queue = new EventQueue<number>(limits, onEnd);
    for (const [index, size] of sizes.entries()) queue.push(index, size);
    const got: number[] = [];
    const reading = (async () => {
      for await (const item of queue) got.push(item);
    })();
    await expect(reading).rejects.toMatchObject({ code: "too-slow" });
    expect(got).toEqual(sizes.slice(0, -1).map((_size, index) => index));
    expect(onEnd).toHaveBeenCalledOnce();
    expect(await queue.next()).toEqual({ value: undefined, done: true });
  });

  test("takes one item of any size when nothing else waits", async () => {
    const queue = new EventQueue<string>(limits, () => {});
    queue.push("large", 10_000);
    queue.end();
    expect(await drain(queue)).toEqual(["large"]);
  });

  test("gives an error to one waiting reader and the end to the others", async () => {
    const queue = new EventQueue<number>(limits, () => {});
    const waits = [queue.next(), queue.next()];
    queue.end(new PeerError("aborted"));
    const [first, second] = await Promise.allSettled(waits);
    expect(first).toMatchObject({ status: "rejected", reason: { code: "aborted" } });
    expect(second).toMatchObject({ status: "fulfilled", value: { done: true } });
  });

  test("left by break takes nothing more", async () => {
    const onEnd = vi.fn();
    const queue = new EventQueue<number>(limits, onEnd);
    queue.push(1, 1);
    queue.push(2, 1);
    for await (const item of queue) if (item === 1) break;
    queue.push(3, 1);
    expect(await drain(queue)).toEqual([]);
    expect(onEnd).toHaveBeenCalledOnce();
  });
});
