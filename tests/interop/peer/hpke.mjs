// HPKE (RFC 9180) in base mode, one message: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256,
// ChaCha20-Poly1305. The keys are those of Ed25519 identities, mapped (section 15, Keys).
import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { ed25519, x25519 } from "@noble/curves/ed25519.js";
import { expand, extract } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concat } from "./cbor.mjs";
import { bigEndian, random } from "./crypto.mjs";
import { isKey } from "./signatures.mjs";

const ascii = (text) => new TextEncoder().encode(text);
const NOTHING = new Uint8Array();

/** The two hash functions of RFC 9180, section 4, for one suite. */
const labelled = (suite) => ({
  extract: (salt, label, input) => {
    return extract(sha256, concat(ascii("HPKE-v1"), suite, ascii(label), input), salt);
  },
  expand: (secret, label, context, length) => {
    const of = concat(bigEndian(length, 2), ascii("HPKE-v1"), suite, ascii(label), context);
    return expand(sha256, secret, of, length);
  },
});
const [KEM, KDF, AEAD] = [0x0020, 0x0001, 0x0003].map((number) => bigEndian(number, 2));
const kem = labelled(concat(ascii("KEM"), KEM));
const whole = labelled(concat(ascii("HPKE"), KEM, KDF, AEAD));

/** Seals to an identity; gives `[enc, ciphertext]`. */
export function sealTo(identity, info, plain, secret = random(32)) {
  const receiver = montgomery(identity);
  const enc = x25519.getPublicKey(secret);
  const cipher = cipherOf(x25519.getSharedSecret(secret, receiver), enc, receiver, info);
  return [enc, cipher.encrypt(plain)];
}

/** Opens what was sealed to the identity of a seed; throws if it is not. */
export function openWith(seed, info, enc, ciphertext) {
  const secret = ed25519.utils.toMontgomerySecret(seed);
  const shared = x25519.getSharedSecret(secret, enc);
  return cipherOf(shared, enc, x25519.getPublicKey(secret), info).decrypt(ciphertext);
}

function montgomery(identity) {
  if (!isKey(identity)) throw new Error("not a key");
  return ed25519.utils.toMontgomery(identity);
}

function cipherOf(exchanged, enc, receiver, info) {
  const first = kem.extract(NOTHING, "eae_prk", exchanged);
  const shared = kem.expand(first, "shared_secret", concat(enc, receiver), 32);
  const context = concat(
    [0],
    whole.extract(NOTHING, "psk_id_hash", NOTHING),
    whole.extract(NOTHING, "info_hash", info),
  );
  const secret = whole.extract(shared, "secret", NOTHING);
  const key = whole.expand(secret, "key", context, 32);
  return chacha20poly1305(key, whole.expand(secret, "base_nonce", context, 12));
}
