// Secret bytes under a password, in the standard form for that: JWE (RFC 7516), compact, with
// PBES2-HS512+A256KW (RFC 7518, 4.8) and A256GCM. Any JOSE library can read it. The cryptography is
// the browser's own.
import { PeerError } from "../errors.js";
import { subtle } from "../subtle.js";

/** What OWASP asks of PBKDF2 with SHA-512; `p2c` in the header, so it can grow. */
const ITERATIONS = 210_000;

/** A header that asks for more is an attack on the time of whoever opens it. */
const ITERATIONS_MAX = 10_000_000;

const ALGORITHM = "PBES2-HS512+A256KW";

const text = new TextEncoder();

/** Seals bytes under a password. */
export async function seal(secret: Uint8Array, password: string): Promise<string> {
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const header = { alg: ALGORITHM, p2s: encode(salt), p2c: ITERATIONS, enc: "A256GCM" };
  const protectedHeader = encode(text.encode(JSON.stringify(header)));
  const wrapping = await wrappingKey(password, salt, ITERATIONS, "wrapKey");
  const key = await subtle().generateKey({ name: "AES-GCM", length: 256 }, true, ["encrypt"]);
  const wrapped = new Uint8Array(await subtle().wrapKey("raw", key, wrapping, "AES-KW"));
  const additionalData = text.encode(protectedHeader);
  const sealed = new Uint8Array(
    await subtle().encrypt({ name: "AES-GCM", iv, additionalData }, key, copy(secret)),
  );
  const tag = sealed.length - 16;
  const parts = [wrapped, iv, sealed.subarray(0, tag), sealed.subarray(tag)];
  return [protectedHeader, ...parts.map(encode)].join(".");
}

/** Opens what was sealed; rejects with `wrong-password` or `identity-damaged`. */
export async function open(sealed: string, password: string): Promise<Uint8Array> {
  const [protectedHeader, ...parts] = sealed.trim().split(".");
  const { salt, iterations } = readHeader(protectedHeader);
  const [wrapped, iv, ciphertext, tag] = parts.map(decode);
  if (parts.length !== 4 || !wrapped || !iv || !ciphertext || !tag) throw damaged();
  const wrapping = await wrappingKey(password, salt, iterations, "unwrapKey");
  const algorithm = { name: "AES-GCM", length: 256 };
  let key: CryptoKey;
  try {
    key = await subtle().unwrapKey("raw", wrapped, wrapping, "AES-KW", algorithm, false, [
      "decrypt",
    ]);
  } catch (cause) {
    throw new PeerError("wrong-password", { cause });
  }
  try {
    const additionalData = text.encode(protectedHeader);
    const whole = new Uint8Array([...ciphertext, ...tag]);
    const opened = subtle().decrypt({ name: "AES-GCM", iv, additionalData }, key, whole);
    return new Uint8Array(await opened);
  } catch (cause) {
    throw damaged(cause);
  }
}

function readHeader(encoded: string | undefined): {
  salt: Uint8Array<ArrayBuffer>;
  iterations: number;
} {
  try {
    const { alg, enc, p2s, p2c } = JSON.parse(new TextDecoder().decode(decode(encoded ?? "")));
    const fine = alg === ALGORITHM && enc === "A256GCM" && Number.isInteger(p2c);
    if (fine && p2c >= 1_000 && p2c <= ITERATIONS_MAX)
      return { salt: decode(p2s), iterations: p2c };
  } catch (cause) {
    throw damaged(cause);
  }
  throw damaged();
}

async function wrappingKey(
  password: string,
  salt: Uint8Array,
  iterations: number,
  usage: "wrapKey" | "unwrapKey",
): Promise<CryptoKey> {
  const base = await subtle().importKey("raw", text.encode(password), "PBKDF2", false, [
    "deriveKey",
  ]);
  // The name of the algorithm goes into the salt, so that a salt serves one algorithm only.
  const salted = new Uint8Array([...text.encode(ALGORITHM), 0, ...salt]);
  const derivation = { name: "PBKDF2", hash: "SHA-512", salt: salted, iterations };
  const algorithm = { name: "AES-KW", length: 256 };
  return subtle().deriveKey(derivation, base, algorithm, false, [usage]);
}

function damaged(cause?: unknown): PeerError {
  return new PeerError("identity-damaged", { cause });
}

function copy(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}

/** Base64url without padding. */
function encode(bytes: Uint8Array): string {
  const plain = btoa(String.fromCharCode(...bytes));
  return plain.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

function decode(encoded: string): Uint8Array<ArrayBuffer> {
  try {
    const plain = atob(encoded.replaceAll("-", "+").replaceAll("_", "/"));
    return Uint8Array.from(plain, (character) => character.charCodeAt(0));
  } catch (cause) {
    throw damaged(cause);
  }
}
