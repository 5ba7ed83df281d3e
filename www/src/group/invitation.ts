import type { CoreInvitation, CoreModule } from "../core.js";
import { dateOf, dateOrNever } from "../date.js";
import { errorOfThrown } from "../errors.js";
import { type Role, rolesOf } from "./options.js";

/** What an invitation says, without taking it. */
export interface GroupInvitation {
  /** The group's id. */
  readonly group: string;
  /** The group's name, as whoever invites knows it. */
  readonly name: string;
  /** Whom it is for; nothing for an open one, which is for whoever has it. */
  readonly peer: string | undefined;
  /** Who invites. */
  readonly inviter: string;
  /** What its taker becomes. */
  readonly roles: readonly Role[];
  /** When it begins to be valid. */
  readonly starts: Date;
  /** When it, or a membership given by it, ends; nothing if never. */
  readonly expires: Date | undefined;
  /** How many may come in by an open one. */
  readonly uses: number | undefined;
  /** Servers at which the members meet; none means those of whoever opens it. */
  readonly servers: readonly string[];
}

/** Reads an invitation and verifies who made it. */
export function readInvitation(module: CoreModule, text: string): GroupInvitation {
  let read: CoreInvitation;
  try {
    read = module.parse_invitation(text.trim());
  } catch (thrown) {
    throw errorOfThrown(thrown);
  }
  const { roles, starts, expires, ...rest } = read;
  return {
    ...rest,
    roles: rolesOf(roles),
    starts: dateOf(starts),
    expires: dateOrNever(expires),
  };
}
