// Base32, and the texts of rooms, invitations and cards (sections 3, 5 and 15).
import { concat } from "./cbor.mjs";
import { checkChain, signedPart } from "./chains.mjs";
import { deriveKey, isEqual } from "./crypto.mjs";
import { readFrame } from "./schema.mjs";
import { isSigned, publicKeyOf } from "./signatures.mjs";

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

/** The texts there are: how they begin, what they hold, and how much of it at most (section 13). */
const ROOM_LINK = ["lr", "RoomLink", "room 1", 3_335];
const PAIRING = ["lp", "PairingText", "pairing 1", 6_560];
const INVITATION = ["li", "Invitation", "invitation 1", 27_239];
const INVITATION_LINK = ["lo", "InvitationLink", "invitation link 1", 3_424];
const CARD = ["lc", "Card", "card 1", 826];

const checksum = (name, cbor) => deriveKey(`lacis 2026 ${name} checksum`, cbor).subarray(0, 4);

/** The fields of a text; throws with `unknown`, `version` or `damaged`. */
function parse([letters, kind, name, most], given) {
  const text = given.trim().split("#").at(-1);
  const start = text.slice(0, 3).toLowerCase();
  if (!start.startsWith(letters) || !/^[0-9]$/.test(start[2] ?? "")) throw new Error("unknown");
  if (start[2] !== "1") throw new Error("version");
  const body = text.slice(3);
  if (body.length > most) throw new Error("damaged: too long");
  const bytes = fromBase32(body);
  const fields = bytes.subarray(0, Math.max(0, bytes.length - 4));
  if (!isEqual(checksum(name, fields), bytes.subarray(-4))) {
    throw new Error("damaged: the checksum is another");
  }
  try {
    return readFrame(kind, fields);
  } catch (cause) {
    throw new Error(`damaged: ${cause.message}`, { cause });
  }
}

const write = ([letters, , name], cbor) => {
  return `${letters}1${toBase32(concat(cbor, checksum(name, cbor)))}`;
};

/** Reads a room link. */
export function parseRoomLink(given) {
  const [secret, servers] = parse(ROOM_LINK, given);
  return { secret, servers };
}

/** Reads a text of a pairing by hand; what is in it is sealed. */
export function parsePairing(given) {
  const [from, to, payload] = parse(PAIRING, given);
  return { from, to, payload };
}

export const pairingText = (cbor) => write(PAIRING, cbor);
export const roomLinkText = (cbor) => write(ROOM_LINK, cbor);
export const invitationText = (cbor) => write(INVITATION, cbor);
export const invitationLinkText = (cbor) => write(INVITATION_LINK, cbor);
export const cardText = (cbor) => write(CARD, cbor);

const trusted = (holds) => {
  if (!holds) throw new Error("not trusted");
};

/** Reads an invitation for one identity; for whom it is, and when, is not asked here. */
export function parseInvitation(given) {
  const fields = parse(INVITATION, given);
  const [chain, name, door, servers, key] = fields;
  let all = [];
  try {
    all = checkChain(chain, chain[0]?.[0]);
  } catch (cause) {
    throw new Error(`not trusted: ${cause.message}`, { cause });
  }
  const { group, issuer } = all.at(-1);
  trusted(isSigned(invitationMessage(fields), fields.at(-1), issuer));
  const sealed = key === null ? undefined : { name: key[0], sealed: key[1] };
  return { group, chain, name, door, servers, key: sealed };
}

export const invitationMessage = (fields) => signedPart("lacis 2026 invitation 1", fields);

/** Reads the link of an open invitation; nothing of it is believed but the group and the seed. */
export function parseInvitationLink(given) {
  const [group, door, secret, servers] = parse(INVITATION_LINK, given);
  const seed = deriveKey("lacis 2026 invitation 1 key", secret);
  return { group, door, servers, seed, key: publicKeyOf(seed) };
}

/** Reads an identity card. */
export function parseCard(given) {
  const fields = parse(CARD, given);
  const [peer, name, signature] = fields;
  trusted(isSigned(cardMessage(fields), signature, peer));
  return { peer, name };
}

export const cardMessage = (fields) => signedPart("lacis 2026 card 1", fields);
