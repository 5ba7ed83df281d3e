import { describe, expect, test } from "vitest";
import { runsOf } from "../src/store/ranges.js";

const key = (number: number): Uint8Array => Uint8Array.of(number >> 8, number & 255);
const keys = (...numbers: number[]): Uint8Array[] => numbers.map(key);

describe("keys that lie side by side in a table", () => {
  test.each([
    ["all of it", keys(1, 2, 3), keys(1, 2, 3), ["0 0 3"]],
    ["others stand between", keys(1, 2, 7, 9, 10), keys(1, 2, 9, 10), ["0 0 2", "2 3 2"]],
    ["some are not held", keys(1, 2, 4, 5), keys(1, 2, 3, 4, 5), ["0 0 2", "3 2 2"]],
    ["none is held", keys(), keys(1, 2), []],
    ["neither the first nor the last", keys(255, 256), keys(1, 255, 256, 300), ["1 0 2"]],
  ])("%s", (_, held, wanted, runs) => {
    expect(runsOf(held, wanted).map((run) => `${run.from} ${run.place} ${run.count}`)).toEqual(
      runs,
    );
  });
});
