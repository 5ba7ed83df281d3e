// The frames of section 15, as types. Forms are looked at here; whether a chain holds, a signature
// is right and an author may do what it did is not.
import { concat } from "./cbor.mjs";
import { bigEndian, deriveKey, hashOf, isEqual } from "./crypto.mjs";
import { isKey } from "./signatures.mjs";
import {
  bytes,
  checked,
  demand,
  i64,
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

/** A time, or a number of milliseconds, without end. */
export const FOREVER = 2n ** 64n - 1n;
/** Roles (section 15, Credentials): a ladder of three, and the keeper beside it. */
export const [MEMBER, INVITER, ADMIN, KEEPER] = [1, 3, 7, 8];
const ROLES = [MEMBER, INVITER, ADMIN, KEEPER];

/** Limits of section 13. */
const BODY_BYTES = 262_104;
const RECORD_BYTES = 262_144;
const VERSION_PACE = 10n;
const BUDGET_RECORDS_MAX = 1_048_576;
const BUDGET_BYTES_MAX = 68_719_476_736;
const NAMES_MAX = 1_024;
const RECONCILE_BYTES = 60_000;
const BUCKETS = 32;

const key = id(32);
const signature = id(64);
/** What has to be a point by which signatures could be verified. */
const identity = (field) => checked(key, (value) => demand(isKey(value), `limit of ${field}`));
const roles = unsigned(8, "roles", (value) => ROLES.includes(value));
const isNotNothing = (value) => value >= 1;

/** Whether each item is greater than the one before, by the bytes that `of` makes of it. */
const isAscending = (items, of = (item) => item) => {
  const isGreater = (item, at) => at === 0 || Buffer.compare(of(items[at - 1]), of(item)) < 0;
  return items.every(isGreater);
};
const pieces = (joined, length) => {
  return Array.from({ length: joined.length / length }, (_, at) =>
    joined.subarray(at * length, (at + 1) * length),
  );
};

/** Splits names that stand in a frame one behind the other. */
export const namesOf = (joined) => pieces(joined, 32);
/** The same with what a revocation names. */
export const actionsOf = (joined) => pieces(joined, 16);

// Text that turns the direction of what stands around it is refused like control characters.
const isShown = (value) => {
  return isPlain(value) && !/\p{Bidi_Control}/u.test(value);
};
const name = text("name", (value) => size(value) <= 255 && isShown(value));
const comment = text("comment", (value) => {
  return size(value) <= 512 && isShown(value.replaceAll("\n", ""));
});
const recordType = text("type", (value) => /^[a-z0-9.-]{1,64}$/.test(value));

const invitationUse = strict(key, signature);

const credential = checked(
  strict(
    key,
    key,
    roles,
    u64,
    u64,
    u64,
    optional(id(16)),
    optional(invitationUse),
    list("lifts", id(16), 0, 16),
    key,
    signature,
  ),
  ([, , role, notBefore, notAfter, , , , lifts]) => {
    demand(notBefore < notAfter, "limit of not_after");
    demand(role !== ADMIN || BigInt(notBefore) === 0n, "limit of not_before");
    demand(role !== ADMIN || BigInt(notAfter) === FOREVER, "limit of not_after");
    demand(isAscending(lifts), "limit of lifts");
  },
);

// How many it has at most is looked at with the chain itself, since that has a word of its own.
const chain = list("chain", credential, 0, Number.POSITIVE_INFINITY);
const shownChain = list("chain", credential, 1, 24);

/** What follows from the beginnings of a record (section 15, table of ids). */
export function recordIdOf({ creator, created, latest, salt, replaces, type }) {
  const isMadeOf = concat(
    creator,
    bigEndian(created, 8).reverse(),
    bigEndian(latest, 8).reverse(),
    salt,
    replaces ?? new Uint8Array(16),
    new TextEncoder().encode(type),
  );
  const maker = deriveKey("lacis 2026 record 1 creator", creator).subarray(0, 8);
  return concat(maker, deriveKey("lacis 2026 record 1 birth", isMadeOf).subarray(0, 8));
}

const FIELDS = [
  ["format", unsigned(16, "format", isNotNothing)],
  ["type", recordType],
  ["id", id(16)],
  ["salt", id(8)],
  ["version", unsigned(64, "version", isNotNothing)],
  ["flags", unsigned(8, "flags", (value) => value <= 1)],
  ["creator", key],
  ["modifier", optional(key)],
  ["credential", optional(id(16))],
  ["created", u64],
  ["modified", u64],
  ["expires", u64],
  ["latest", u64],
  ["replaces", optional(id(16))],
  ["key", optional(id(16))],
  ["length", unsigned(32, "length", (value) => value <= RECORD_BYTES)],
  ["hash", id(32)],
  ["signature", signature],
];

/** The fields of a header by their names. */
export const headerOf = (fields) => {
  return Object.fromEntries(FIELDS.map(([field], at) => [field, fields[at]]));
};
/** The same the other way round. */
export const headerFields = (header) => FIELDS.map(([field]) => header[field] ?? null);

export const isOfSystem = (type) => type.startsWith("lacis.");
const NOTHING = new Uint8Array();

const header = checked(strict(...FIELDS.map(([, type]) => type)), (fields) => {
  const it = headerOf(fields);
  demand((it.modifier !== null) === it.version > 1, "limit of modifier");
  demand(isEqual(it.id, recordIdOf(it)), "limit of id");
  const earliest = BigInt(it.created) + (BigInt(it.version) - 1n) * VERSION_PACE;
  demand((earliest < FOREVER ? earliest : FOREVER) <= BigInt(it.modified), "limit of modified");
  demand(it.modified <= it.expires && it.expires <= it.latest, "limit of expires");
  const isDeleted = it.flags === 1;
  demand(!isDeleted || it.length === 0, "limit of length");
  demand(!isDeleted || isEqual(it.hash, hashOf(NOTHING)), "limit of hash");
  demand(!isDeleted || BigInt(it.expires) === BigInt(it.latest), "limit of expires");
  demand((it.key === null) === (isDeleted || isOfSystem(it.type)), "limit of key");
});

const attribute = strict(
  text("attribute", (value) => /^[A-Za-z0-9]{1,40}$/.test(value)),
  variants([i64], [u64], [text("attribute", (value) => size(value) <= 1_024)]),
);
const body = strict(list("attributes", attribute, 0, 32), bytes("data", 0, BODY_BYTES));

const records = unsigned(32, "budget_records", (it) => it >= 1 && it <= BUDGET_RECORDS_MAX);
const recordBytes = unsigned(64, "budget_bytes", (it) => it >= 1 && it <= BUDGET_BYTES_MAX);
const lifetime = (field) => unsigned(64, field, isNotNothing);
const properties = strict(
  name,
  comment,
  lifetime("presence_lifetime"),
  u32,
  lifetime("member_lifetime"),
  records,
  recordBytes,
);

const sealedKey = strict(key, id(32), id(48));
const keyPart = checked(
  strict(
    id(16),
    id(32),
    id(72),
    u16,
    unsigned(16, "parts", (value) => value >= 1 && value <= 20),
    list("covers", strict(key, id(16)), 0, 1_000),
    list("sealed", sealedKey, 0, 1_000),
    list("keepers", sealedKey, 0, 1_000),
  ),
  ([, , , part, parts, covers, sealed, keepers]) => {
    demand(part < parts, "limit of part");
    demand(
      isAscending(covers, ([subject, end]) => concat(subject, end)),
      "limit of covers",
    );
    demand(
      isAscending(sealed, ([subject]) => subject),
      "limit of subject",
    );
    demand(
      isAscending(keepers, ([subject]) => subject),
      "limit of subject",
    );
    demand(sealed.length + keepers.length <= 1_000, "limit of sealed");
  },
);

const actionBytes = bytes("actions", 0, 15_000 * 16);
const revocation = checked(
  strict(identity("subject"), id(16), optional(id(16)), number(2), actionBytes),
  ([, , , , actions]) => {
    demand(actions.length % 16 === 0 && isAscending(actionsOf(actions)), "limit of actions");
  },
);

const openInvitation = checked(
  strict(
    identity("key"),
    roles,
    u64,
    lifetime("member_for"),
    unsigned(32, "uses", isNotNothing),
    unsigned(8, "flags", (value) => value <= 1),
  ),
  ([, role, , memberFor]) => {
    demand(role !== ADMIN || BigInt(memberFor) === FOREVER, "limit of member_for");
  },
);

const invitation = strict(
  shownChain,
  name,
  id(16),
  list("servers", server, 0, 4),
  optional(strict(id(16), sealedKey)),
  signature,
);

const names = bytes("names", 32, NAMES_MAX * 32);
const namesOfWhole = checked(names, (it) => demand(it.length % 32 === 0, "limit of names"));
const bucket = unsigned(8, "bucket", (value) => value <= BUCKETS);
const message = bytes("message", 0, RECONCILE_BYTES);
const givenKeys = list("keys", strict(id(16), key), 0, 512);
const summary = checked(list("buckets", struct(bucket, u32, id(16)), 0, BUCKETS + 1), (buckets) =>
  demand(
    isAscending(buckets, ([number]) => Uint8Array.of(number)),
    "limit of buckets",
  ),
);

const PREVIEW_BYTES = 1_600;
const groupFrame = variants(
  [u64, optional(shownChain), list("first", recordType, 0, 16)],
  [u16],
  [invitationUse],
  [shownChain],
  [givenKeys, givenKeys],
  [summary],
  [bucket, message],
  [bucket, message],
  [namesOfWhole],
  [namesOfWhole],
  [namesOfWhole],
  [bucket],
  [header, bytes("body", 0, RECORD_BYTES)],
  [invitationUse],
  [shownChain, bytes("record", 0, PREVIEW_BYTES), bytes("record", 0, PREVIEW_BYTES), u32],
);

/** Each kind of frame of section 15: its type, and how many bytes it has at most. */
export const GROUP_KINDS = [
  ["Header", [header, 512]],
  ["Body", [body, BODY_BYTES]],
  ["Credential", [credential, 600]],
  ["Chain", [chain, 14_400]],
  ["KeyPart", [keyPart, 174_256]],
  ["GroupProperties", [properties, 1_024]],
  ["Revocation", [revocation, 240_128]],
  ["OpenInvitation", [openInvitation, 128]],
  ["Budget", [strict(identity("subject"), records, recordBytes), 128]],
  ["Invitation", [invitation, 17_020]],
  ["InvitationLink", [strict(key, id(16), id(16), list("servers", server, 0, 4)), 2_136]],
  ["Card", [strict(key, name, signature), 512]],
  ["GroupFrame", [groupFrame, 278_528]],
];
