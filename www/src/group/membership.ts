import type { CoreGroupEvent } from "../core.js";
import { dateOf } from "../date.js";
import { attempted } from "../errors.js";
import type { PeerId } from "../ids.js";
import type { WaitOptions } from "../room-options.js";
import { GroupBase } from "./base.js";
import { inviteWish, membershipMs, openInvitation } from "./invitation.js";
import {
  type InviteOptions,
  type Lifetime,
  type Member,
  type OpenInvitation,
  type RevokeOptions,
  type Role,
  roleBits,
  rolesOf,
} from "./options.js";
import { memberOf } from "./tell.js";
import type { GroupTypes } from "./types.js";

/** Nobody on the way may read what members say to their servers. */
const SERVERS_RULE = "group.setServers: servers are of wss:// or on this device, with no password";

/** The part of a group that is about who is in it, who lets whom in, and whose clock is right. */
export abstract class GroupMembership<
  Types extends GroupTypes = GroupTypes,
> extends GroupBase<Types> {
  #keyOld = false;
  #clockAheadMs: number | undefined;

  /** The members, as far as they are known here, this identity first. */
  get members(): Member[] {
    if (this.gone !== undefined) return [];
    return attempted(() => this.session.core.group_members(this.number)).map(memberOf);
  }

  /**
   * Whether what is written now can be read by somebody who was shut out: no admin has been here
   * since who makes a new key. The event `keyold` tells of changes.
   */
  get keyOld(): boolean {
    return this.#keyOld;
  }

  /**
   * Milliseconds by which the clocks of the members are ahead of that of this device, negative if
   * they are behind; undefined if it is right, or nobody is here to compare with. As long as it is
   * not right, others may not take what is written here. The event `clock` tells of changes.
   */
  get clockAheadMs(): number | undefined {
    return this.#clockAheadMs;
  }

  /** The time of day that the members agree on: as right as most of their clocks are. */
  time(): Date {
    return this.toGroupTime(new Date());
  }

  /** What a time by the clock of this device is in group time, by which records are dated. */
  toGroupTime(own: Date): Date {
    const ahead = this.#correction();
    return dateOf(own.getTime() + ahead);
  }

  /** What a time of the group, such as `record.modified`, is by the clock of this device. */
  toOwnTime(ofGroup: Date): Date {
    const ahead = this.#correction();
    return dateOf(ofGroup.getTime() - ahead);
  }

  /**
   * Makes an invitation, and resolves with its text. With `for` it makes that identity a member,
   * connected or not, and is of no use to anybody else. Without, it is a short text for whoever has
   * it, and everybody who may invite lets people in by it: it is kept in the group, listed by
   * `invitations`, and of use until it has expired, was used up, or was ended; it is there also if
   * its signal gave up the wait until it is stored.
   *
   * @example
   * ```ts
   * const link = `${location.origin}/#${await group.invite({ uses: 10, expires: "1d" })}`;
   * const text = await group.invite({ for: card.peerId, role: "inviter" });
   * ```
   */
  async invite(options: InviteOptions = {}): Promise<string> {
    const wish = inviteWish(options);
    const { bits, memberForMs } = wish;
    const { core } = this.session;
    if (wish.peerId !== undefined) {
      const { peerId } = wish;
      return attempted(() => core.invite(this.number, peerId, bits, memberForMs));
    }
    const { expiresMs, uses, exact } = wish;
    let text = "";
    await this.issue((ticket) => {
      text = core.invite_anybody(this.number, bits, expiresMs, memberForMs, uses, exact);
      // A link that was handed out must not end with this page.
      core.group_stored(ticket, this.number);
    }, options);
    return text;
  }

  /** The invitations for whoever has their link that were not ended. */
  invitations(): OpenInvitation[] {
    this.check();
    return attempted(() => this.session.core.group_invitations(this.number)).map(openInvitation);
  }

  /**
   * Ends such an invitation for everybody; whoever came by it stays. Only who made it and admins
   * may; rejects with `record-unknown` if there is none of that id.
   */
  endInvitation(id: string, options?: WaitOptions): Promise<void> {
    return this.issue(
      (ticket) => this.session.core.end_invitation(ticket, this.number, id),
      options,
    );
  }

  /**
   * What an identity might do in the group at that time, as far as is known here; nothing for
   * whoever was no member then. What it wrote then is judged by the same rights, whatever it may do
   * now.
   */
  rolesAt(peerId: PeerId, at: Date): readonly Role[] {
    const { core } = this.session;
    return rolesOf(attempted(() => core.roles_at(this.number, peerId, at.getTime())));
  }

  /**
   * Gives a member another role, or more time: by default the group's `memberLifetime`. What takes
   * something away needs an admin nearer to the founder.
   */
  setRole(peerId: PeerId, role: Role, memberFor?: Lifetime, options?: WaitOptions): Promise<void> {
    return this.issue((ticket) => {
      const { core } = this.session;
      core.set_roles(ticket, this.number, peerId, roleBits(role), membershipMs(role, memberFor));
    }, options);
  }

  /**
   * Takes a membership back: nothing that it writes from now on is accepted by anybody, whatever
   * date it gives it, and nobody new whom it invites. What this page holds of it stands, and
   * nothing else: wait for `synced` before, or name the rest later by `nameActions`. The open
   * invitations that it made, and the one that it came by, are ended. Admins are shut out only by
   * admins nearer to the founder; otherwise it rejects with `not-allowed`.
   *
   * @example
   * ```ts
   * await group.revoke(spammer.id, { undo: true });
   * ```
   */
  revoke(peerId: PeerId, options: RevokeOptions = {}): Promise<void> {
    const { keepInvitations = false, undo = false } = options;
    return this.issue((ticket) => {
      this.session.core.revoke(ticket, this.number, peerId, keepInvitations, undo);
    }, options);
  }

  /**
   * Lets stand what a member who was shut out did before, and what the admin who did that had not
   * seen: everything of it that this page holds, also what was undone. Only admins may.
   */
  nameActions(peerId: PeerId, options?: WaitOptions): Promise<void> {
    return this.issue(
      (ticket) => this.session.core.name_actions(ticket, this.number, peerId),
      options,
    );
  }

  /**
   * Changes what the group is called and, if it is given, the comment; all else stays. Only its
   * founder may.
   */
  rename(name: string, comment?: string, options?: WaitOptions): Promise<void> {
    return this.issue((ticket) => {
      this.session.core.rename_group(ticket, this.number, name, comment);
    }, options);
  }

  /**
   * Has the members meet at other signaling servers, also by invitations made from now on: at most
   * 4, as `wss://` addresses, or none for those that each is made with. For 90 days they wait at
   * those of before too, for members who were away and for older invitations. Only admins may.
   *
   * @example
   * ```ts
   * await group.setServers(["wss://signal.example.org/ws"]);
   * ```
   */
  setServers(servers: readonly string[], options?: WaitOptions): Promise<void> {
    return this.issue((ticket) => {
      const { core } = this.session;
      attempted(() => core.set_servers(ticket, this.number, [...servers]), SERVERS_RULE);
    }, options);
  }

  /** @internal Notes what the core tells. */
  protected hear(event: CoreGroupEvent): void {
    if (event.about === "key-old") this.#keyOld = true;
    if (event.about === "key-renewed") this.#keyOld = false;
    if (event.about === "clock") this.#clockAheadMs = event.count ?? undefined;
  }

  /** @internal Milliseconds by which group time is ahead of the clock of this device. */
  get clockCorrectionMs(): number {
    return this.gone === undefined ? this.#correction() : 0;
  }

  #correction(): number {
    this.check();
    return attempted(() => this.session.core.clock_correction(this.number));
  }
}
