import { attempted, type PeerError } from "../errors.js";
import { TypedEventTarget } from "../events.js";
import type { GroupId } from "../ids.js";
import type { WaitOptions } from "../room-options.js";
import type { Session } from "../session.js";
import { scopeOfGroup } from "../tickets.js";
import type { GroupEvents } from "./options.js";
import type { GroupTypes } from "./types.js";

/** What every part of a group needs: its number in the core, and whether it is open. */
export abstract class GroupBase<Types extends GroupTypes = GroupTypes> extends TypedEventTarget<
  GroupEvents<Types>
> {
  /** @internal */
  protected readonly session: Session;
  /** @internal */
  protected readonly number: number;
  /** @internal Why it is closed, if it is. */
  protected gone: PeerError | undefined;
  #id: GroupId = "";

  /** @internal */
  constructor(session: Session, number: number) {
    super();
    this.session = session;
    this.number = number;
  }

  /** The group's id. It is not secret, and lets nobody in. */
  get id(): GroupId {
    return this.#id;
  }

  /** @internal The core has opened it. */
  named(): void {
    this.#id = attempted(() => this.session.core.group_info(this.number)).id;
  }

  /**
   * Resolves once everything that the group holds now is stored, and so outlasts its page; rejects
   * with the code of the event `unsaved` when it cannot be. Without a store it resolves at once.
   */
  stored(options?: WaitOptions): Promise<void> {
    return this.issue((ticket) => this.session.core.group_stored(ticket, this.number), options);
  }

  /** @internal Throws if it is closed. */
  protected check(): void {
    if (this.gone !== undefined) throw this.gone;
  }

  /** @internal Makes a call that settles a ticket of the group, connected or not. */
  protected issue<Outcome = void>(
    call: (ticket: number) => void,
    options?: WaitOptions,
  ): Promise<Outcome> {
    if (this.gone !== undefined) return Promise.reject(this.gone);
    return this.session.tickets.issue(scopeOfGroup(this.number), call, options?.signal);
  }
}
