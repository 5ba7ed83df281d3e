// What has to be watched of a newsletter also while nobody reads it.
import { recall, remember } from "../shared/memory.js";
import type { Space } from "../shared/space.js";

export const ISSUE_TYPE = "letter.issue";

/** Whether that member may publish: admins may. */
function mayPublish(space: Space, author: string): boolean {
  const member = space.members.find(({ id }) => id === author);
  return member?.roles.includes("admin") ?? false;
}

/** From whom issues came to this device, by their ids. */
export function sourcesOf(space: Space): Readonly<Record<string, string>> {
  return recall(`sources.${space.id}`, {});
}

/**
 * Remembers from whom issues come, and sees to it that what a reader writes is none: it is neither
 * kept here nor passed on from here.
 */
export function guardIssues(space: Space): void {
  const stop = space.group.judge(ISSUE_TYPE, ({ author }) => mayPublish(space, author));
  space.signal.addEventListener("abort", stop);
  space.on("record", ({ record, from }) => {
    if (record.type !== ISSUE_TYPE || from === undefined) return;
    remember(`sources.${space.id}`, { ...sourcesOf(space), [record.id]: from });
  });
}
