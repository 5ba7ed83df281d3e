import type { NodeId, PeerId } from "./ids.js";
/**
 * How a remote is reached.
 *
 * - `connecting`: the first connection is being set up.
 * - `direct`: linked, with nothing in between.
 * - `relayed`: linked through a TURN server or over another member, who see only encrypted bytes.
 * - `recovering`: the link was interrupted and is being repaired; messages wait.
 * - `indirect`: here, in a room too large for everybody to be linked with everybody. What is told
 *   to all reaches it through others; a message to it alone makes a link first.
 * - `left`: gone from the room.
 */
export type RemoteState = "connecting" | "direct" | "relayed" | "recovering" | "indirect" | "left";

/**
 * Somebody else in a room: one running page. The object stays the same while the remote is there,
 * and its fields follow what happens.
 *
 * @example
 * ```ts
 * for (const remote of room.remotes.values()) {
 *   if (remote.connected) await room.send(remote.id, "hello", "bonjour");
 * }
 * ```
 */
export interface Remote {
  /** The node: one running page. Messages are addressed to it. */
  readonly id: NodeId;
  /**
   * The identity behind it, proven by its key; empty as long as it is not known here. One identity
   * may run several nodes.
   */
  readonly peerId: PeerId;
  /** How the remote is reached. */
  readonly state: RemoteState;
  /** Whether it is reached now: by a link, or through others. */
  readonly connected: boolean;
  /** The round trip in milliseconds, as last measured. */
  readonly rttMs: number | undefined;
}

/** The writable side of {@link Remote}; only the room holds it. */
export class RemoteNode implements Remote {
  readonly id: NodeId;
  peerId: PeerId;
  state: RemoteState;
  rttMs: number | undefined;

  constructor(id: NodeId, peerId: PeerId, state: RemoteState, rttMs: number | undefined) {
    this.id = id;
    this.peerId = peerId;
    this.state = state;
    this.rttMs = rttMs;
  }

  get connected(): boolean {
    return this.state === "direct" || this.state === "relayed" || this.state === "indirect";
  }
}
