// What has to be watched of a newsletter also while nobody reads it.
import type { Group, GroupRecord } from "lacis";
import { recall, remember } from "../shared/memory.js";
import type { Space } from "../shared/space.js";

export const ISSUE_TYPE = "letter.issue";

/**
 * Whether its author might publish this when it did: admins may. That it is a record at all, the
 * group has judged by rights of that time, too; what somebody may do today is no matter, or a
 * reader who comes late would miss what an admin published who has left since.
 */
export function mightPublish(group: Pick<Group, "rolesAt">, record: GroupRecord): boolean {
  return group.rolesAt(record.author, record.modified).includes("admin");
}

/** Of more issues than this only the newest ones are remembered with their sources. */
const SOURCES_MAX = 500;

/** From whom issues came to this device, by their ids. */
export function sourcesOf(space: Space): Readonly<Record<string, string>> {
  return recall(`sources.${space.id}`, {});
}

/**
 * Remembers from whom issues come, and sees to it that what a reader writes is none: it is neither
 * kept here nor passed on from here.
 */
export function guardIssues(space: Space): void {
  const stop = space.group.validate(ISSUE_TYPE, (record) => mightPublish(space.group, record));
  space.signal.addEventListener("abort", stop);
  space.on("record", ({ record, from }) => {
    if (record.type !== ISSUE_TYPE || from === undefined) return;
    const { [record.id]: _, ...others } = sourcesOf(space);
    const known = [...Object.entries(others), [record.id, from]].slice(-SOURCES_MAX);
    remember(`sources.${space.id}`, Object.fromEntries(known));
  });
}
