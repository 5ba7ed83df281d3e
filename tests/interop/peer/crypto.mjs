// What sections 1, 3, 5, 7 and 9 compute.

import { randomBytes } from "node:crypto";
import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { blake3 } from "@noble/hashes/blake3.js";
import { concat } from "./cbor.mjs";
import { isSigned, sign } from "./signatures.mjs";

const ascii = (text) => new TextEncoder().encode(text);

export const random = (length) => Uint8Array.from(randomBytes(length));
export const deriveKey = (context, input) => blake3(input, { context: ascii(context) });
export const hashOf = (input) => blake3(input);
export const keyedHash = (key, input) => blake3(input, { key });
export const hex = (bytes) => Buffer.from(bytes).toString("hex");
export const isEqual = (one, other) => Buffer.compare(one, other) === 0;

/** An integer of so many bytes, the highest first. */
export function bigEndian(value, length) {
  const bytes = new Uint8Array(length);
  for (let at = length - 1, left = BigInt(value); at >= 0; at -= 1, left >>= 8n) {
    bytes[at] = Number(left & 0xffn);
  }
  return bytes;
}

/** The node id that follows from an identity and a salt (section 3). */
export function nodeIdOf(peer, salt) {
  return deriveKey("lacis 2026 node 1 id", concat(peer, salt)).slice(0, 16);
}

/** The keys that follow from the secret of a room (section 5). */
export const roomKeys = (secret) => keysOf("room", secret);

/** The keys that follow from the key of a group's topic or door (section 15, Keys). */
export const placeKeys = (key) => keysOf("group", key);

function keysOf(what, secret) {
  const derive = (use) => deriveKey(`lacis 2026 ${what} 1 ${use}`, secret);
  return { topic: derive("topic"), seal: derive("seal"), prove: derive("prove") };
}

/** Seals what goes through a server (section 7). */
export function seal(keys, from, to, plain, nonce = random(24)) {
  const cipher = xchacha20poly1305(keys.seal, nonce, associated(keys, from, to));
  return concat([1], keys.topic.subarray(0, 8), nonce, cipher.encrypt(plain));
}

/** Opens it; throws if it was changed, or is for others. */
export function open(keys, from, to, sealed) {
  const isOurs = sealed[0] === 1 && isEqual(sealed.subarray(1, 9), keys.topic.subarray(0, 8));
  if (!isOurs) throw new Error("not sealed for this room");
  const cipher = xchacha20poly1305(keys.seal, sealed.subarray(9, 33), associated(keys, from, to));
  return cipher.decrypt(sealed.subarray(33));
}

const associated = (keys, from, to) => concat(ascii("lacis seal 1"), from, to, keys.topic);

/** What both ends of a link sign (section 9); `offered` are the oldest and the newest version. */
export function transcriptOf({ version, offered, attempt, topic }, offerer, answerer) {
  const parts = [version, ...offered].map((number) => bigEndian(number, 2));
  parts.push(bigEndian(attempt, 8), topic);
  for (const { node, peer, nonce, fingerprint, session } of [offerer, answerer]) {
    parts.push(node, peer, nonce, fingerprint, bigEndian(session, 8));
  }
  return deriveKey("lacis 2026 link 1 transcript", concat(...parts));
}

const proven = (role, transcript) => {
  return concat(ascii(role === "offerer" ? "lacis proof 1 of" : "lacis proof 1 an"), transcript);
};

export function signProof(seed, role, transcript) {
  return sign(proven(role, transcript), seed);
}

export function verifyProof(peer, role, transcript, signature) {
  return isSigned(proven(role, transcript), signature, peer);
}

/** The tag that `sender` shows for a room on a link (section 9). */
export function roomTag(keys, transcript, sender) {
  return keyedHash(keys.prove, concat(transcript, sender)).slice(0, 16);
}
