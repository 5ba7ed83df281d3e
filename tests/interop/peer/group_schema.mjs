// The frames of section 15, as types. Forms are looked at here; whether a chain holds, a signature
// is right and an author may do what it did is not.
import { concat } from "./cbor.mjs";
import { bigEndian, deriveKey, hashOf, isEqual } from "./crypto.mjs";
import { isKey } from "./signatures.mjs";
import * as t from "./types.mjs";

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

const key = t.id(32);
const signature = t.id(64);
/** What has to be a point by which signatures could be verified. */
const identity = (field) => t.checked(key, (value) => t.demand(isKey(value), `limit of ${field}`));
const roles = t.unsigned(8, "roles", (value) => ROLES.includes(value));
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
  return t.isPlain(value) && !/\p{Bidi_Control}/u.test(value);
};
const name = t.text("name", (value) => t.size(value) <= 255 && isShown(value));
const comment = t.text("comment", (value) => {
  return t.size(value) <= 512 && isShown(value.replaceAll("\n", ""));
});
const recordType = t.text("type", (value) => /^[a-z0-9.-]{1,64}$/.test(value));

const invitationUse = t.strict(key, signature);

const credential = t.checked(
  t.strict(
    key,
    key,
    roles,
    t.u64,
    t.u64,
    t.u64,
    t.optional(t.id(16)),
    t.optional(invitationUse),
    t.list("lifts", t.id(16), 0, 16),
    key,
    signature,
  ),
  ([, , role, notBefore, notAfter, , , , lifts]) => {
    t.demand(notBefore < notAfter, "limit of not_after");
    t.demand(role !== ADMIN || BigInt(notBefore) === 0n, "limit of not_before");
    t.demand(role !== ADMIN || BigInt(notAfter) === FOREVER, "limit of not_after");
    t.demand(isAscending(lifts), "limit of lifts");
  },
);

// How many it has at most is looked at with the chain itself, since that has a word of its own.
const chain = t.list("chain", credential, 0, Number.POSITIVE_INFINITY);
const shownChain = t.list("chain", credential, 1, 24);

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
  ["format", t.unsigned(16, "format", isNotNothing)],
  ["type", recordType],
  ["id", t.id(16)],
  ["salt", t.id(8)],
  ["version", t.unsigned(64, "version", isNotNothing)],
  ["flags", t.unsigned(8, "flags", (value) => value <= 1)],
  ["creator", key],
  ["modifier", t.optional(key)],
  ["credential", t.optional(t.id(16))],
  ["created", t.u64],
  ["modified", t.u64],
  ["expires", t.u64],
  ["latest", t.u64],
  ["replaces", t.optional(t.id(16))],
  ["key", t.optional(t.id(16))],
  ["length", t.unsigned(32, "length", (value) => value <= RECORD_BYTES)],
  ["hash", t.id(32)],
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

const header = t.checked(t.strict(...FIELDS.map(([, type]) => type)), (fields) => {
  const it = headerOf(fields);
  t.demand((it.modifier !== null) === it.version > 1, "limit of modifier");
  t.demand(isEqual(it.id, recordIdOf(it)), "limit of id");
  const earliest = BigInt(it.created) + (BigInt(it.version) - 1n) * VERSION_PACE;
  const modified = BigInt(it.modified);
  t.demand(earliest <= modified && modified < FOREVER, "limit of modified");
  t.demand(it.modified <= it.expires && it.expires <= it.latest, "limit of expires");
  const isDeleted = it.flags === 1;
  t.demand(!isDeleted || it.length === 0, "limit of length");
  t.demand(!isDeleted || isEqual(it.hash, hashOf(NOTHING)), "limit of hash");
  t.demand(!isDeleted || BigInt(it.expires) === BigInt(it.latest), "limit of expires");
  t.demand((it.key === null) === (isDeleted || isOfSystem(it.type)), "limit of key");
});

const attribute = t.strict(
  t.text("attribute", (value) => /^[A-Za-z0-9]{1,40}$/.test(value)),
  t.variants([t.i64], [t.u64], [t.text("attribute", (value) => t.size(value) <= 1_024)]),
);
const body = t.strict(t.list("attributes", attribute, 0, 32), t.bytes("data", 0, BODY_BYTES));

const records = t.unsigned(32, "budget_records", (it) => it >= 1 && it <= BUDGET_RECORDS_MAX);
const recordBytes = t.unsigned(64, "budget_bytes", (it) => it >= 1 && it <= BUDGET_BYTES_MAX);
const lifetime = (field) => t.unsigned(64, field, isNotNothing);
const properties = t.strict(
  name,
  comment,
  lifetime("presence_lifetime"),
  t.u32,
  lifetime("member_lifetime"),
  records,
  recordBytes,
);

