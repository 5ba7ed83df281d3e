import type { Space } from "../shared/space.js";
import { sheetOf } from "./model.js";

export { Board as View } from "./board.js";

/** Begins to read; the view tells what went wrong. */
export function prepare(space: Space): void {
  sheetOf(space)
    .load()
    .catch(() => {});
}
