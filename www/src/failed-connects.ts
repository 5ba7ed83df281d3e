import { errorOfCode, type PeerErrorCode } from "./errors.js";
import type { NodeId } from "./ids.js";

/** A node to which no link came about. */
export interface FailedConnect {
  /** The node. */
  readonly nodeId: NodeId;
  /** Why the last attempt gave up. */
  readonly code: PeerErrorCode;
  /** How many attempts have failed. */
  readonly count: number;
  /** When the last one did. */
  readonly at: Date;
}

/** Of more nodes the oldest is forgotten. */
const NODES_MAX = 32;
/** For how long a failure says anything about now. */
const FRESH_MS = 5 * 60_000;

/** The nodes to which no link came about lately: the core forgets whom it has given up. */
export class FailedConnects {
  readonly #all = new Map<NodeId, FailedConnect>();

  /** Takes that an attempt gave up. */
  take(nodeId: NodeId, code: string): void {
    const count = (this.#all.get(nodeId)?.count ?? 0) + 1;
    this.#all.delete(nodeId);
    this.#all.set(nodeId, { nodeId, code: errorOfCode(code).code, count, at: new Date() });
    for (const [oldest] of this.#all) if (this.#all.size > NODES_MAX) this.#all.delete(oldest);
  }

  /** The latest last. */
  get fresh(): FailedConnect[] {
    const since = Date.now() - FRESH_MS;
    return [...this.#all.values()].filter(({ at }) => at.getTime() >= since);
  }
}
