import type { Content } from "./bytes.js";
import type { PeerError } from "./errors.js";

/**
 * What goes under each label, as an application declares it: a type for messages, a function for
 * requests. It is for the compiler only; what arrives is what the other page has sent.
 *
 * @example
 * ```ts
 * type Game = { move: { from: string; to: string }; time: (zone: string) => { ms: number } };
 * const room = await peer.join<Game>(link);
 * ```
 */
export type Labels = Readonly<Record<string, unknown>>;

/** How a request is declared: a function of what is asked, which gives the answer. */
export type RequestType = (asked: never) => unknown;

/** What came of asking one remote: what it answered, or why it did not. */
export type Outcome<Value> =
  | { readonly status: "fulfilled"; readonly value: Value }
  | { readonly status: "rejected"; readonly reason: PeerError };

/** The type that stands under a name. */
export type At<Types, Name> = Name extends keyof Types ? Types[Name] : never;
/** What may be given for a type: where nothing was declared, whatever can be sent. */
export type Given<Value> = unknown extends Value ? Content : Value;
/** The labels of messages. */
export type MessageLabel<Types> = {
  [Label in keyof Types & string]: Types[Label] extends RequestType ? never : Label;
}[keyof Types & string];
/** The labels of requests. */
export type RequestLabel<Types> = {
  [Label in keyof Types & string]: unknown extends Types[Label]
    ? Label
    : Types[Label] extends RequestType
      ? Label
      : never;
}[keyof Types & string];
/** What a request under a label asks with. */
export type Asked<Value> = Value extends (asked: infer Question) => unknown ? Question : unknown;
/** What a request under a label is answered with. */
export type Answered<Value> = Value extends (asked: never) => infer Reply
  ? Awaited<Reply>
  : unknown;
