import type { Space } from "../shared/space.js";
import { talkOf } from "./model.js";

export { Chat as View } from "./chat.js";

/** Begins to read; the view tells what went wrong. */
export function prepare(space: Space): void {
  talkOf(space)
    .load()
    .catch(() => {});
}
