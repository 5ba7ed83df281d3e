import { Body } from "./body.js";
import type { At, MessageLabel } from "./labels.js";
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
export class Message<Value = unknown, Label extends string = string> extends Body<Value> {
  /** Who sent it. */
  readonly from: Remote;
  /** What the sender calls this kind of message. */
  readonly label: Label;
  /** The bytes. */
  readonly data: Uint8Array;
  /** How it was sent. */
  readonly kind: MessageKind;

  /** Rooms make these. */
  constructor(from: Remote, label: Label, data: Uint8Array, kind: MessageKind) {
    super();
    this.from = from;
    this.label = label;
    this.data = data;
    this.kind = kind;
  }
}

/** A message under one of these labels. */
export type MessageOf<Types, Label = MessageLabel<Types>> = Label extends string
  ? Message<At<Types, Label>, Label>
  : never;

/**
 * A question from another page, as a handler given to `room.respond` sees it.
 *
 * @example
 * ```ts
 * room.respond("time", () => new Date().toISOString());
 * ```
 */
export class IncomingRequest<Value = unknown> extends Body<Value> {
  /** Who asks. */
  readonly from: Remote;
  /** The label it was asked under. */
  readonly label: string;
  /** The bytes. */
  readonly data: Uint8Array;

  /** Rooms make these. */
  constructor(from: Remote, label: string, data: Uint8Array) {
    super();
    this.from = from;
    this.label = label;
    this.data = data;
  }
}
