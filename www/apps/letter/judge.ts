import type { Space } from "../shared/space.js";

export const ISSUE_TYPE = "letter.issue";

/** Whether that member may publish in a newsletter: its admins may. */
export function mayPublish(space: Space, author: string): boolean {
  const member = space.members.find(({ id }) => id === author);
  return member?.roles.includes("admin") ?? false;
}

/** What a reader writes is no issue: it is neither kept here nor passed on from here. */
export function judgeIssues(space: Space): void {
  const stop = space.group.judge(ISSUE_TYPE, ({ author }) => mayPublish(space, author));
  space.signal.addEventListener("abort", stop);
}
