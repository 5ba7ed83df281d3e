import assert from "node:assert/strict";
import { test } from "node:test";
import { fingerprintOf } from "./peer/buckets.mjs";
import { concat, encode } from "./peer/cbor.mjs";
import { checkChain, credentialMessage, credentialOf } from "./peer/chains.mjs";
import { hex, placeKeys } from "./peer/crypto.mjs";
import { headerFields, headerOf, isOfSystem } from "./peer/group_schema.mjs";
import {
  endIdOf,
  isPromised,
  keyInfo,
  keyNameOf,
  keyPartOf,
  meetingKeyOf,
  openMeeting,
  openSealed,
} from "./peer/keys.mjs";
import {
  authorOf,
  bodyContext,
  compareVersions,
  isItsBody,
  isSignedRecord,
  openBody,
  recordMessage,
  sealBody,
  versionName,
} from "./peer/records.mjs";
import { Replica } from "./peer/replica.mjs";
import { readFrame, writeFrame } from "./peer/schema.mjs";
import { isSigned, publicKeyOf, sign } from "./peer/signatures.mjs";
import { symbolKey, symbolsOf } from "./peer/symbols.mjs";
import * as texts from "./peer/texts.mjs";
import { bytesOf, read, unhex, value } from "./vectors.mjs";

const FRAMES = new Map([
  ["record", "Header"],
  ["body", "Body"],
  ["chain", "Chain"],
  ["key_part", "KeyPart"],
  ["group_properties", "GroupProperties"],
  ["revocation", "Revocation"],
  ["open_invitation", "OpenInvitation"],
  ["budget", "Budget"],
  ["servers", "Servers"],
  ["group_frame", "GroupFrame"],
  ["invitation", "Invitation"],
  ["invitation_link", "InvitationLink"],
  ["card", "Card"],
]);

for (const [file, kind] of FRAMES) {
  test(`every vector of ${file} has the form of its kind`, () => {
    for (const { name, hex: digits, decoded } of read(file)) {
      assert.deepEqual(readFrame(kind, unhex(digits)), value(decoded), name);
      assert.equal(hex(writeFrame(kind, value(decoded))), digits, name);
    }
  });
}

test("frames of groups may grow, and what is signed in them may not", () => {
  for (const { name, hex: digits } of read("group_frame")) {
    const [variant, fields] = readFrame("GroupFrame", unhex(digits));
    const filled = [0, 1, 2, 3, 4].map((at) => fields[at] ?? null);
    const all = variant === 0 ? filled : fields;
    readFrame("GroupFrame", encode([variant, [...all, ["new", 7]]]));
    assert.throws(() => readFrame("GroupFrame", encode([variant, [...all, null]])), /^/, name);
  }
});

test("signatures hold or do not, however odd they are", () => {
  const vectors = read("signature");
  assert.ok(vectors.length > 40, `${vectors.length} are too few`);
  for (const { name, holds, ...vector } of vectors) {
    const [key, message, signature] = bytesOf(vector, "key", "message", "signature");
    assert.equal(isSigned(message, signature, key), holds, name);
  }
});

test("chains hold, and every credential is signed and named as it should", () => {
  for (const vector of read("chain")) {
    const chain = value(vector.decoded);
    const all = checkChain(chain, unhex(vector.group));
    assert.deepEqual(
      all.map(({ id }) => hex(id)),
      vector.ids,
      vector.name,
    );
    for (const [at, fields] of chain.entries()) {
      const message = credentialMessage(fields);
      assert.equal(hex(message), vector.messages[at], vector.name);
      assert.deepEqual(sign(message, unhex(vector.issuer_seeds[at])), fields.at(-1), vector.name);
      assert.deepEqual(credentialOf(fields).fields, fields);
    }
  }
});

test("chains that do not hold are refused for the right reason", () => {
  const refused = read("refused").filter(({ kind, group }) => kind === "Chain" && group);
  assert.ok(refused.length > 15, `${refused.length} are too few`);
  for (const { name, hex: digits, group, reason } of refused) {
    const chain = readFrame("Chain", unhex(digits));
    assert.throws(() => checkChain(chain, unhex(group)), new RegExp(`^Error: ${reason}$`), name);
  }
});

