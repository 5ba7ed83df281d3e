// How the set of a group is divided to be compared (section 15, Comparing).
import { bigEndian, hashOf } from "./crypto.mjs";
import { isOfSystem } from "./group_schema.mjs";
import { hashName, littleEndian } from "./symbols.mjs";

export const BUCKETS = 32;

export function bucketOf(type) {
  if (isOfSystem(type)) return 0;
  return (hashOf(new TextEncoder().encode(type))[0] % BUCKETS) + 1;
}

/** `[number, count, fingerprint]` of the items of a bucket of a group. */
export function bucketSummary(group, number, items) {
  return [
    number,
    items.length,
    fingerprintOf(
      group,
      items.map(({ id }) => id),
    ),
  ];
}

/** What is equal only for equal sets of names. */
export function fingerprintOf(group, names) {
  const parts = names.map((name) => littleEndian(hashName(group, name).subarray(0, 16)));
  const sum = parts.reduce((total, part) => total + part, 0n);
  return bigEndian(BigInt.asUintN(128, sum), 16).reverse();
}
