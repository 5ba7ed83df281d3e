// Base32 and the texts of rooms (sections 3 and 5).
import { concat } from "./cbor.mjs";
import { deriveKey, isEqual } from "./crypto.mjs";
import { readFrame } from "./schema.mjs";

const LETTERS = "abcdefghijklmnopqrstuvwxyz234567";
/** Bytes beyond a multiple of five, by characters beyond a multiple of eight. */
const WHOLE = new Map([
  [0, 0],
  [2, 1],
  [4, 2],
  [5, 3],
  [7, 4],
]);

export function toBase32(bytes) {
  let [text, value, bits] = ["", 0, 0];
  for (const byte of bytes) {
    value = (value << 8) | byte;
    for (bits += 8; bits >= 5; bits -= 5) text += LETTERS[(value >> (bits - 5)) & 31];
    value &= (1 << bits) - 1;
  }
  return bits > 0 ? text + LETTERS[(value << (5 - bits)) & 31] : text;
}

/** Throws at other characters, impossible lengths and spare bits that are not zero. */
export function fromBase32(text) {
  if (!WHOLE.has(text.length % 8)) throw new Error("damaged: no bytes have this length");
  const bytes = [];
  let [value, bits] = [0, 0];
  for (const letter of text.toLowerCase()) {
    const digit = LETTERS.indexOf(letter);
    if (digit < 0) throw new Error(`damaged: ${letter} is not in base32`);
    value = (value << 5) | digit;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes.push((value >> bits) & 255);
      value &= (1 << bits) - 1;
    }
  }
  if (value !== 0) throw new Error("damaged: a spare bit is not zero");
  return Uint8Array.from(bytes);
}

/** Most characters of base32 in a room link (section 13). */
const ROOM_LINK_CHARS = 3_335;

/** Reads a room link; throws with `unknown`, `version` or `damaged`. */
export function parseRoomLink(given) {
  const text = given.trim().split("#").at(-1);
  if (!/^lr[0-9]/i.test(text)) throw new Error("unknown");
  if (text[2] !== "1") throw new Error("version");
  const body = text.slice(3);
  if (body.length > ROOM_LINK_CHARS) throw new Error("damaged: too long");
  const bytes = fromBase32(body);
  const fields = bytes.subarray(0, Math.max(0, bytes.length - 4));
  const sum = deriveKey("lacis 2026 room 1 checksum", fields).subarray(0, 4);
  if (!isEqual(sum, bytes.subarray(-4))) throw new Error("damaged: the checksum is another");
  try {
    const [secret, servers] = readFrame("RoomLink", fields);
    return { secret, servers };
  } catch (cause) {
    throw new Error(`damaged: ${cause.message}`, { cause });
  }
}

/** Writes a room link. */
export function roomLinkText(cbor) {
  const sum = deriveKey("lacis 2026 room 1 checksum", cbor).subarray(0, 4);
  return `lr1${toBase32(concat(cbor, sum))}`;
}
