import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { decode, encode } from "./peer/cbor.mjs";
import {
  bigEndian,
  hex,
  nodeIdOf,
  open,
  roomKeys,
  roomTag,
  seal,
  signProof,
  transcriptOf,
  verifyProof,
} from "./peer/crypto.mjs";
import { descriptionOf, sdpOf } from "./peer/descriptions.mjs";
import { kinds, readFrame } from "./peer/schema.mjs";
import { isSigned, publicKeyOf } from "./peer/signatures.mjs";
import { pairingText, parsePairing, parseRoomLink, roomLinkText } from "./peer/texts.mjs";
import { bytesOf, read, unhex, value } from "./vectors.mjs";

/** Every file of frames, those of kinds that this peer does not know too. */
const FRAMES = readdirSync(new URL("../vectors/", import.meta.url))
  .filter((name) => name.endsWith(".json"))
  .map((name) => name.replace(".json", ""))
  .filter((file) => read(file).every(({ decoded }) => decoded !== undefined));

for (const file of FRAMES) {
  test(`every vector of ${file} is read and written`, () => {
    for (const { name, hex: digits, decoded } of read(file)) {
      assert.deepEqual(decode(unhex(digits)), value(decoded), name);
      assert.equal(hex(encode(value(decoded))), digits, name);
    }
  });
}

test("whatever must be refused is, for the right reason", () => {
  const isFrame = ({ hex: digits, group }) => digits !== undefined && group === undefined;
  const refused = read("refused").filter(isFrame);
  assert.deepEqual(
    refused.filter(({ kind }) => !kinds.includes(kind)),
    [],
  );
  assert.ok(refused.length > 100, `${refused.length} are too few`);
  for (const { name, kind, hex: digits, reason } of refused) {
    assert.throws(() => readFrame(kind, unhex(digits)), new RegExp(`^Error: ${reason}`), name);
  }
});

test("what a later version adds is skipped where it may be, and a frame is what it was", () => {
  const files = ["signal_client", "signal_server", "setup", "link"];
  for (const [at, file] of files.entries()) {
    const kind = ["ClientFrame", "ServerFrame", "Setup", "LinkFrame"][at];
    for (const { name, hex: digits } of read(file)) {
      // New fields follow those that may be left out.
      if (name === "offer") continue;
      const [variant, fields] = readFrame(kind, unhex(digits));
      readFrame(kind, encode([variant, [...fields, ["new", 7]]]));
      assert.throws(() => readFrame(kind, encode([variant, [...fields, null]])), undefined, name);
    }
  }
});

test("room links are read and written", () => {
  for (const { name, text, secret, servers, hex: digits, ...keys } of read("room_link")) {
    assert.deepEqual(parseRoomLink(`https://a.example/#${text}`), {
      secret: unhex(secret),
      servers,
    });
    assert.equal(roomLinkText(unhex(digits)), text, name);
    const { topic, seal: sealing, prove } = roomKeys(unhex(secret));
    const derived = [topic, sealing, prove].map(hex);
    assert.deepEqual(derived, [keys.topic, keys.seal_key, keys.prove_key], name);
  }
});

test("sealed payloads are opened and made", () => {
  for (const vector of read("seal")) {
    const keys = roomKeys(unhex(vector.secret));
    const [from, to, plain, sealed] = bytesOf(vector, "from", "to", "plain", "sealed");
    assert.deepEqual(open(keys, from, to, sealed), plain, vector.name);
    assert.deepEqual(seal(keys, from, to, plain, unhex(vector.nonce)), sealed, vector.name);
    assert.throws(() => open(keys, to, from, sealed), undefined, vector.name);
  }
});

test("texts of a pairing by hand are read, opened and made", () => {
  for (const vector of read("pairing")) {
    const { from, to, payload } = parsePairing(vector.text);
    const [keys, nonce] = [roomKeys(unhex(vector.secret)), unhex(vector.nonce)];
    const handover = open(keys, from, to, payload);
    assert.equal(hex(handover), vector.handover, vector.name);
    assert.deepEqual(readFrame("Handover", handover), value(vector.handover_decoded), vector.name);
    assert.deepEqual(seal(keys, from, to, handover, nonce), payload, vector.name);
    assert.equal(pairingText(unhex(vector.hex)), vector.text, vector.name);
  }
});

test("what is told to all is signed with its time and for its room", () => {
  const domain = new TextEncoder().encode("lacis 2026 gossip 1");
  for (const { name, hex: digits, decoded, topic, message } of read("gossip")) {
    const [bytes, [peer, , number, at, , signature]] = [unhex(digits), value(decoded)];
    const covered = bytes.subarray(0, bytes.length - signature.length);
    const signed = Buffer.concat([domain, covered, unhex(topic)]);
    assert.equal(hex(signed), message, name);
    assert.ok(isSigned(signed, signature, peer), name);
    assert.equal(BigInt(at), 1_800_000_000_000n + (BigInt(number) % 1000n), name);
  }
});

test("a description becomes the same session description", () => {
  for (const { name, decoded, sdp, revision } of read("description")) {
    assert.equal(sdpOf(value(decoded), revision), sdp, name);
    assert.deepEqual(descriptionOf(sdp), value(decoded), name);
  }
});

test("the proof of a link is made and verified", () => {
  for (const vector of read("proof")) {
    const end = (role) => {
      const field = (name) => unhex(vector[`${role}_${name}`]);
      const [peer, nonce, fingerprint] = ["peer", "nonce", "fingerprint"].map(field);
      assert.deepEqual(publicKeyOf(field("seed")), peer);
      const session = BigInt(value(vector[`${role}_session`]));
      return { node: nodeIdOf(peer, field("salt")), peer, nonce, fingerprint, session };
    };
    const [offerer, answerer] = [end("offerer"), end("answerer")];
    const attempt = BigInt(value(vector.attempt));
    assert.equal(bigEndian(attempt, 8).length, 8);
    const { version, offered } = vector;
    const topic = unhex(vector.topic);
    const transcript = transcriptOf({ version, offered, attempt, topic }, offerer, answerer);
    assert.equal(hex(transcript), vector.transcript);
    const keys = roomKeys(unhex(vector.room_secret));
    for (const [role, { node, peer }] of Object.entries({ offerer, answerer })) {
      const signature = signProof(unhex(vector[`${role}_seed`]), role, transcript);
      assert.equal(hex(signature), vector[`${role}_signature`]);
      assert.ok(verifyProof(peer, role, transcript, signature));
      assert.ok(
        !verifyProof(peer, role === "offerer" ? "answerer" : "offerer", transcript, signature),
      );
      assert.equal(hex(roomTag(keys, transcript, node)), vector[`${role}_tag`]);
    }
  }
});
