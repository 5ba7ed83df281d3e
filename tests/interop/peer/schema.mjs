// Every kind of frame there is, and those of sections 5 to 10.
import { decode, encode } from "./cbor.mjs";
import { isCandidate } from "./descriptions.mjs";
import { GROUP_KINDS } from "./group_schema.mjs";
import {
  boolean,
  bytes,
  checked,
  demand,
  id,
  isPlain,
  list,
  number,
  optional,
  server,
  size,
  strict,
  struct,
  text,
  u16,
  u32,
  u64,
  unsigned,
  variants,
} from "./types.mjs";

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

/** What travels by hand: an offer or an answer, with candidates. */
const handover = checked(
  struct(setup, list("list", text("candidate", isCandidate), 0, 8)),
  ([[variant]]) => demand(variant <= 1, "unknown field or variant"),
);

const kind = variants([], [], [u32], [u32, optional(code)]);
const label = text("label", (value) => value !== "" && size(value) <= 64 && isPlain(value));
const envelope = struct(tag, kind, label);
const mediaType = text("file", (value) => size(value) <= 127 && isPlain(value));
const body = variants([], [text("file", isFileName), mediaType]);
const data = bytes("data", 1, 262_144);
const part = bytes("data", 0, 262_144);

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
  [tag, boolean, part],
  [id(16), unsigned(64, "number", (value) => value >= 1)],
);

/** The size of what a stream carries is limited by what that is; an empty part is the last. */
const checkedLinkFrame = checked(linkFrame, ([variant, fields]) => {
  if (variant === 6) {
    const [, , [kind], length] = fields;
    demand(length <= (kind === 1 ? 2 ** 40 : 16_777_216), "limit of size");
  }
  if (variant === 13) demand(!fields[1] || fields[2].length > 0, "limit of data");
});

/** Each kind of frame: its type, and how many bytes it has at most. */
const KINDS = new Map([
  ["ClientFrame", [clientFrame, 16_384]],
  ["ServerFrame", [serverFrame, 16_384]],
  ["Setup", [setup, 16_079]],
  ["LinkFrame", [checkedLinkFrame, 262_144]],
  ["RoomLink", [strict(id(16), list("servers", server, 0, 4)), 2_080]],
  ["PairingText", [strict(node, node, bytes("payload", 0, 4_096)), 4_096]],
  ["Handover", [handover, 4_096]],
  ...GROUP_KINDS,
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
