import type { CoreModule, CoreOpenInvitation } from "../core.js";
import { dateOf, dateOrNever } from "../date.js";
import { invalid } from "../errors.js";
import type { GroupId, PeerId } from "../ids.js";
import { takeText } from "../text-kinds.js";
import { millisOf } from "./lifetime.js";
import {
  type InviteOptions,
  type Lifetime,
  type OpenInvitation,
  type Role,
  roleBits,
  roleOf,
} from "./options.js";

/** What the link of an invitation says that is for whoever has it. Nothing in it is signed. */
export interface LinkInvitation {
  /** For whoever has the link. */
  readonly kind: "link";
  /** The group's id. */
  readonly groupId: GroupId;
  /** Servers at which the members meet; none means those of whoever opens it. */
  readonly servers: readonly string[];
}

/** What an invitation says that is for one identity, signed by whoever invites. */
export interface BoundInvitation {
  /** For one identity. */
  readonly kind: "bound";
  /** The group's id. */
  readonly groupId: GroupId;
  /** The group's name, as whoever invites knows it. */
  readonly name: string;
  /** Whom it is for. */
  readonly peerId: PeerId;
  /** Who invites. */
  readonly inviter: PeerId;
  /** What its taker becomes. */
  readonly role: Role;
  /** When it begins to be valid. */
  readonly starts: Date;
  /** When the membership ends, and with it the invitation; undefined for never. */
  readonly until: Date | undefined;
  /** Servers at which the members meet; none means those of whoever opens it. */
  readonly servers: readonly string[];
}

/** What an invitation says, without taking it. `kind` discriminates. */
export type GroupInvitation = LinkInvitation | BoundInvitation;

/** Reads an invitation, and verifies who made it where it says so. */
export function readInvitation(module: CoreModule, text: string): GroupInvitation {
  const read = takeText("li", text, () => module.parse_invitation(text.trim()));
  const { group: groupId, ...said } = read;
  if (said.kind === "link") return { ...said, groupId };
  const { roles, starts, until, ...rest } = said;
  // The core reads no invitation that gives other roles than there are.
  const role = roleOf(roles) as Role;
  return { ...rest, groupId, role, starts: dateOf(starts), until: dateOrNever(until ?? undefined) };
}

/** What the core is asked for an invitation. */
export type InviteWish =
  | { readonly peerId: PeerId; readonly bits: number; readonly memberForMs: number | undefined }
  | {
      readonly peerId: undefined;
      readonly bits: number;
      readonly memberForMs: number | undefined;
      readonly expiresMs: number | undefined;
      readonly uses: number;
      readonly exact: boolean;
    };

/** Reads the options of `group.invite`. */
export function inviteWish(options: InviteOptions): InviteWish {
  const bits = roleBits(options.role);
  const memberForMs = membershipMs(options.role, options.memberFor);
  if ("for" in options) {
    const { for: peerId, ...rest } = options;
    // Whoever forgot the name of a person does not mean everybody.
    if (peerId === undefined)
      throw invalid("group.invite: options.for must be an identity, but is undefined");
    if (Object.keys(rest).some((name) => ["expires", "uses", "exact"].includes(name))) {
      throw invalid(
        "group.invite: expires, uses and exact are for invitations by link, without `for`",
      );
    }
    return { peerId, bits, memberForMs };
  }
  const { expires, uses = 1, exact = false } = options;
  return { peerId: undefined, bits, memberForMs, expiresMs: millisOf(expires), uses, exact };
}

/** How long a membership is to last. */
export function membershipMs(
  role: Role | undefined,
  memberFor: Lifetime | undefined,
): number | undefined {
  const ms = millisOf(memberFor);
  if (role === "admin" && ms !== undefined && ms !== Number.POSITIVE_INFINITY) {
    throw invalid("memberFor: the membership of an admin has no end by date; revoke it instead");
  }
  return ms;
}

/** An open invitation as the application reads it. */
export function openInvitation(core: CoreOpenInvitation): OpenInvitation {
  const { roles, expires, memberForMs, usedBy, ...rest } = core;
  return {
    ...rest,
    role: roleOf(roles) as Role,
    expires: dateOrNever(expires ?? undefined),
    memberForMs: memberForMs ?? Number.POSITIVE_INFINITY,
    used: usedBy.length,
    usedBy,
  };
}
