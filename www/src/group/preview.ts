import type { CorePreview } from "../core.js";
import type { GroupId, PeerId } from "../ids.js";
import type { Group } from "./group.js";
import { type GroupInvitation, openInvitation } from "./invitation.js";
import type { JoinGroupOptions, Role } from "./options.js";
import type { GroupTypes } from "./types.js";

/** What an invitation offers. All of it but `used` is signed, and verified. */
export interface InvitationTerms {
  /** The group's id. */
  readonly groupId: GroupId;
  /** What the group is called. */
  readonly name: string;
  /** What people should know of it; empty in an invitation for one identity. */
  readonly comment: string;
  /** Who invites: an identity. */
  readonly inviter: PeerId;
  /** What its taker becomes. */
  readonly role: Role;
  /** When the invitation ends; undefined for not by date. */
  readonly expires: Date | undefined;
  /** Milliseconds for which whoever takes it now is a member at the most; `Infinity` for no end. */
  readonly memberForMs: number;
  /** How many may join by it. */
  readonly uses: number;
  /** How many have, as the member says who answered. */
  readonly used: number;
}

/** An invitation that was looked at, and not taken. `peer.preview` makes it. */
export interface InvitationPreview<Types extends GroupTypes = GroupTypes> extends InvitationTerms {
  /** Takes it, over the connection that is there already where that is so. */
  join(options?: JoinGroupOptions): Promise<Group<Types>>;
  /** Does not take it: nothing of it is left here. After `join` it does nothing. */
  close(): void;
}

/** What an invitation offers by what it says, and by what a member has answered. */
export function termsOf(
  invitation: GroupInvitation,
  answer: CorePreview | undefined,
): InvitationTerms {
  const { groupId } = invitation;
  if (invitation.kind === "link") {
    // The core settles a look at a link by an answer only.
    const { properties, invitation: offered, used } = answer as CorePreview;
    const { name, comment } = properties;
    const { issuer, role, expires, memberForMs, uses } = openInvitation(offered);
    return { groupId, name, comment, inviter: issuer, role, expires, memberForMs, uses, used };
  }
  const { name, inviter, role, until } = invitation;
  const memberForMs = until ? until.getTime() - Date.now() : Number.POSITIVE_INFINITY;
  const terms = { groupId, name, comment: "", inviter, role, expires: until, memberForMs };
  return { ...terms, uses: 1, used: 0 };
}