const sealedKey = t.strict(key, t.id(32), t.id(48));
const keyPart = t.checked(
  t.strict(
    t.id(16),
    t.id(32),
    t.id(72),
    t.u16,
    t.unsigned(16, "parts", (value) => value >= 1 && value <= 20),
    t.list("covers", t.strict(key, t.id(16)), 0, 1_000),
    t.list("sealed", sealedKey, 0, 1_000),
    t.list("keepers", sealedKey, 0, 1_000),
  ),
  ([, , , part, parts, covers, sealed, keepers]) => {
    t.demand(part < parts, "limit of part");
    t.demand(
      isAscending(covers, ([subject, end]) => concat(subject, end)),
      "limit of covers",
    );
    t.demand(
      isAscending(sealed, ([subject]) => subject),
      "limit of subject",
    );
    t.demand(
      isAscending(keepers, ([subject]) => subject),
      "limit of subject",
    );
    t.demand(sealed.length + keepers.length <= 1_000, "limit of sealed");
  },
);

const actionBytes = t.bytes("actions", 0, 15_000 * 16);
const revocation = t.checked(
  t.strict(identity("subject"), t.id(16), t.optional(t.id(16)), t.number(2), actionBytes),
  ([, , , , actions]) => {
    t.demand(actions.length % 16 === 0 && isAscending(actionsOf(actions)), "limit of actions");
  },
);

const openInvitation = t.checked(
  t.strict(
    identity("key"),
    roles,
    t.u64,
    lifetime("member_for"),
    t.unsigned(32, "uses", isNotNothing),
    t.unsigned(8, "flags", (value) => value <= 3),
  ),
  ([, role, , memberFor]) => {
    t.demand(role !== ADMIN || BigInt(memberFor) === FOREVER, "limit of member_for");
  },
);

const invitation = t.strict(
  shownChain,
  name,
  t.id(16),
  t.list("servers", t.server, 0, 4),
  t.optional(t.strict(t.id(16), sealedKey)),
  signature,
);

const names = t.bytes("names", 32, NAMES_MAX * 32);
const namesOfWhole = t.checked(names, (it) => t.demand(it.length % 32 === 0, "limit of names"));
const bucket = t.unsigned(8, "bucket", (value) => value <= BUCKETS);
const message = t.bytes("message", 0, RECONCILE_BYTES);
const givenKeys = t.list("keys", t.strict(t.id(16), key), 0, 512);
const summary = t.checked(
  t.list("buckets", t.struct(bucket, t.u32, t.id(16)), 0, BUCKETS + 1),
  (buckets) =>
    t.demand(
      isAscending(buckets, ([at]) => Uint8Array.of(at)),
      "limit of buckets",
    ),
);

const SYMBOLS_MAX = 256;
const holding = t.struct(t.u32, t.id(16));
const symbols = t.checked(t.bytes("symbols", 0, SYMBOLS_MAX * 40), (it) =>
  t.demand(it.length % 40 === 0, "limit of symbols"),
);
const unasked = t.checked(t.bytes("unasked", 0, 32 * 32), (it) =>
  t.demand(it.length % 32 === 0, "limit of unasked"),
);

const PREVIEW_BYTES = 1_600;
const groupFrame = t.variants(
  [
    t.u64,
    t.optional(shownChain),
    t.list("first", recordType, 0, 16),
    t.optional(holding),
    t.optional(t.id(8)),
  ],
  [t.u16],
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
  [header, t.bytes("body", 0, RECORD_BYTES)],
  [invitationUse],
  [shownChain, t.bytes("record", 0, PREVIEW_BYTES), t.bytes("record", 0, PREVIEW_BYTES), t.u32],
  [holding, t.u16, symbols],
  [t.id(16), t.u16],
  [unasked],
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
  ["Budget", [t.strict(identity("subject"), records, recordBytes), 128]],
  [
    "Servers",
    [
      t.strict(t.list("servers", t.groupServer, 0, 4), t.list("before", t.groupServer, 0, 4)),
      4_128,
    ],
  ],
  ["Invitation", [invitation, 17_020]],
  ["InvitationLink", [t.strict(key, t.id(16), t.id(16), t.list("servers", t.server, 0, 4)), 2_136]],
  ["Card", [t.strict(key, name, signature), 512]],
  ["GroupFrame", [groupFrame, 278_528]],
];
