// Every kind of frame there is, and those of sections 5 to 10.
import { decode, encode } from "./cbor.mjs";
import { isCandidate } from "./descriptions.mjs";
import { GROUP_KINDS } from "./group_schema.mjs";
import * as t from "./types.mjs";

// Empty in a description of a link over a neighbor, which this peer only reads.
const isIce = (least) => (value) => {
  return value === "" || (value.length >= least && /^[A-Za-z0-9+/_=-]{1,256}$/.test(value));
};
const isFileName = (value) => {
  return t.size(value) <= 255 && /^[^\p{Cc}/\\]+$/u.test(value) && value !== "." && value !== "..";
};

const versions = t.struct(t.u16, t.u16);
const [attempt, code, tag, node, topic] = [t.u64, t.u16, t.id(16), t.id(16), t.id(32)];
const url = t.text("url", (value) => t.size(value) <= 512);
const secret = t.text("credential", (value) => t.size(value) <= 512);
const iceServer = t.struct(t.list("urls", url, 1, 4), t.optional(secret), t.optional(secret));
const iceServers = t.list("ice_servers", iceServer, 0, 8);
const payload = t.bytes("payload", 0, 16_128);
const token = t.bytes("token", 0, 1_280);

const clientFrame = t.variants(
  [versions, node, t.id(16)],
  [topic, t.unsigned(8, "want", (value) => value <= 16)],
  [topic],
  [node, t.u32, payload],
  [t.u32],
  [token],
);

const serverFrame = t.variants(
  [t.u16, iceServers],
  [topic, t.list("members", node, 0, 16)],
  [node, payload],
  [node, t.u32, t.number(3)],
  [topic, t.number(3)],
  [t.number(11), t.u32],
  [t.u32],
  [iceServers, t.u32],
  [token],
  [],
);

const introduction = t.struct(t.id(32), t.id(32), t.u64, t.id(16));
const description = t.struct(
  t.text("ice-ufrag", isIce(4)),
  t.text("ice-pwd", isIce(22)),
  t.id(32),
  t.number(3),
  t.unsigned(32, "max-message-size", (value) => value === 0 || value >= 16_384),
  t.optional(t.text("sctp-init", (value) => /^[A-Za-z0-9+/=]{28,256}$/.test(value))),
  t.optional(t.list("through", node, 1, 8)),
);
const candidates = t.list("list", t.text("candidate", isCandidate), 1, 48);

const setup = t.variants(
  [attempt, introduction, versions, description, t.optional(t.boolean)],
  [attempt, introduction, t.u16, description, t.id(64)],
  [attempt, candidates],
  [attempt, t.u32, description],
  [attempt, t.u32, description],
  [attempt],
  [attempt, code],
);

/** What travels by hand: an offer or an answer, with candidates. */
const handover = t.checked(
  t.struct(setup, t.list("list", t.text("candidate", isCandidate), 0, 8)),
  ([[variant]]) => t.demand(variant <= 1, "unknown field or variant"),
);

const kind = t.variants([], [], [t.u32], [t.u32, t.optional(code)]);
const label = t.text("label", (value) => value !== "" && t.size(value) <= 64 && t.isPlain(value));
const envelope = t.struct(tag, kind, label);
const mediaType = t.text("file", (value) => t.size(value) <= 127 && t.isPlain(value));
const body = t.variants([], [t.text("file", isFileName), mediaType]);
const data = t.bytes("data", 1, 262_144);
const part = t.bytes("data", 0, 262_144);

const linkFrame = t.variants(
  [t.id(64)],
  [t.list("tags", tag, 0, 16)],
  [t.u32],
  [t.u32],
  [t.unsigned(64, "seq", (value) => value >= 1), t.u64, envelope, t.bytes("payload", 0, 61_440)],
  [t.u64],
  [t.u32, envelope, body, t.u64],
  [t.u32, data],
  [t.u32, t.u64, t.u64, t.u64],
  [t.u32],
  [t.u32, code],
  [envelope, t.bytes("payload", 0, 15_360)],
  [code],
  [tag, t.boolean, part],
  [t.id(16), t.unsigned(64, "number", (value) => value >= 1)],
  [tag, t.boolean, t.list("names", t.strict(node, t.u64, t.u8), 0, 512)],
  [node, node, t.unsigned(8, "hops", (value) => value <= 8), payload],
  [node, node, attempt, t.u64, t.bytes("sealed", 0, 61_713)],
  [node, node, attempt],
);

/** The size of what a stream carries is limited by what that is; an empty part is the last. */
const checkedLinkFrame = t.checked(linkFrame, ([variant, fields]) => {
  if (variant === 6) {
    const [, , [kind], length] = fields;
    t.demand(length <= (kind === 1 ? 2 ** 40 : 16_777_216), "limit of size");
  }
  if (variant === 13) t.demand(!fields[1] || fields[2].length > 0, "limit of data");
});

/** Each kind of frame: its type, and how many bytes it has at most. */
const KINDS = new Map([
  ["ClientFrame", [clientFrame, 16_384]],
  ["ServerFrame", [serverFrame, 16_384]],
  ["Setup", [setup, 16_079]],
  ["LinkFrame", [checkedLinkFrame, 262_144]],
  ["RoomLink", [t.strict(t.id(16), t.list("servers", t.server, 0, 4)), 2_080]],
  ["PairingText", [t.strict(node, node, t.bytes("payload", 0, 4_096)), 4_096]],
  ["Handover", [handover, 4_096]],
  ...GROUP_KINDS,
]);

export const kinds = [...KINDS.keys()];

/** Reads a frame of a kind; throws with the reason why it is none. */
export function readFrame(name, given) {
  const [type, most] = KINDS.get(name);
  t.demand(given.length <= most, "too long");
  const value = decode(given);
  type(value, true);
  return value;
}

/** Writes a frame, which is one that others take. */
export function writeFrame(name, value) {
  KINDS.get(name)[0](value, true);
  return encode(value);
}
