import type { Space } from "../shared/space.js";
import { pressOf } from "./model.js";

export { Letter as View } from "./letter.js";

/** Begins to read; the view tells what went wrong. */
export function prepare(space: Space): void {
  pressOf(space)
    .load()
    .catch(() => {});
}
