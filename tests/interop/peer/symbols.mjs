// Symbols of a set of names (section 15, Symbols). This peer does not compare by them: what it does
// not say that it understands, it is not sent.
import { deriveKey, keyedHash } from "./crypto.mjs";

const SYMBOL_BYTES = 40;
const STEP = 0xda942042e4dd58b5n;

export const symbolKey = (group) => deriveKey("lacis 2026 symbol 1", group);
export const hashName = (group, name) => keyedHash(symbolKey(group), name);
export const littleEndian = (bytes) =>
  bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);

/** The first symbols of a set. */
export function symbolsOf(group, names, count) {
  const symbols = Array.from({ length: count }, () => new Uint8Array(SYMBOL_BYTES));
  for (const name of names) {
    const hash = hashName(group, name);
    const bytes = [...name, ...hash.subarray(16, 24)];
    for (const place of places(littleEndian(hash.subarray(24)) | 1n, count)) {
      for (const [at, byte] of bytes.entries()) symbols[place][at] ^= byte;
    }
  }
  return symbols;
}

function* places(first, count) {
  let draw = first;
  let place = 0n;
  while (place < count) {
    yield Number(place);
    draw = BigInt.asUintN(64, draw * STEP);
    const chance = (draw >> 32n) + 1n;
    const least = ((2n * place + 3n) ** 2n) << 32n;
    do place += 1n;
    while (place < count && (2n * place + 3n) ** 2n * chance < least);
  }
}