test("records are signed, named and ordered as they should", () => {
  const vectors = read("record");
  for (const vector of vectors) {
    const [group, body, seed] = bytesOf(vector, "group", "body", "author_seed");
    const header = headerOf(value(vector.decoded));
    assert.deepEqual(headerFields(header), value(vector.decoded), vector.name);
    assert.deepEqual(authorOf(header), publicKeyOf(seed), vector.name);
    const message = recordMessage(header, group);
    assert.equal(hex(message), vector.message, vector.name);
    assert.deepEqual(sign(message, seed), header.signature, vector.name);
    assert.ok(isSignedRecord(header, group), vector.name);
    assert.ok(!isSignedRecord({ ...header, format: header.format + 1 }, group), vector.name);
    assert.ok(isItsBody(header, body), vector.name);
    assert.equal(hex(versionName(header)), vector.copy, vector.name);
  }
  const [created, modified, deleted] = vectors.map(({ decoded }) => headerOf(value(decoded)));
  assert.ok(compareVersions(modified, created) > 0 && compareVersions(deleted, modified) > 0);
  assert.ok(compareVersions(created, deleted) < 0 && compareVersions(created, created) === 0);
});

test("a replica takes the records of the vectors, under the chains of the vectors", () => {
  const vectors = read("record");
  const [group, seed] = bytesOf(vectors[0], "group", "author_seed");
  const replica = new Replica(group, seed, publicKeyOf(seed));
  replica.now = () => headerOf(value(vectors[0].decoded)).created + 100;
  const take = (name) => {
    const { decoded, body } = vectors.find((it) => it.name === name);
    const version = headerOf(value(decoded));
    return replica.take(version, unhex(body)).map((it) => hex(it.name));
  };
  const copy = (name) => vectors.find((it) => it.name === name).copy;
  // Nobody is known yet, so it waits.
  assert.deepEqual(take("created"), []);
  assert.deepEqual(take("system"), [copy("system")]);
  for (const { decoded } of read("chain")) {
    replica.credentials.learn(checkChain(value(decoded), group));
  }
  assert.deepEqual(take("created"), [copy("created")]);
  assert.deepEqual(take("modified"), [copy("modified")]);
  assert.deepEqual(take("created"), []);
  assert.deepEqual(take("of-a-later-format"), []);
  assert.deepEqual(take("in-place-of-another"), [copy("in-place-of-another")]);
  assert.deepEqual(take("deleted-by-an-admin"), [copy("deleted-by-an-admin")]);
  assert.deepEqual(take("modified"), []);
  const held = replica.all().map(({ name }) => hex(name));
  const expected = ["system", "deleted-by-an-admin", "in-place-of-another"].map(copy);
  assert.deepEqual(held.sort(), expected.sort());
});

test("bodies are sealed and opened", () => {
  for (const vector of read("body")) {
    const [key, group, nonce, sealed] = bytesOf(vector, "key", "group", "nonce", "sealed");
    const [id, keyName] = bytesOf(vector, "id", "key_name");
    const header = { id, version: vector.version, key: keyName };
    assert.equal(hex(bodyContext(group, header)), vector.aad, vector.name);
    assert.deepEqual(sealBody(key, group, header, value(vector.decoded), nonce), sealed);
    assert.deepEqual(openBody(key, group, header, sealed), value(vector.decoded), vector.name);
    const later = { ...header, version: vector.version + 1 };
    assert.throws(() => openBody(key, group, later, sealed), undefined, vector.name);
  }
});

test("a record of one file opens with the key of another", () => {
  const keys = new Map(read("body").map((it) => [it.key_name, unhex(it.key)]));
  const opened = read("record").filter(({ decoded, body, group }) => {
    const header = headerOf(value(decoded));
    if (header.key === null || isOfSystem(header.type)) return false;
    openBody(keys.get(hex(header.key)), unhex(group), header, unhex(body));
    return true;
  });
  assert.ok(opened.length >= 2, `${opened.length} are too few`);
});

