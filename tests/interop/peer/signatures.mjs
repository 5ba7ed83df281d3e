// Ed25519 as sections 9 and 15 ask for it: one form of everything, and nothing of small order.
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { concat } from "./cbor.mjs";

const { Point } = ed25519;
const { Fn } = Point;

export const publicKeyOf = (seed) => ed25519.getPublicKey(seed);
export const sign = (message, seed) => ed25519.sign(message, seed);

/** The point of a key or signature in its one form, if it is not of small order. */
function pointOf(bytes) {
  try {
    const point = Point.fromBytes(bytes, false);
    return point.isSmallOrder() ? undefined : point;
  } catch {
    return undefined;
  }
}

export const isKey = (bytes) => pointOf(bytes) !== undefined;

/** Whether `key` signed; without the cofactor, so that no two readers can differ. */
export function isSigned(message, signature, key) {
  const [first, second] = [signature.subarray(0, 32), signature.subarray(32)];
  const [commitment, signer] = [pointOf(first), pointOf(key)];
  const scalar = little(second);
  if (commitment === undefined || signer === undefined || scalar >= Fn.ORDER) return false;
  const challenge = Fn.create(little(sha512(concat(first, key, message))));
  const expected = commitment.add(signer.multiplyUnsafe(challenge));
  return Point.BASE.multiplyUnsafe(scalar).equals(expected);
}

const little = (bytes) => {
  return bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
};
