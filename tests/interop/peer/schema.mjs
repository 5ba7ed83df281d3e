// The frames of sections 2 to 10, as types of which each says what it takes. A type is a function
// of a decoded value and whether what it stands in may grow; it throws with the reason.
import { decode, encode } from "./cbor.mjs";
import { isCandidate } from "./descriptions.mjs";

const fail = (reason) => {
  throw new Error(reason);
};
const demand = (holds, reason) => holds || fail(reason);

const unsigned =
  (bits, field, holds = () => true) =>
  (value) => {
    const isInteger = typeof value === "bigint" || Number.isInteger(value);
    demand(isInteger && value >= 0 && BigInt(value) < 1n << BigInt(bits), "malformed");
    demand(holds(value), `limit of ${field}`);
  };
const [u16, u32, u64] = [16, 32, 64].map((bits) => unsigned(bits));

const bytes =
  (field, least, most = least) =>
  (value) => {
    demand(value instanceof Uint8Array, "malformed");
    // A length that is fixed belongs to the type, another one to the field.
    const reason = least === most ? "malformed" : `limit of ${field}`;
    demand(value.length >= least && value.length <= most, reason);
  };
const id = (length) => bytes("id", length);

const text =
  (field, holds = () => true) =>
  (value) => {
    demand(typeof value === "string", "malformed");
    demand(holds(value), `limit of ${field}`);
  };

const list = (field, type, least, most) => (value, grows) => {
  demand(Array.isArray(value), "malformed");
  for (const item of value) type(item, grows);
  demand(value.length >= least && value.length <= most, `limit of ${field}`);
};

const optional = (type) => {
  const check = (value, grows) => value === null || type(value, grows);
  return Object.assign(check, { isOptional: true });
};

const boolean = (value) => demand(typeof value === "boolean", "malformed");

/** One of so many numbers, counted from 0. */
const number = (count) => (value) => {
  u32(value);
  demand(value < count, "unknown field or variant");
};

const fields = (types, mayGrow) => (value, grows) => {
  demand(Array.isArray(value), "malformed");
  const isOpen = grows && mayGrow;
  for (const [at, type] of types.entries()) {
    if (at < value.length) type(value[at], isOpen);
    else demand(type.isOptional, "malformed");
  }
  demand(isOpen || value.length <= types.length, "unknown field or variant");
  demand(value.at(-1) !== null, "not canonical");
};
const struct = (...types) => fields(types, true);
const strict = (...types) => fields(types, false);

const variants =
  (...all) =>
  (value, grows) => {
    demand(Array.isArray(value) && value.length === 2, "malformed");
    u32(value[0]);
    demand(value[0] in all, "unknown field or variant");
    struct(...all[value[0]])(value[1], grows);
  };

const size = (value) => Buffer.byteLength(value);
const isPlain = (value) => !/\p{Cc}/u.test(value);
const isServer = (value) => /^wss?:\/\/[!-~]+$/.test(value) && size(value) <= 512;
const isIce = (least) => (value) => {
  return value.length >= least && /^[A-Za-z0-9+/_=-]{1,256}$/.test(value);
};
const isFileName = (value) => {
  return size(value) <= 255 && /^[^\p{Cc}/\\]+$/u.test(value) && value !== "." && value !== "..";
};

const versions = struct(u16, u16);
const [attempt, code, tag, node, topic] = [u64, u16, id(16), id(16), id(32)];
const url = text("url", (value) => size(value) <= 512);
const secret = text("credential", (value) => size(value) <= 512);
const iceServer = struct(list("urls", url, 1, 4), optional(secret), optional(secret));
const iceServers = list("ice_servers", iceServer, 0, 8);
const payload = bytes("payload", 0, 16_128);
const token = bytes("token", 0, 1_280);

const clientFrame = variants(
  [versions, node, id(16)],
  [topic, unsigned(8, "want", (value) => value <= 16)],
  [topic],
  [node, u32, payload],
  [u32],
  [token],
);

const serverFrame = variants(
  [u16, iceServers],
  [topic, list("members", node, 0, 16)],
  [node, payload],
  [node, u32, number(3)],
  [topic, number(3)],
  [number(11), u32],
  [u32],
  [iceServers, u32],
  [token],
  [],
);

const introduction = struct(id(32), id(32), u64, id(16));
const description = struct(
  text("ice-ufrag", isIce(4)),
  text("ice-pwd", isIce(22)),
  id(32),
  number(3),
  unsigned(32, "max-message-size", (value) => value === 0 || value >= 16_384),
);
const candidates = list("list", text("candidate", isCandidate), 1, 48);

const setup = variants(
  [attempt, introduction, versions, description],
  [attempt, introduction, u16, description, id(64)],
  [attempt, candidates],
  [attempt, u32, description],
  [attempt, u32, description],
  [attempt],
  [attempt, code],
);

const kind = variants([], [], [u32], [u32, optional(code)]);
const label = text("label", (value) => value !== "" && size(value) <= 64 && isPlain(value));
const envelope = struct(tag, kind, label);
const mediaType = text("file", (value) => size(value) <= 127 && isPlain(value));
const body = variants([], [text("file", isFileName), mediaType]);
const data = bytes("data", 1, 262_144);

const linkFrame = variants(
  [id(64)],
  [list("tags", tag, 0, 16)],
  [u32],
  [u32],
  [unsigned(64, "seq", (value) => value >= 1), u64, envelope, bytes("payload", 0, 61_440)],
  [u64],
  [u32, envelope, body, u64],
  [u32, data],
  [u32, u64, u64, u64],
  [u32],
  [u32, code],
  [envelope, bytes("payload", 0, 15_360)],
  [code],
  [tag, boolean, data],
  [id(16), unsigned(64, "number", (value) => value >= 1)],
);

/** The size of what a stream carries is limited by what that is. */
const checkedLinkFrame = (value, grows) => {
  linkFrame(value, grows);
  const [variant, [, , streamBody, length]] = value;
  const most = streamBody?.[0] === 1 ? 2 ** 40 : 16_777_216;
  if (variant === 6) demand(length <= most, "limit of size");
};

/** Each kind of frame: its type, and how many bytes it has at most. */
const KINDS = new Map([
  ["ClientFrame", [clientFrame, 16_384]],
  ["ServerFrame", [serverFrame, 16_384]],
  ["Setup", [setup, 16_079]],
  ["LinkFrame", [checkedLinkFrame, 262_144]],
  ["RoomLink", [strict(id(16), list("servers", text("server", isServer), 0, 4)), 2_080]],
]);

export const kinds = [...KINDS.keys()];

/** Reads a frame of a kind; throws with the reason why it is none. */
export function readFrame(name, given) {
  const [type, most] = KINDS.get(name);
  demand(given.length <= most, "too long");
  const value = decode(given);
  type(value, true);
  return value;
}

/** Writes a frame, which is one that others take. */
export function writeFrame(name, value) {
  KINDS.get(name)[0](value, true);
  return encode(value);
}
