import type { PeerErrorCode } from "../errors.js";
import type { PeerId, RecordId } from "../ids.js";
import type { Given } from "../labels.js";
import type { PresenceEntry } from "../presence.js";
import type { WaitOptions } from "../room-options.js";
import type { Schema } from "../schema.js";
import type { RecordQuery } from "./query.js";
import type { Attributes, GroupRecord } from "./record.js";
import type { GroupConnection } from "./standing.js";
import type { GroupTypes, PresenceOf, RecordOf } from "./types.js";

/**
 * What a member may do. Each step of `member`, `inviter`, `admin` includes the one before: a member
 * writes, an inviter also brings in members and inviters, and an admin may do everything. A
 * `keeper` stores and serves what others wrote, and can read none of it.
 */
export type Role = "member" | "inviter" | "admin" | "keeper";

/** A time: milliseconds, `Infinity` for no end, or a text such as "30m", "12h" or "7d". */
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
  /** How long a membership lasts that is given without a time. Default: it has no end. */
  readonly memberLifetime?: Lifetime | undefined;
  /**
   * How long what a member says of itself holds that is not said again, from 5 seconds to 10
   * minutes; it is said again after a third of that. Default: 30 seconds.
   */
  readonly presenceLifetime?: Lifetime | undefined;
  /**
   * How much one membership may stand for, at most 1,048,576 records and 64 GiB. Default: 65,536
   * records and 256 MiB.
   */
  readonly budget?:
    | { readonly records?: number | undefined; readonly bytes?: number | undefined }
    | undefined;
  /**
   * Signaling servers at which the members meet; invitations name them. Default: those of whoever
   * opens an invitation. An admin can change them later by `group.setServers`.
   */
  readonly servers?: readonly string[] | undefined;
  /** `false` leaves it unconnected. Default: true. */
  readonly connect?: boolean | undefined;
  /** Gives up waiting, and closes it: it may be kept by then, as `peer.groups` says. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of `peer.openGroup`, `peer.importGroup` and `peer.preview`. */
