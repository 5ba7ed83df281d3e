import type { Content } from "../bytes.js";
import type { PresenceEntry } from "./presence.js";
import type { RecordQuery } from "./query.js";
import type { Attributes, GroupRecord } from "./record.js";

/** What a member may do; an admin may do everything. */
export type Role = "member" | "inviter" | "admin" | "keeper";

/** A time: milliseconds, `Infinity` for ever, or a text such as "30m", "12h" or "7d". */
export type Lifetime = number | string;

/** Options of `peer.createGroup`. */
export interface CreateGroupOptions {
  /** What people call the group; 1 to 255 bytes. */
  readonly name: string;
  /** What people should know of it; at most 512 bytes. */
  readonly comment?: string | undefined;
  /**
   * Whether records whose time is over stay on a page until it has met another member and compared
   * what both hold: who was away for weeks finds what it had to read. They are given to nobody.
   * Default: false, and they go at once.
   */
  readonly deferExpiry?: boolean | undefined;
  /** How long a membership lasts that is given without a time. Default: for ever. */
  readonly memberLifetime?: Lifetime | undefined;
  /**
   * How long what a member says of itself holds that is not said again, from 5 seconds to 10
   * minutes; it is said again after a third of that. Default: 30 seconds.
   */
  readonly presenceLifetime?: Lifetime | undefined;
  /** Signaling servers to name in invitations. Default: those of whoever opens them. */
  readonly servers?: readonly string[] | undefined;
  /** `false` leaves it unconnected. Default: true. */
  readonly connect?: boolean | undefined;
}

/** Options of `peer.joinGroup` and `peer.openGroup`. */
export interface OpenGroupOptions {
  /** `false` leaves it unconnected; an open invitation needs a connection. Default: true. */
  readonly connect?: boolean | undefined;
  /** How long to wait to be admitted by an open invitation. Default: 30,000. */
  readonly timeoutMs?: number | undefined;
  /** Gives up waiting. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of `peer.joinGroup`. */
export interface JoinGroupOptions extends OpenGroupOptions {
  /**
   * Where no server is: the text of a `group.pair` of whoever invites, and who gets the text that
   * is to be carried back. `timeoutMs` is 600,000 then, unless it is given.
   */
  readonly pairing?: { readonly offer: string; onAnswer(answer: string): void } | undefined;
}

/** @internal Whether a group that is opened is connected, and how. */
export interface ConnectWish {
  readonly wanted: boolean;
  /** Before it is open. */
  readonly first: boolean;
  readonly pairing?: JoinGroupOptions["pairing"];
}

/** Options of `group.invite`. */
export interface InviteOptions {
  /** Whom to invite: an identity. Without one, whoever has the link may join. */
  readonly peer?: string | undefined;
  /** What the invited may do. Default: `member`. */
  readonly role?: Role | readonly Role[] | undefined;
  /**
   * Until when the membership, and so the invitation, is valid. Default: the group's
   * `memberLifetime`.
   */
  readonly expires?: Lifetime | undefined;
  /** How many may join by it, if it is for whoever has it. Default: 1. */
  readonly uses?: number | undefined;
}

/** Says whether a record is taken. */
export type RecordJudge = (record: GroupRecord) => boolean | Promise<boolean>;

/** What `group.add` writes. */
export interface NewRecord {
  /** 1 to 64 of `a-z`, `0-9`, `.` and `-`. */
  readonly type: string;
  /** Bytes, a text, or any other value, which is written as JSON; about 256 KiB at most. */
  readonly data: Content | object | number | boolean | null;
  /** What it can be found by. */
  readonly attributes?: Attributes | undefined;
  /** When it ceases to be. Default: as long as its author is a member. */
  readonly expires?: Date | undefined;
}

/** What `group.update` writes. */
export type RecordUpdate = Omit<NewRecord, "type">;

/** Options of `group.records` and `group.find`. */
export interface RecordsOptions {
  /** Only records of this type. Default: all types of the application. */
  readonly type?: string | undefined;
  /** Only records that fit all of this: attributes, and what every record has (`$creator`). */
  readonly where?: RecordQuery | undefined;
  /** Ends the iterator; it then throws `aborted`. */
  readonly signal?: AbortSignal | undefined;
}

/** A member of a group. */
export interface GroupMemberInfo {
  /** Its identity. */
  readonly id: string;
  /** What it may do now; empty if its time is over or it was taken back. */
  readonly roles: readonly Role[];
  /** Until when; undefined for ever. */
  readonly until: Date | undefined;
  /** Whether a page of it is connected to this one; of this identity, another page. */
  readonly present: boolean;
}

/** What the founder says of a group. */
export interface GroupProperties {
  /** What people call it. */
  readonly name: string;
  /** What people should know of it. */
  readonly comment: string;
  /** Whether records outlive their time until another member is met. */
  readonly deferExpiry: boolean;
  /** Milliseconds that a membership lasts, if it is given without a time; `Infinity` for ever. */
  readonly memberLifetimeMs: number;
  /** Milliseconds that what a member says of itself holds. */
  readonly presenceLifetimeMs: number;
}

/** A change of a record. */
export interface RecordChange {
  /** The record as it is now. */
  readonly record: GroupRecord;
  /** Whether this is the first version that is known here. */
  readonly isNew: boolean;
  /** Whether this identity wrote it. */
  readonly isOwn: boolean;
  /** The member whose page gave it; nothing if it did not come from another page. */
  readonly from: string | undefined;
}

/** What a group tells. Every event is a `CustomEvent`; this maps its name to its `detail`. */
export interface GroupEvents {
  /** A record is new, was changed or was deleted. */
  record: RecordChange;
  /** A record is gone: it expired, or its author was expelled before it was made. */
  gone: { readonly id: string; readonly type: string };
  /** A member is new, came, went, or may do other things or for another time. */
  member: GroupMemberInfo;
  /** What the founder says of the group is known now, or is something else than before. */
  properties: GroupProperties;
  /** A member who is connected says something of itself, or nothing any more. */
  presence: PresenceEntry;
  /** All that a neighbour held of these types is here now. */
  synced: { readonly types: readonly string[]; readonly all: boolean };
  /** Records that were locked can be read now: ask for them again. */
  unlocked: undefined;
  /** Something could not be stored, and would be lost with the page; it is tried again. */
  unsaved: { readonly code: string };
  /** Everything is stored again. */
  saved: undefined;
  /** Stored records were damaged; they are fetched from others. */
  damaged: { readonly count: number };
  /** Others do not take this identity for a member. */
  refused: { readonly code: string };
  /** The group was closed here. */
  closed: undefined;
}

const ROLES: readonly (readonly [Role, number])[] = [
  ["member", 1],
  ["inviter", 2],
  ["admin", 4],
  ["keeper", 8],
];

/** The number by which the core knows roles. An admin is all that a member can be. */
export function roleBits(role: Role | readonly Role[] = "member"): number {
  const wanted = typeof role === "string" ? [role] : role;
  if (wanted.includes("admin")) return 7;
  return ROLES.reduce((bits, [name, bit]) => (wanted.includes(name) ? bits | bit : bits), 0);
}

/** The roles that a number stands for. */
export function rolesOf(bits: number): Role[] {
  return ROLES.filter(([, bit]) => (bits & bit) !== 0).map(([name]) => name);
}
