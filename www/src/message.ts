import { textOf, valueOfJson } from "./bytes.js";
import type { Remote } from "./remote.js";

/** How a message was sent: to this page alone, or to the whole room in one of two ways. */
export type MessageKind = "direct" | "reliable" | "ephemeral";

/**
 * One message that arrived.
 *
 * @example
 * ```ts
 * for await (const message of room.messages({ label: "chat" })) {
 *   console.log(message.from.id, message.text());
 * }
 * ```
 */
export class Message {
  /** Who sent it. */
  readonly from: Remote;
  /** What the sender calls this kind of message. */
  readonly label: string;
  /** The content. */
  readonly data: Uint8Array;
  /** How it was sent. */
  readonly kind: MessageKind;

  /** Rooms make these. */
  constructor(from: Remote, label: string, data: Uint8Array, kind: MessageKind) {
    this.from = from;
    this.label = label;
    this.data = data;
    this.kind = kind;
  }

  /** The content as text. Bytes that are not UTF-8 become replacement characters. */
  text(): string {
    return textOf(this.data);
  }

  /** The content parsed as JSON; throws a `SyntaxError` when it is something else. */
  json(): unknown {
    return valueOfJson(this.data);
  }
}

/**
 * A question from another page, as a handler given to `room.respond` sees it.
 *
 * @example
 * ```ts
 * room.respond("time", () => new Date().toISOString());
 * ```
 */
export class IncomingRequest {
  /** Who asks. */
  readonly from: Remote;
  /** The label it was asked under. */
  readonly label: string;
  /** The content. */
  readonly data: Uint8Array;

  /** Rooms make these. */
  constructor(from: Remote, label: string, data: Uint8Array) {
    this.from = from;
    this.label = label;
    this.data = data;
  }

  /** The content as text. */
  text(): string {
    return textOf(this.data);
  }

  /** The content parsed as JSON; throws a `SyntaxError` when it is something else. */
  json(): unknown {
    return valueOfJson(this.data);
  }
}
