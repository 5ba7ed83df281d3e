// Ed25519 as sections 9 and 15 ask for it: one form of everything, the equation with the cofactor.
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { concat } from "./cbor.mjs";

const { Point } = ed25519;
const { Fn } = Point;

export const publicKeyOf = (seed) => ed25519.getPublicKey(seed);
export const sign = (message, seed) => ed25519.sign(message, seed);

/** The point of a key or signature in its one form. */
function pointOf(bytes) {
  try {
    return Point.fromBytes(bytes, false);
  } catch {
    return undefined;
  }
}

/** The point of a key, if it is not of small order. */
function keyOf(bytes) {
  const point = pointOf(bytes);
  return point?.isSmallOrder() ? undefined : point;
}

export const isKey = (bytes) => keyOf(bytes) !== undefined;

/** Whether `key` signed; with the cofactor, so that it holds alone if it holds among others. */
export function isSigned(message, signature, key) {
  const [first, second] = [signature.subarray(0, 32), signature.subarray(32)];
  const [commitment, signer] = [pointOf(first), keyOf(key)];
  const scalar = little(second);
  if (commitment === undefined || signer === undefined || scalar >= Fn.ORDER) return false;
  const challenge = Fn.create(little(sha512(concat(first, key, message))));
  const expected = commitment.add(signer.multiplyUnsafe(challenge));
  const difference = Point.BASE.multiplyUnsafe(scalar).subtract(expected);
  return difference.clearCofactor().is0();
}

const little = (bytes) => {
  return bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
};
