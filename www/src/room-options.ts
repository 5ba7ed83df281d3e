import type { QueueLimits } from "./queue.js";

/** Options of `peer.join`. */
export interface JoinOptions {
  /** How long to wait for a server. Default: 10,000. */
  readonly timeoutMs?: number | undefined;
  /** Gives up waiting, and the room with it. */
  readonly signal?: AbortSignal | undefined;
  /** `false` returns the room at once, still `connecting`; it keeps trying. Default: true. */
  readonly wait?: boolean | undefined;
  /** Fails with `already-joined` where the room would be shared with an earlier join. */
  readonly exclusive?: boolean | undefined;
}

/** Options of what waits, and has no others. */
export interface WaitOptions {
  /** Gives up waiting: it rejects with `aborted` at once. What was begun is done all the same. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of `room.ready` and `group.connect`. */
export interface ReadyOptions {
  /** How long to wait. Default: 10,000. */
  readonly timeoutMs?: number | undefined;
  /** Gives up waiting; the room goes on. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of `room.send`. */
export interface SendOptions {
  /**
   * What goes first when much is waiting: `auto` treats up to 60 KiB as interactive and the rest
   * as bulk. Default: `auto`.
   */
  readonly priority?: "auto" | "interactive" | "bulk" | undefined;
  /**
   * What the promise waits for: `accepted` until there is room to send more, `delivered` until the
   * other page has the message. Default: `accepted`.
   */
  readonly until?: "accepted" | "delivered" | undefined;
  /** Gives up waiting. What has left already is not called back. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of `room.broadcast`. */
export interface BroadcastOptions {
  /** `false` sends once and forgets: right for what is outdated a moment later. Default: true. */
  readonly reliable?: boolean | undefined;
  /** Gives up waiting. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of `room.request`. */
export interface RequestOptions {
  /** How long to wait for the answer. Default: 10,000. */
  readonly timeoutMs?: number | undefined;
  /** Gives up waiting. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of `room.messages`. */
export interface MessagesOptions<Label extends string = string> {
  /** Only messages with this label. */
  readonly label?: Label | undefined;
  /** Ends the iterator; it then throws `aborted`. */
  readonly signal?: AbortSignal | undefined;
  /** How much may wait before the iterator ends with `too-slow`. Default: 1,024 and 64 MiB. */
  readonly limits?: { readonly [limit in keyof QueueLimits]?: number | undefined } | undefined;
}

/** The number by which the core knows a priority. */
export const PRIORITIES = { auto: 0, interactive: 1, bulk: 2 } as const;
/** The number by which the core knows what a send waits for. */
export const UNTIL = { accepted: 0, delivered: 1 } as const;
/** The deadline of whatever waits and was given none. */
export const DEFAULT_TIMEOUT_MS = 10_000;
/** What an iterator holds for a reader that is busy. */
export const DEFAULT_LIMITS: QueueLimits = { items: 1024, bytes: 64 * 1024 * 1024 };
