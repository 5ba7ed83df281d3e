// How the set of a group is divided to be compared (section 15, Comparing).
import { concat } from "./cbor.mjs";
import { bigEndian, hashOf } from "./crypto.mjs";
import { isOfSystem } from "./group_schema.mjs";

export const BUCKETS = 32;

export function bucketOf(type) {
  if (isOfSystem(type)) return 0;
  return (hashOf(new TextEncoder().encode(type))[0] % BUCKETS) + 1;
}

/** `[number, count, fingerprint]` of the items of a bucket. */
export function bucketSummary(number, items) {
  const sum = items.reduce((total, { at, id }) => {
    const hash = hashOf(concat(bigEndian(at, 8).reverse(), id)).subarray(0, 16);
    return total + hash.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
  }, 0n);
  return [number, items.length, bigEndian(BigInt.asUintN(128, sum), 16).reverse()];
}
