import type { CoreSync } from "../core.js";
import { dateOrNever } from "../date.js";
import type { Room } from "../room.js";

/**
 * How a group stands with its members: `disconnected` while nobody asks for a connection,
 * `connecting` at first, `offline` where no server can be reached, `alone` where one is and no
 * member is linked, `connected` with one at least.
 */
export type GroupConnection = "disconnected" | "connecting" | "offline" | "alone" | "connected";

/** How far what is held here is all that the members hold. */
export interface SyncState {
  /**
   * `synced` when all that the linked members hold is here, `syncing` while it is compared or
   * fetched, and `alone` when no member is linked: then nobody can say what is missing.
   */
  readonly state: "alone" | "syncing" | "synced";
  /**
   * The group time as of which everything is here that linked members held, which is now when
   * `synced`; undefined if there never was such a moment. Where there is a store it outlasts the
   * page.
   */
  readonly at: Date | undefined;
}

/** What the core says of it, as the application reads it. */
export function syncOf({ state, at }: CoreSync): SyncState {
  return { state, at: dateOrNever(at) };
}

/** How a group stands whose members meet in that room. */
export function connectionOf(room: Room | undefined): GroupConnection {
  if (room === undefined || room.state === "left") return "disconnected";
  // Links outlast the server that introduced their ends.
  if ([...room.remotes.values()].some(({ connected }) => connected)) return "connected";
  return room.state === "open" ? "alone" : room.state;
}