test("keys are opened by whom they are sealed to, and are the promised ones", () => {
  for (const vector of read("key_part")) {
    const [group, author] = bytesOf(vector, "group", "author");
    const [key, meetingKey] = bytesOf(vector, "key", "meeting_key");
    const part = keyPartOf(value(vector.decoded));
    const name = keyNameOf(group, author, part);
    assert.equal(hex(name), vector.key_name, vector.name);
    assert.equal(hex(keyInfo(group, name)), vector.info, vector.name);
    assert.ok(isPromised(group, part, key) && !isPromised(group, part, meetingKey), vector.name);
    assert.deepEqual(meetingKeyOf(key), meetingKey, vector.name);
    for (const [seeds, list, expected] of [
      [vector.subject_seeds, part.sealed, key],
      [vector.keeper_seeds, part.keepers, meetingKey],
    ]) {
      assert.equal(list.length, seeds.length, vector.name);
      for (const seed of seeds.map(unhex)) {
        const opened = openSealed(seed, publicKeyOf(seed), group, name, list);
        assert.deepEqual(opened, expected, vector.name);
      }
    }
    const { topic, door } = openMeeting(meetingKey, part);
    assert.deepEqual([topic, door].map(hex), [vector.topic_key, vector.door_key], vector.name);
  }
});

test("ends are named as they should", () => {
  for (const { name, decoded, group, author, end } of read("revocation")) {
    const [subject, nonce, adds] = value(decoded);
    const made = adds ?? endIdOf(unhex(group), unhex(author), subject, nonce);
    assert.equal(hex(made), end, name);
  }
});

/** Whether the keys of a door are those of a vector. */
function checkDoor(door, vector) {
  const { topic, seal, prove } = placeKeys(door);
  const keys = bytesOf(vector, "topic", "seal_key", "prove_key");
  assert.deepEqual([topic, seal, prove], keys, vector.name);
}

test("invitations, links and cards are read and written", () => {
  for (const vector of read("invitation")) {
    const cbor = unhex(vector.hex);
    assert.equal(texts.invitationText(cbor), vector.text, vector.name);
    const invitation = texts.parseInvitation(` https://a.example/#${vector.text.toUpperCase()}\n`);
    assert.deepEqual(invitation.group, unhex(vector.group), vector.name);
    const message = texts.invitationMessage(value(vector.decoded));
    assert.equal(hex(message), vector.message, vector.name);
    assert.deepEqual(sign(message, unhex(vector.issuer_seed)), value(vector.decoded).at(-1));
    checkDoor(invitation.door, vector);
  }
  for (const vector of read("invitation_link")) {
    assert.equal(texts.invitationLinkText(unhex(vector.hex)), vector.text, vector.name);
    const link = texts.parseInvitationLink(vector.text);
    assert.deepEqual([link.seed, link.key].map(hex), [vector.key_seed, vector.key], vector.name);
    checkDoor(link.door, vector);
  }
  for (const vector of read("card")) {
    assert.equal(texts.cardText(unhex(vector.hex)), vector.text, vector.name);
    const { peer } = texts.parseCard(vector.text);
    assert.deepEqual(peer, publicKeyOf(unhex(vector.seed)), vector.name);
    assert.equal(hex(texts.cardMessage(value(vector.decoded))), vector.message, vector.name);
    const [{ text: invited }] = read("invitation");
    assert.throws(() => texts.parseCard(invited), /^Error: unknown$/);
    assert.throws(() => texts.parseCard(vector.text.replace("lc1", "lc2")), /^Error: version$/);
  }
});

test("texts that must be refused are, for the right reason", () => {
  const readers = new Map([
    ["RoomLink", texts.parseRoomLink],
    ["Invitation", texts.parseInvitation],
    ["InvitationLink", texts.parseInvitationLink],
    ["Card", texts.parseCard],
  ]);
  const refused = read("refused").filter(({ text }) => text !== undefined);
  assert.ok(refused.length > 30, `${refused.length} are too few`);
  for (const { name, kind, text, reason } of refused) {
    assert.throws(() => readers.get(kind)(text), new RegExp(`^Error: ${reason}`), name);
  }
});

test("the symbols of a set follow from its names", () => {
  for (const { name, group, key, names, fingerprint, symbols } of read("symbol")) {
    const [bytes, all] = [unhex(group), names.map(unhex)];
    assert.equal(hex(symbolKey(bytes)), key, name);
    assert.equal(hex(fingerprintOf(bytes, all)), fingerprint, name);
    assert.equal(hex(concat(...symbolsOf(bytes, all, 48))), symbols, name);
  }
});
