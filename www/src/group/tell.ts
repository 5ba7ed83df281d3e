import type { CoreGroupEvent, CoreMember } from "../core.js";
import { dateOrNever } from "../date.js";
import { codeOf } from "../errors.js";
import { emit, type TypedEventTarget } from "../events.js";
import { type GroupEvents, type Member, roleOf, rolesOf } from "./options.js";
import { propertiesOf } from "./properties.js";

/** What is passed on as it is, and answers nothing that the application asked. */
type Plain = Exclude<
  CoreGroupEvent,
  { about: "record" | "found" | "approve" | "exported" | "closed" }
>;

/** Tells the application what the core tells of a group. */
export function tell(group: TypedEventTarget<GroupEvents>, event: Plain): void {
  switch (event.about) {
    case "gone":
      emit<GroupEvents>(group, "gone", { id: event.id, type: event.text });
      break;
    case "member":
      emit<GroupEvents>(group, "member", memberOf(event.member));
      break;
    case "properties":
      emit<GroupEvents>(group, "properties", propertiesOf(event.properties));
      break;
    case "synced":
      emit<GroupEvents>(group, "synced", { types: event.kinds, all: event.all });
      break;
    case "unlocked":
    case "saved":
    case "servers":
    case "invitations":
    case "sync":
      emit<GroupEvents>(group, event.about, undefined);
      break;
    case "update-needed":
      emit<GroupEvents>(group, "updateneeded", undefined);
      break;
    case "key-old":
    case "key-renewed":
      emit<GroupEvents>(group, "keyold", { old: event.about === "key-old" });
      break;
    case "key-failed":
      emit<GroupEvents>(group, "keyfailed", { code: codeOf(event.code) });
      break;
    case "set-aside":
      emit<GroupEvents>(group, "setaside", { author: event.id, count: event.count });
      break;
    case "rewritten":
      emit<GroupEvents>(group, "rewritten", { old: event.id, new: event.text });
      break;
    case "rejected":
      emit<GroupEvents>(group, "rejected", { id: event.id, code: codeOf(event.code) });
      break;
    case "clock":
      emit<GroupEvents>(group, "clock", { aheadMs: event.count ?? undefined });
      break;
    case "unsaved":
    case "refused":
      emit<GroupEvents>(group, event.about, { code: codeOf(event.code) });
      break;
    case "damaged":
      emit<GroupEvents>(group, "damaged", { count: event.count });
      break;
  }
}

/** A member as the application reads it. */
export function memberOf({ peer, roles, until, present }: CoreMember): Member {
  return {
    id: peer,
    role: roleOf(roles),
    roles: rolesOf(roles),
    until: dateOrNever(until),
    present,
  };
}
