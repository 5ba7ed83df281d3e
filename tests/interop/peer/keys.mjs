// The keys that seal bodies, and the records that give them (section 15, Keys).
import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { concat } from "./cbor.mjs";
import { bigEndian, deriveKey, isEqual } from "./crypto.mjs";
import { openWith } from "./hpke.mjs";

const ascii = (text) => new TextEncoder().encode(text);

/** A part of a key record as an object; all parts of one share its name. */
export function keyPartOf([nonce, commitment, meeting, part, parts, covers, sealed, keepers]) {
  return { nonce, commitment, meeting, part, parts, covers, sealed, keepers };
}

export function keyNameOf(group, author, { nonce, commitment, meeting, parts }) {
  const made = concat(group, author, nonce, commitment, meeting, bigEndian(parts, 2));
  return deriveKey("lacis 2026 key 1 name", made).slice(0, 16);
}

/** By what a key record promises its key. */
export const commitmentOf = (group, nonce, key) => {
  return deriveKey("lacis 2026 key 1 commitment", concat(group, nonce, key));
};

/** Whether a key is the one that a key record promises. */
export const isPromised = (group, { nonce, commitment }, key) => {
  return isEqual(commitmentOf(group, nonce, key), commitment);
};

export const meetingKeyOf = (key) => deriveKey("lacis 2026 key 1 meeting", key);

/** `{ topic, door }`: the keys of both places. */
export function openMeeting(meetingKey, { meeting }) {
  const cipher = xchacha20poly1305(meetingKey, meeting.subarray(0, 24));
  const plain = cipher.decrypt(meeting.subarray(24));
  return { topic: plain.slice(0, 16), door: plain.slice(16) };
}

export const keyInfo = (group, name) => concat(ascii("lacis 2026 key 1"), group, name);

/** What is sealed to the identity of a seed, if there is something for it. */
export function openSealed(seed, identity, group, name, list) {
  const found = list.find(([subject]) => isEqual(subject, identity));
  return found && openWith(seed, keyInfo(group, name), found[1], found[2]);
}

/** The end of a membership that a revocation makes (section 15, table of ids). */
export function endIdOf(group, author, subject, nonce) {
  return deriveKey("lacis 2026 end 1", concat(group, author, subject, nonce)).slice(0, 16);
}
