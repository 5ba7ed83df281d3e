// Credentials and the chains that they make (section 15, Credentials and Signed frames).
import { concat, encode } from "./cbor.mjs";
import { hashOf, isEqual } from "./crypto.mjs";
import { ADMIN, FOREVER, INVITER, MEMBER } from "./group_schema.mjs";
import { writeFrame } from "./schema.mjs";
import { isKey, isSigned, publicKeyOf, sign } from "./signatures.mjs";

const ascii = (text) => new TextEncoder().encode(text);

/** What is signed of a struct whose last field is the signature. */
export function signedPart(domain, fields, group = new Uint8Array()) {
  const unsigned = [...fields.slice(0, -1), new Uint8Array(64)];
  return concat(ascii(domain), group, encode(unsigned).subarray(0, -64));
}

/** The same fields with the signature of `seed` as the last. */
export function signedFields(domain, fields, seed, group) {
  const whole = [...fields, new Uint8Array(64)];
  return [...fields, sign(signedPart(domain, whole, group), seed)];
}

const CREDENTIAL = "lacis 2026 credential 1";
const CHAIN_MAX = 24;
const MAY_ISSUE = new Map([
  [INVITER, [MEMBER, INVITER]],
  [ADMIN, [MEMBER, INVITER, ADMIN, 8]],
]);

/** A credential as an object, from its fields. */
export function credentialOf(fields) {
  const [group, subject, roles, notBefore, notAfter, serial, parent, invitation, lifts, issuer] =
    fields;
  const id = hashOf(encode(fields)).slice(0, 16);
  const times = { notBefore: BigInt(notBefore), notAfter: BigInt(notAfter) };
  return { id, group, subject, roles, ...times, serial, parent, invitation, lifts, issuer, fields };
}

export const credentialMessage = (fields) => signedPart(CREDENTIAL, fields);

/** What the key of an open invitation signs for whoever comes by it. */
export const invitationUse = (group, subject) => {
  return concat(ascii("lacis 2026 invitation 1 use"), group, subject);
};

/** The credentials of a chain that is valid for a group; throws with the word for why it is not. */
export function checkChain(chain, group) {
  if (chain.length === 0) throw new Error("empty");
  if (chain.length > CHAIN_MAX) throw new Error("too long");
  const all = chain.map(credentialOf);
  if (!all.every((it) => isEqual(it.group, group))) throw new Error("wrong group");
  for (const [at, credential] of all.entries()) checkPlace(all, at, credential, group);
  for (const { fields, issuer, subject, invitation } of all) {
    const holds =
      isSigned(credentialMessage(fields), fields.at(-1), issuer) &&
      (invitation === null ||
        isSigned(invitationUse(group, subject), invitation[1], invitation[0]));
    if (!holds) throw new Error("signature");
    if (!isKey(subject)) throw new Error("not a key");
  }
  return all;
}

function checkPlace(all, at, { subject, roles, notBefore, notAfter, parent, lifts, issuer }, root) {
  const above = all[at - 1];
  const isLinked =
    isEqual(issuer, above?.subject ?? root) &&
    (above === undefined ? parent === null : parent !== null && isEqual(parent, above.id));
  if (!isLinked) throw new Error("broken link");
  const before = [root, ...all.slice(0, at).map((it) => it.subject)];
  if (before.some((it) => isEqual(it, subject))) throw new Error("circular");
  if (above === undefined) return;
  const mayIssue = MAY_ISSUE.get(above.roles)?.includes(roles) ?? false;
  if (!mayIssue || (lifts.length > 0 && above.roles !== ADMIN)) throw new Error("not allowed");
  const isInside = notBefore >= above.notBefore && notAfter <= above.notAfter;
  if (!isInside) throw new Error("outlives its issuer");
}

/** Whether a credential is valid at a time. */
export const isValidAt = ({ notBefore, notAfter }, now) => {
  return notBefore <= BigInt(now) && (BigInt(now) < notAfter || notAfter === FOREVER);
};

/** The chain of a founder, which the root key gives. */
export function foundingChain(root, subject, serial) {
  const group = publicKeyOf(root);
  return [
    signedFields(
      CREDENTIAL,
      [group, subject, ADMIN, 0, FOREVER, serial, null, null, [], group],
      root,
    ),
  ];
}

/** Gives a credential below the last one of a chain, by the seed of that one's subject. */
export function issue(chain, seed, { subject, roles, notAfter, serial, invitation = null }) {
  const { id, group, subject: issuer, notBefore } = credentialOf(chain.at(-1));
  const fields = [group, subject, roles, notBefore, notAfter, serial, id, invitation, [], issuer];
  return [...chain, signedFields(CREDENTIAL, fields, seed)];
}

/** A chain as bytes, which is the body of `lacis.member`. */
export const chainBytes = (chain) => writeFrame("Chain", chain);
