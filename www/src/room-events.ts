import type { PeerError, PeerErrorCode } from "./errors.js";
import type { NodeId } from "./ids.js";
import type { Labels } from "./labels.js";
import type { MessageOf } from "./message.js";
import type { PresenceEntry } from "./presence.js";
import type { IncomingFile } from "./receive-file.js";
import type { Remote } from "./remote.js";

/**
 * How the room stands with the servers. Links that exist keep working in every state but `left`.
 *
 * - `connecting`: no server has answered yet.
 * - `open`: at least one server knows that this page is in the room; newcomers find it.
 * - `offline`: no server is reached right now; it is being tried again.
 * - `left`: the room was left.
 */
export type RoomState = "connecting" | "open" | "offline" | "left";

/** The detail of `remoteleave`. */
export interface RemoteLeave {
  /** Who left; the object that was in `room.remotes` until now. */
  readonly remote: Remote;
  /** Why: `left` for a goodbye, `link-lost` when the remote just fell silent. */
  readonly code: PeerErrorCode;
}

/** The detail of `connectfailed`. */
export interface ConnectFailure {
  /** The node that could not be reached. */
  readonly nodeId: NodeId;
  /** Why this attempt gave up. */
  readonly error: PeerError;
}

/**
 * What a room tells. Every event is a `CustomEvent`; this maps its name to its `detail`.
 *
 * @example
 * ```ts
 * room.addEventListener("remoteleave", ({ detail }) => sayGoodbye(detail.remote));
 * ```
 */
export interface RoomEvents<Types = Labels> {
  /** `room.state` changed. */
  statechange: RoomState;
  /** Somebody was found; the link may still be `connecting`. */
  remotejoin: Remote;
  /** A remote's state or round trip changed. */
  remotechange: Remote;
  /** A remote is gone. */
  remoteleave: RemoteLeave;
  /** One attempt to connect to somebody gave up. More may follow. */
  connectfailed: ConnectFailure;
  /** A message arrived. */
  message: MessageOf<Types>;
  /** Somebody says something of itself, or nothing any more. */
  presence: PresenceEntry;
  /** Somebody offers a file. */
  file: IncomingFile;
}
