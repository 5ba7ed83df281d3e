// What is kept on this device beside the stores of the package, and goes with a group or identity.
import { deleteBlobs } from "./blobs.js";
import { forgetContacts } from "./contacts.js";
import { forgetDrafts } from "./drafts.js";
import { remember } from "./memory.js";
import { forgetLook } from "./people.js";

/** Forgets everything that is kept beside a group for somebody; drafts go by themselves. */
export async function forgetGroup(me: string, group: string): Promise<void> {
  for (const kind of ["space", "app", "sources", "notify"]) {
    remember(`${kind}.${group}`, undefined);
  }
  await deleteBlobs(me, group);
}

/** Forgets everything that is kept for an identity and these groups of it. */
export async function forgetIdentity(me: string, groups: readonly string[]): Promise<void> {
  forgetDrafts(me);
  forgetContacts(me);
  forgetLook(me);
  await Promise.all(groups.map((group) => forgetGroup(me, group)));
}
