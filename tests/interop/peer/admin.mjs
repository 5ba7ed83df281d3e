// What founders and admins do: they found a group, make its keys, let others in and shut them out
// (section 15, Keys, Joining, Who revokes).

import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { concat } from "./cbor.mjs";
import { foundingChain, invitationUse, issue, signedFields } from "./chains.mjs";
import { deriveKey, hex, isEqual, random } from "./crypto.mjs";
import { Group } from "./group.mjs";
import { FOREVER, KEEPER, MEMBER } from "./group_schema.mjs";
import { sealTo } from "./hpke.mjs";
import { actionOf, contentOf } from "./judging.mjs";
import { commitmentOf, keyInfo, keyNameOf, meetingKeyOf } from "./keys.mjs";
import { authorOf, signRecord } from "./records.mjs";
import { writeFrame } from "./schema.mjs";
import { isSigned, publicKeyOf } from "./signatures.mjs";
import { invitationLinkText, invitationText } from "./texts.mjs";

/** Codes of section 12. */
const [NOT_TRUSTED, USED_UP, REVOKED, UNKNOWN, ENDED] = [65, 67, 75, 76, 102];
const ALL = 1;
const YEAR = 31_536_000_000;

/** Founds a group; the root key is of no use after it. */
export function found(name, { server, seed = random(32) }) {
  const root = random(32);
  const group = new Group({ group: publicKeyOf(root), door: random(16), server, seed });
  const now = group.replica.now();
  const properties = [name, "", 30_000, 0, YEAR, 65_536, 268_435_456];
  const times = { created: now, modified: now, expires: FOREVER, latest: FOREVER };
  group.become(foundingChain(root, group.peer.peer, now));
  group.commit(
    signRecord({
      ...times,
      group: group.replica.group,
      seed: root,
      type: "lacis.group",
      creator: group.replica.group,
      credential: null,
      body: writeFrame("GroupProperties", properties),
    }),
  );
  renewKey(group);
  group.admit = (use, subject) => admit(group, use, subject);
  return group;
}

/** Writes a record of the system. */
function writeSystem(group, type, kind, content, more = {}) {
  const now = group.replica.now();
  const version = signRecord({
    group: group.replica.group,
    seed: group.peer.seed,
    type,
    creator: group.peer.peer,
    credential: group.best().id,
    created: now,
    modified: now,
    expires: FOREVER,
    latest: FOREVER,
    body: writeFrame(kind, content),
    ...more,
  });
  return group.commit(version);
}

const byBytes = (of) => (one, other) => Buffer.compare(of(one), of(other));

/** Makes a key that covers every end that holds, and a topic; the door stays. */
export function renewKey(group) {
  const { credentials, group: id } = group.replica;
  const [key, nonce, place] = [random(32), random(16), random(24)];
  const cipher = xchacha20poly1305(meetingKeyOf(key), place);
  const meeting = concat(place, cipher.encrypt(concat(random(16), group.doorKey)));
  const part = { nonce, commitment: commitmentOf(id, nonce, key), meeting, part: 0, parts: 1 };
  const name = keyNameOf(id, group.peer.peer, part);
  const covers = credentials.ends.map((end) => [end.subject, end.id]);
  const sealFor = (plain) => (subject) => [subject, ...sealTo(subject, keyInfo(id, name), plain)];
  const subjects = new Map(credentials.all().map(({ subject }) => [hex(subject), subject]));
  const members = [...subjects.values()]
    .map((subject) => ({ subject, best: credentials.best(subject, group.replica.now()) }))
    .filter(({ best }) => best !== undefined)
    .sort(byBytes(({ subject }) => subject));
  const those = (isOne) => members.filter(({ best }) => isOne(best)).map((it) => it.subject);
  writeSystem(group, "lacis.key", "KeyPart", [
    nonce,
    part.commitment,
    meeting,
    0,
    1,
    covers.sort(byBytes(([subject, end]) => concat(subject, end))),
    those(({ roles }) => roles !== KEEPER).map(sealFor(key)),
    those(({ roles }) => roles === KEEPER).map(sealFor(meetingKeyOf(key))),
  ]);
}

/** The chain that makes somebody a member by this admin's word. */
function give(group, subject, invitation) {
  const chain = group.replica.credentials.chainOf(group.best());
  const { seed } = group.peer;
  const serial = group.replica.now();
  return issue(chain, seed, { subject, roles: MEMBER, notAfter: FOREVER, serial, invitation });
}

/** The text of an invitation for one identity. */
export function inviteByName(group, subject) {
  const newest = group.replica.newestKey();
  const { group: id, keys } = group.replica;
  const sealed = sealTo(subject, keyInfo(id, newest.name), keys.get(newest.name));
  const [name] = group.replica.properties();
  const fields = [
    give(group, subject),
    name,
    group.doorKey,
    [group.peer.server],
    [newest.name, [subject, ...sealed]],
  ];
  const signed = signedFields("lacis 2026 invitation 1", fields, group.peer.seed);
  return invitationText(writeFrame("Invitation", signed));
}

/** By what the record of an open invitation is known once it is deleted. */
const saltOf = (key) => key.slice(0, 8);

/** The link of an open invitation for so many. */
export function inviteByLink(group, uses) {
  const secret = random(16);
  const key = publicKeyOf(deriveKey("lacis 2026 invitation 1 key", secret));
  const content = [key, MEMBER, FOREVER, FOREVER, uses, 0];
  writeSystem(group, "lacis.invitation", "OpenInvitation", content, { salt: saltOf(key) });
  const fields = [group.replica.group, group.doorKey, secret, [group.peer.server]];
  return invitationLinkText(writeFrame("InvitationLink", fields));
}

/** What a `JoinRequest` is answered with: a chain, or a code. */
function admit(group, [key, proof], subject) {
  const { credentials, group: id } = group.replica;
  if (!isSigned(invitationUse(id, subject), proof, key)) return NOT_TRUSTED;
  const best = credentials.best(subject, group.replica.now());
  if (best !== undefined) return credentials.chainOf(best);
  if (credentials.ends.some((end) => isEqual(end.subject, subject))) return REVOKED;
  const all = group.replica.all().filter(({ header }) => header.type === "lacis.invitation");
  const invitations = all.filter(({ header }) => header.flags === 0).map(contentOf);
  const found = invitations.find(([named]) => isEqual(named, key));
  if (found === undefined) {
    const isLeft = ({ header }) => header.flags === 1 && isEqual(header.salt, saltOf(key));
    return all.some(isLeft) ? ENDED : UNKNOWN;
  }
  const isByIt = ({ invitation }) => invitation !== null && isEqual(invitation[0], key);
  const users = new Set(
    credentials
      .all()
      .filter(isByIt)
      .map((it) => hex(it.subject)),
  );
  if (users.size >= found[4]) return USED_UP;
  const chain = give(group, subject, [key, proof]);
  // The issuer publishes the chain, so that the use counts wherever it is known.
  group.publish(chain);
  return chain;
}

/** Shuts somebody out; what is held of it stands, and the key is another one from now on. */
export function revoke(group, subject) {
  const { credentials } = group.replica;
  const isBy = ({ header }) => isEqual(authorOf(header), subject);
  const actions = [
    ...group.replica
      .all()
      .filter(isBy)
      .map(({ name }) => actionOf(name)),
    ...credentials
      .all()
      .filter(({ issuer }) => isEqual(issuer, subject))
      .map(({ id }) => id),
  ].sort(Buffer.compare);
  const content = [subject, random(16), null, ALL, concat(...actions)];
  writeSystem(group, "lacis.revocation", "Revocation", content);
  renewKey(group);
}
