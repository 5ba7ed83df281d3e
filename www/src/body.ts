import { textOf, valueOfJson } from "./bytes.js";
import { fitted, type Schema } from "./schema.js";

/** What JSON gives of a type: a text or bytes are read by `text()` and `data`, and never so. */
export type Json<Value> = Value extends string | Uint8Array ? never : Value;

/** The bytes of a message, an answer or a record, and how to read them. */
export abstract class Body<Value = unknown> {
  /** The bytes. */
  abstract readonly data: Uint8Array | undefined;

  /** The bytes as text. What is no UTF-8 becomes replacement characters. */
  text(): string {
    return textOf(this.bytes());
  }

  /**
   * The bytes parsed as JSON; throws a `SyntaxError` where they are something else. Its type is
   * what the application says it is; a schema makes sure, and throws `protocol` where it does not
   * fit.
   *
   * @example
   * ```ts
   * const { x, y } = message.json(z.object({ x: z.number(), y: z.number() }));
   * ```
   */
  json(): Json<Value>;
  json<Fitted>(schema: Schema<Fitted>): Fitted;
  json(schema?: Schema<unknown>): unknown {
    const value = valueOfJson(this.bytes());
    return schema === undefined ? value : fitted(schema, value);
  }

  /** @internal */
  protected bytes(): Uint8Array {
    return this.data as Uint8Array;
  }
}

/** An answer to `room.request`. */
export class Answer<Value = unknown> extends Body<Value> {
  /** The bytes. */
  readonly data: Uint8Array;

  /** Rooms make these. */
  constructor(data: Uint8Array) {
    super();
    this.data = data;
  }
}
