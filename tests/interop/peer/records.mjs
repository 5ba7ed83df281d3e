// Records: how one is made, signed, named and ordered, and what is inside (section 15, Records and
// Bodies).
import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { concat, encode } from "./cbor.mjs";
import { signedFields, signedPart } from "./chains.mjs";
import { bigEndian, hashOf, hex, isEqual, random } from "./crypto.mjs";
import { headerFields, headerOf, recordIdOf } from "./group_schema.mjs";
import { readFrame, writeFrame } from "./schema.mjs";
import { isSigned } from "./signatures.mjs";

const DOMAIN = "lacis 2026 record 1";

export const authorOf = (header) => header.modifier ?? header.creator;
export const recordMessage = (header, group) => signedPart(DOMAIN, headerFields(header), group);

/** Whether its author has signed it for this group. */
export function isSignedRecord(header, group) {
  return isSigned(recordMessage(header, group), header.signature, authorOf(header));
}

/** The name of a version: its id and its digest. */
export function versionName(header) {
  return concat(header.id, hashOf(encode(headerFields(header))).subarray(0, 16));
}

/** Whether the body is the one that the header names. */
export const isItsBody = (header, body) => {
  return body.length === header.length && isEqual(hashOf(body), header.hash);
};

/** Positive where the first of two versions of a record wins. */
export function compareVersions(one, other) {
  const author = ({ modifier }) => (modifier === null ? new Uint8Array() : modifier);
  const order = (a, b) => (a < b ? -1 : Number(a > b));
  return (
    order(one.flags, other.flags) ||
    order(BigInt(one.version), BigInt(other.version)) ||
    Buffer.compare(author(one), author(other)) ||
    order(BigInt(one.modified), BigInt(other.modified)) ||
    Buffer.compare(versionName(one), versionName(other))
  );
}

/** Completes a header by what follows from the rest, and signs it: `{ header, body }`. */
export function signRecord({ group, seed, body, ...fields }) {
  const whole = {
    format: 1,
    salt: random(8),
    version: 1,
    flags: 0,
    modifier: null,
    replaces: null,
    key: null,
    ...fields,
  };
  whole.id ??= recordIdOf(whole);
  whole.length = body.length;
  whole.hash = hashOf(body);
  const unsigned = headerFields(whole).slice(0, -1);
  return { header: headerOf(signedFields(DOMAIN, unsigned, seed, group)), body };
}

/** What a record is found by in maps. */
export const idText = (header) => hex(header.id);

const NONCE_BYTES = 24;

/** What a body's encryption covers beside it. */
export function bodyContext(group, { id, version, key }) {
  const text = new TextEncoder().encode("lacis 2026 body 1");
  return concat(text, group, id, bigEndian(version, 8), key);
}

export function sealBody(key, group, header, body, nonce = random(NONCE_BYTES)) {
  const cipher = xchacha20poly1305(key, nonce, bodyContext(group, header));
  return concat(nonce, cipher.encrypt(writeFrame("Body", body)));
}

/** `[attributes, data]`; throws if the body was sealed otherwise. */
export function openBody(key, group, header, sealed) {
  const nonce = sealed.subarray(0, NONCE_BYTES);
  const cipher = xchacha20poly1305(key, nonce, bodyContext(group, header));
  return readFrame("Body", cipher.decrypt(sealed.subarray(NONCE_BYTES)));
}