export interface OpenGroupOptions {
  /** `false` leaves it unconnected; an open invitation needs a connection. Default: true. */
  readonly connect?: boolean | undefined;
  /** How long to wait for a member who may admit, by an open invitation. Default: 30,000. */
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

/** Options of `group.invite` that both kinds of invitations have. */
export interface MembershipOptions extends WaitOptions {
  /** What the invited may do. Default: `member`. */
  readonly role?: Role | undefined;
  /**
   * How long the membership lasts: then it is over. Default: the group's `memberLifetime`, of which
   * there is more for whoever comes back in time. That of an admin has no end: it is taken back or
   * stays.
   */
  readonly memberFor?: Lifetime | undefined;
}

/** Options of `group.invite` for whoever has the link. */
export interface OpenInviteOptions extends MembershipOptions {
  /** How long the link is of use; memberships outlast it. Default: until it is ended. */
  readonly expires?: Lifetime | undefined;
  /** How many may join by it. Default: 1. */
  readonly uses?: number | undefined;
  /**
   * Whether only this identity lets people in by it, so that not even two members who are apart
   * can let in more than `uses`. Default: false, and everybody who may invite does.
   */
  readonly exact?: boolean | undefined;
}

/** Options of `group.invite` for one identity. */
export interface BoundInviteOptions extends MembershipOptions {
  /** Whom to invite: an identity. Nobody else can use the text. */
  readonly for: PeerId;
}

/** Options of `group.invite`. */
export type InviteOptions = OpenInviteOptions | BoundInviteOptions;

/** An invitation for whoever has its link, as `group.invitations()` lists it. */
export interface OpenInvitation {
  /** Names it, for `group.endInvitation`. */
  readonly id: string;
  /** What its taker becomes. */
  readonly role: Role;
  /** Who made it. */
  readonly issuer: PeerId;
  /** When the link ends; undefined for not by date. */
  readonly expires: Date | undefined;
  /** Milliseconds for which whoever came by it is a member; `Infinity` for no end. */
  readonly memberForMs: number;
  /** How many may join by it. */
  readonly uses: number;
  /** How many have, as far as is known here. */
  readonly used: number;
  /** Their identities. */
  readonly usedBy: readonly PeerId[];
  /** Whether only its issuer lets people in by it. */
  readonly exact: boolean;
}

/** Options of `group.revoke`. */
export interface RevokeOptions extends WaitOptions {
  /**
   * Whether the open invitations stay that the member made, and the one that it came by. Default:
   * false, and they are ended.
   */
  readonly keepInvitations?: boolean | undefined;
  /** Whether what the member did is undone, also what is known here. Default: false. */
  readonly undo?: boolean | undefined;
}

/** Says whether a record is taken, or what its data has to be. */
export type RecordValidator<Data = unknown, Type extends string = string> =
  | ((record: GroupRecord<Data, Type>) => boolean | Promise<boolean>)
  | Schema<Data>;

/** What `group.add` writes. */
export interface NewRecord<Data = unknown, Type extends string = string> {
  /** 1 to 64 of `a-z`, `0-9`, `.` and `-`. */
  readonly type: Type;
  /** Bytes, a text, or any other value, which is written as JSON; about 256 KiB at most. */
  readonly data: Given<Data>;
  /** What it can be found by. */
  readonly attributes?: Attributes | undefined;
  /**
   * When it expires. Default: ten years from now, or with the membership of its author. A
   * later version may move it, up to ten years from when the record was made, or to the time that
   * is given here if that is later.
   */
  readonly expires?: Date | undefined;
}

/** What `group.update` writes. */
export type RecordUpdate<Data = unknown> = Omit<NewRecord<Data>, "type">;

/** Options of `group.watch`. */
export interface WatchOptions<Type extends string = string> {
  /** Only records of this type. Default: all types of the application. */
  readonly type?: Type | undefined;
  /** Only records that fit all of this: attributes, and what every record has (`$creator`). */
  readonly where?: RecordQuery | undefined;
  /** Ends the iterator; it then throws `aborted`. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of `group.count`. */
export interface CountOptions {
  /** Only records of this type. Default: all types of the application. */
  readonly type?: string | undefined;
  /** Only records that this identity made. Default: whoever made them. */
  readonly creator?: PeerId | undefined;
}

/** Options of `group.find`. */
export interface FindOptions<Type extends string = string> extends WatchOptions<Type> {
  /** By when they were made. Default: `oldest` first. */
  readonly order?: "oldest" | "newest" | undefined;
  /** How many at the most; no more is read than is needed for them. Default: all. */
  readonly limit?: number | undefined;
}

/** A member of a group. */
export interface Member {
  /** Its identity. */
  readonly id: PeerId;
  /** What it may do now; undefined if its time is over or it was taken back. */
  readonly role: Role | undefined;
  /** Every step that the role includes, for questions such as `roles.includes("inviter")`. */
  readonly roles: readonly Role[];
  /** Until when; undefined for no end. */
  readonly until: Date | undefined;
  /** Whether a page of it is here, linked or through others; of this identity, another page. */
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
  /** Milliseconds that a membership lasts, if it is given without a time; `Infinity` for no end. */
  readonly memberLifetimeMs: number;
  /** Milliseconds that what a member says of itself holds. */
  readonly presenceLifetimeMs: number;
  /** How many records one membership may stand for. */
  readonly budgetRecords: number;
  /** How many bytes they may have together. */
  readonly budgetBytes: number;
}

/** A change of a record. */
export interface RecordChange<Types = GroupTypes> {
  /** The record as it is now. */
  readonly record: RecordOf<Types>;
  /** Whether this is the first version that is known here. */
  readonly isNew: boolean;
  /** Whether this identity wrote it. */
  readonly isOwn: boolean;
  /** The member whose page gave it; nothing if it did not come from another page. */
  readonly from: PeerId | undefined;
}

/** What a group tells. Every event is a `CustomEvent`; this maps its name to its `detail`. */
export interface GroupEvents<Types = GroupTypes> {
  /** A record is new, was changed or was deleted. */
  record: RecordChange<Types>;
  /** A record is gone: it expired, or its author was shut out before it was made. */
  gone: { readonly id: RecordId; readonly type: string };
  /** A member is new, came, went, or may do other things or for another time. */
  member: Member;
  /** What the founder says of the group is known now, or is something else than before. */
  properties: GroupProperties;
  /** `group.servers` are others than before. */
  servers: undefined;
  /** A member who is connected says something of itself, or nothing any more. */
  presence: PresenceEntry<PresenceOf<Types>>;
  /**
   * All that the linked members held of these types is here now, and was not before; `all` says
   * whether that is so of every type. Whoever listens late asks `group.sync()`.
   */
  synced: { readonly types: readonly string[]; readonly all: boolean };
  /** `group.sync()` gives another state than before, of some type. */
  sync: undefined;
  /** `group.connection` is another one than before. */
  connection: GroupConnection;
  /** Records that were locked can be read now: ask for them again. */
  unlocked: undefined;
  /** Open invitations are others than before, or somebody came by one. */
  invitations: undefined;
  /**
   * Whether what is written can be read by somebody who was shut out, because no admin is here who
   * makes a new key; also `group.keyOld`.
   */
  keyold: { readonly old: boolean };
  /** A new key that takes account of who was shut out could not be made. */
  keyfailed: { readonly code: PeerErrorCode };
  /**
   * Of somebody who was shut out, so many records or changes are not known to the admin who did
   * that. They are set aside, and come back if an admin calls `group.nameActions`.
   */
  setaside: { readonly author: PeerId; readonly count: number };
  /**
   * The clock of this device differs from that of the members, by more than clocks do that are
   * right, or does no longer; also `group.clockAheadMs`.
   */
  clock: { readonly aheadMs: number | undefined };
  /**
   * What was written here while the clock of this device was ahead is written anew under another
   * date, so that others take it. Its id may be another one from now on.
   */
  rewritten: { readonly old: RecordId; readonly new: RecordId };
  /**
   * A record that this identity wrote, and that was taken here, counts no longer. `code` is
   * `superseded` if somebody else changed or deleted it at the same time and was faster: what is
   * there now is theirs. It is `over-budget` if there is no place for it any more, `revoked` if the
   * membership was taken back and nobody lets it stand, and `not-allowed` if the right to it ended.
   */
  rejected: { readonly id: RecordId; readonly code: PeerErrorCode };
  /** A member writes what only a newer version of this package understands. */
  updateneeded: undefined;
  /** Something could not be stored, and would be lost with the page; it is tried again. */
  unsaved: { readonly code: PeerErrorCode };
  /** Everything is stored again. */
  saved: undefined;
  /** Stored records were damaged; they are fetched from others. */
  damaged: { readonly count: number };
  /** Others do not take this identity for a member. */
  refused: { readonly code: PeerErrorCode };
  /** The group was closed here. */
  closed: undefined;
}

const BITS: Readonly<Record<Role, number>> = { member: 1, inviter: 3, admin: 7, keeper: 8 };

const ROLES = Object.keys(BITS) as readonly Role[];

/** The number by which the core knows a role. */
export function roleBits(role: Role = "member"): number {
  return BITS[role];
}

/** The role that a number stands for; undefined for none. */
export function roleOf(bits: number): Role | undefined {
  return ROLES.find((role) => BITS[role] === bits);
}

/** Every step that it includes. */
export function rolesOf(bits: number): Role[] {
  return ROLES.filter((role) => bits !== 0 && (bits & BITS[role]) === BITS[role]);
}
