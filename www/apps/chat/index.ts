import type { Space } from "../shared/space.js";
import { filesOf } from "./files.js";
import { talkOf } from "./model.js";

export { Chat as View } from "./chat.js";

/** Begins to read; the view tells what went wrong. */
export function prepare(space: Space): void {
  talkOf(space)
    .load()
    .catch(() => {});
}

/**
 * Hears whispers, gives others the files that are kept here, and drops those that were deleted.
 */
export function attend(space: Space): void {
  talkOf(space);
  filesOf(space);
}
