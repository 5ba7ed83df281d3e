/**
 * How a member is reached.
 *
 * - `connecting`: the first connection is being set up.
 * - `direct`: linked, with nothing in between.
 * - `relayed`: linked through a TURN server, which sees only encrypted bytes.
 * - `recovering`: the link was interrupted and is being repaired; messages wait.
 * - `left`: gone from the room.
 */
export type MemberState = "connecting" | "direct" | "relayed" | "recovering" | "left";

/**
 * Somebody else in a room: one running page. The object stays the same while the member is there,
 * and its fields follow what happens.
 *
 * @example
 * ```ts
 * for (const member of room.members.values()) {
 *   if (member.connected) await room.send(member.id, "hello", "bonjour");
 * }
 * ```
 */
export interface Member {
  /** The node: one running page. Messages are addressed to it. */
  readonly id: string;
  /** The identity behind it, proven by its key. One identity may run several nodes. */
  readonly peerId: string;
  /** How the member is reached. */
  readonly state: MemberState;
  /** Whether a message sent now leaves at once. */
  readonly connected: boolean;
  /** The round trip in milliseconds, as last measured. */
  readonly rttMs: number | undefined;
}

/** The writable side of {@link Member}; only the room holds it. */
export class RoomMember implements Member {
  readonly id: string;
  peerId: string;
  state: MemberState;
  rttMs: number | undefined;

  constructor(id: string, peerId: string, state: MemberState, rttMs: number | undefined) {
    this.id = id;
    this.peerId = peerId;
    this.state = state;
    this.rttMs = rttMs;
  }

  get connected(): boolean {
    return this.state === "direct" || this.state === "relayed";
  }
}
