// The numbers on docs/guide/limits.md are those of crates/wire/src/limits and of this package.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { peerErrorCodes } from "../src/errors.js";
import { PRESENCE_LIFETIME_MS } from "../src/group/properties.js";
import { DEFAULT_LIMITS, DEFAULT_TIMEOUT_MS } from "../src/room-options.js";

const inRoot = (path: string): string =>
  readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const page = inRoot("docs/guide/limits.md");
const rows = [...page.matchAll(/^\| (.+?) \| (.+?) \| (.+?) \|$/gm)].map(
  ([, what = "", limit = "", beyond = ""]) => ({ what, limit, beyond }),
);

/** The constants as they stand, by name. */
const written = new Map(
  ["limits.rs", "limits/policy.rs"]
    .map((file) => inRoot(`crates/wire/src/${file}`))
    .flatMap((text) => [...text.matchAll(/^pub const (\w+): \w+ = (.+);$/gm)])
    .map(([, name = "", value = ""]) => [name, value]),
);

/** The number of a constant; milliseconds for a time. */
function numberOf(name: string): number {
  return evaluate(written.get(name) ?? `no constant ${name}`);
}

function evaluate(text: string): number {
  const [, unit, inside = ""] = /^Duration::from_(secs|millis)\((.+)\)$/.exec(text) ?? [];
  if (unit !== undefined) return evaluate(inside) * (unit === "secs" ? 1_000 : 1);
  const [, base, bits] = /^(\d+) << (\d+)$/.exec(text) ?? [];
  if (base !== undefined) return Number(base) * 2 ** Number(bits);
  return text
    .split(" * ")
    .map((factor) =>
      /^[\d_]+$/.test(factor) ? Number(factor.replaceAll("_", "")) : numberOf(factor),
    )
    .reduce((product, factor) => product * factor, 1);
}

const KIB = 1_024;
const MIB = KIB * KIB;
const GIB = KIB * MIB;
const UNITS = { "": 1, bytes: 1, KiB: KIB, MiB: MIB, GiB: GIB } as const;
const TIMES = { s: 1_000, min: 60_000, days: 86_400_000 } as const;

/** The number that a cell of the page begins with, in its unit; NaN for none. */
function stated(limit: string): number {
  const [, digits = "x", unit = ""] = /^([\d,]+)(?: (\w+))?/.exec(limit) ?? [];
  const scale = { ...UNITS, ...TIMES }[unit as keyof typeof UNITS] ?? Number.NaN;
  return Number(digits.replaceAll(",", "")) * scale;
}

const limitOf = (what: string): string => {
  const found = rows.filter((row) => row.what === what);
  expect(found.map((row) => row.what)).toEqual([what]);
  return found[0]?.limit ?? "";
};

test.each([
  ["message, to one or to all", "MESSAGE_BYTES"],
  ['message with `priority: "interactive"`', "INTERACTIVE_BYTES"],
  ["broadcast with `reliable: false`", "EPHEMERAL_BYTES"],
  ["label of a message", "LABEL_BYTES"],
  ["interactive bytes that wait for one remote", "OUTBOX_BYTES"],
  ["interactive messages that wait for one remote", "OUTBOX_MAX"],
  ["bulk bytes that wait for one remote", "BULK_BYTES"],
  ["bulk messages and files under way to one remote", "STREAMS_MAX"],
  ["requests that wait for one remote", "REQUESTS_MAX"],
  ["file", "FILE_BYTES"],
  ["name of a file", "FILE_NAME_BYTES"],
  ["media type of a file", "MEDIA_TYPE_BYTES"],
  ["record with its attributes, encrypted", "RECORD_BYTES"],
  ["type of a record", "RECORD_TYPE_BYTES"],
  ["attributes of one record", "ATTRIBUTES_MAX"],
  ["name of an attribute", "ATTRIBUTE_NAME_BYTES"],
  ["text of an attribute", "ATTRIBUTE_TEXT_BYTES"],
  ["conditions of a query, with what joins them", "FILTER_PARTS"],
  ["depth of a query", "FILTER_DEPTH"],
  ["types in `group.prioritize`; types with a validator", "PRIORITIES_MAX"],
  ["answer of a validator", "APPROVAL_DEADLINE"],
  ["life of a record without `expires`", "RECORD_LIFETIME"],
  ["rooms of one peer, those of groups included", "ROOMS_MAX"],
  ["groups that are open", "GROUPS_MAX"],
  ["links of one node", "LINKS_MAX"],
  ["remotes that a node keeps track of", "REMOTES_MAX"],
  ["signaling servers of one peer", "SERVERS_MAX"],
  ["servers in a room link", "ROOM_LINK_SERVERS_MAX"],
  ["ICE servers", "ICE_SERVERS_MAX"],
  ["name of a group or an identity", "NAME_BYTES"],
  ["comment of a group", "COMMENT_BYTES"],
  ["credentials of a group", "CREDENTIALS_MAX"],
  ["credentials below one inviter", "CREDENTIALS_PER_INVITER"],
  ["credentials between the founder and a member", "CHAIN_MAX"],
  ["newcomers that one member admits in a minute", "ADMISSIONS_PER_MINUTE"],
  ["records, if the group says nothing else", "BUDGET_RECORDS"],
  ["records, at most", "BUDGET_RECORDS_MAX"],
  ["bytes, if the group says nothing else", "BUDGET_BYTES"],
  ["bytes, at most", "BUDGET_BYTES_MAX"],
  ["`timeoutMs`, at most", "DEADLINE_MAX"],
  ["first attempt to link", "ATTEMPT_DEADLINE"],
  ["later attempts to link", "ATTEMPT_DEADLINE_MAX"],
  ["a lost link, before the remote counts as gone", "RECOVERY_DEADLINE"],
  ["a pairing that nobody completes", "PAIRING_DEADLINE"],
  ["a bulk message under way, with no sign of the other side", "STREAM_IDLE"],
  ["a file, with no sign of the other side", "DEADLINE_MAX"],
  ["wait before a server is dialed again", "REDIAL_MAX"],
  ["bytes that wait to be stored", "UNSAVED_BYTES"],
  ["a record dated ahead of group time", "CLOCK_AHEAD"],
  ["clock that counts for the time of a group", "CLOCK_SPREAD"],
])("%s: %s", (what, name) => {
  expect(stated(limitOf(what))).toBe(numberOf(name));
});

test("what this package decides", () => {
  expect(stated(limitOf("`join`, `ready`, `connect`, unless `timeoutMs`"))).toBe(
    DEFAULT_TIMEOUT_MS,
  );
  expect(stated(limitOf("`request`, unless `timeoutMs`"))).toBe(DEFAULT_TIMEOUT_MS);
  expect(stated(limitOf("presence that is not said again"))).toBe(PRESENCE_LIFETIME_MS);
  const { items, bytes } = DEFAULT_LIMITS;
  const [first = "", second = ""] = limitOf("messages that wait in `messages()`").split(" and ");
  expect([stated(first), stated(second)]).toEqual([items, bytes]);
  expect(stated(limitOf("new versions that wait in `watch()`"))).toBe(bytes);
});

test("the codes are codes", () => {
  const named = rows.flatMap(({ beyond }) =>
    [...beyond.matchAll(/`([a-z]+-[a-z-]+)`/g)].map((it) => it[1]),
  );
  expect(named.length).toBeGreaterThan(20);
  for (const code of named) expect(peerErrorCodes).toContain(code);
});
