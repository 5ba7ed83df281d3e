// What a receiver accepts (section 15): the rules for one version, in their order. Budgets are not
// counted, and nobody here dates anything ahead.
import { checkChain, isValidAt } from "./chains.mjs";
import { isEqual } from "./crypto.mjs";
import { ADMIN, FOREVER, INVITER, isOfSystem, MEMBER } from "./group_schema.mjs";
import { authorOf, isItsBody, isSignedRecord } from "./records.mjs";
import { readFrame } from "./schema.mjs";

const SYSTEM = new Map([
  ["lacis.group", "GroupProperties"],
  ["lacis.member", "Chain"],
  ["lacis.key", "KeyPart"],
  ["lacis.revocation", "Revocation"],
  ["lacis.invitation", "OpenInvitation"],
  ["lacis.budget", "Budget"],
  ["lacis.servers", "Servers"],
]);

const isDeleted = ({ flags }) => flags === 1;
const demand = (holds, reason) => {
  if (!holds) throw new Error(`refused: ${reason}`);
};

/** What a system record of this format says; nothing of others and of deleted ones. */
export function contentOf({ header, body }) {
  const kind = header.format === 1 && !isDeleted(header) ? SYSTEM.get(header.type) : undefined;
  return kind && readFrame(kind, body);
}

/**
 * Judges a version that is not held: throws if it is refused. `waits` while its credential is not
 * known, else `fine`; `chain` is what a `lacis.member` shows.
 */
export function judge(version, group, credentials, now) {
  const { header, body } = version;
  demand(BigInt(header.latest) > BigInt(now), "it is over");
  const isOver = BigInt(header.expires) <= BigInt(now);
  demand(isItsBody(header, body) || (isOver && body.length === 0), "another body");
  const content = contentIn(version);
  if (header.type === "lacis.member") {
    const chain = shown(header, content, group);
    demand(isSignedRecord(header, group), "signature");
    return { fate: "fine", chain };
  }
  if (header.type === "lacis.group" || isEqual(authorOf(header), group)) {
    checkRoot(header, group);
    demand(isSignedRecord(header, group), "signature");
    return { fate: "fine" };
  }
  demand(header.credential !== null, "no credential");
  const credential = credentials.find(header.credential);
  if (credential !== undefined) checkRights(header, content, credential);
  demand(isSignedRecord(header, group), "signature");
  return { fate: credential === undefined ? "waits" : "fine" };
}

function contentIn(version) {
  try {
    return contentOf(version);
  } catch (cause) {
    throw new Error(`refused: ${cause.message}`, { cause });
  }
}

/** `lacis.member` proves itself. */
function shown(header, content, group) {
  demand(content !== undefined, "a member in another form");
  const chain = checkChain(content, group);
  const { id, subject, issuer, notAfter } = chain.at(-1);
  const isAuthor = [subject, issuer].some((it) => isEqual(header.creator, it));
  const holds =
    isAuthor &&
    header.credential !== null &&
    isEqual(header.credential, id) &&
    isEqual(header.salt, id.subarray(0, 8)) &&
    header.version === 1 &&
    header.replaces === null &&
    header.created === 0 &&
    header.modified === 0 &&
    BigInt(header.expires) === notAfter &&
    BigInt(header.latest) === notAfter;
  demand(holds, "a member that is not the one of its chain");
  return chain;
}

/** The root key writes the properties, and nothing else. */
function checkRoot(header, group) {
  const holds =
    header.type === "lacis.group" &&
    isEqual(authorOf(header), group) &&
    header.credential === null &&
    BigInt(header.latest) === FOREVER;
  demand(holds, "the root key does not write that");
}

function checkRights(header, content, credential) {
  const { type, creator, version, expires } = header;
  const author = authorOf(header);
  const has = (roles) => credential.roles !== 8 && credential.roles >= roles;
  demand(isEqual(credential.subject, author), "the credential of another");
  demand(isValidAt(credential, header.modified), "a credential of another time");
  demand(BigInt(header.latest) <= credential.notAfter, "longer than it may");
  if (!isEqual(creator, author)) demand(has(ADMIN), "the record of another");
  if (!isOfSystem(type)) {
    demand(has(MEMBER), "no member");
  } else if (type === "lacis.invitation") {
    demand(has(INVITER), "no inviter");
    const promised = content?.[1];
    const may = promised === undefined || has(ADMIN) || [MEMBER, INVITER].includes(promised);
    demand(may, "an invitation to more than it may");
  } else {
    demand(has(ADMIN), "no admin");
    if (type === "lacis.servers") checkServers(header);
    if (type !== "lacis.revocation" && type !== "lacis.key") return;
    const isWhole = version === 1 && !isDeleted(header) && BigInt(expires) === FOREVER;
    demand(isEqual(creator, author) && isWhole, "more than the first version");
  }
}

/** Each admin has one such record: nothing of it that its id follows from can be chosen. */
function checkServers(header) {
  const { creator, created, expires, latest, salt, replaces } = header;
  const isOwn = isEqual(creator, authorOf(header)) && !isDeleted(header);
  const ends = BigInt(expires) === FOREVER && BigInt(latest) === FOREVER;
  const isFixed = created === 0 && replaces === null && isEqual(salt, new Uint8Array(8));
  demand(isOwn && ends && isFixed, "not the one record of its creator");
}

/** The digest of a version, by which revocations name it. */
export const actionOf = (name) => name.subarray(16);
