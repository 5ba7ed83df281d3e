import { CONTENT_RULE, isContent, refuse } from "./check.js";
import { invalid } from "./errors.js";

const encoder = new TextEncoder();
/** No bytes. */
export const NOTHING = new Uint8Array();
/** A text is what was written: a leading U+FEFF is part of it, and no mark of an encoding. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * What can be sent and stored: bytes, a text, which goes as UTF-8, or any other value that JSON can
 * hold, which goes as JSON.
 */
export type Content = Uint8Array | string | object | number | boolean | null;

/** The bytes to send. Bytes are passed on as they are, without a copy. */
export function bytesOf(content: Content): Uint8Array {
  if (typeof content === "string") return encoder.encode(content);
  if (content instanceof Uint8Array) return content;
  if (isContent(content)) return bytesOfJson(content);
  return refuse("what is sent", "content", CONTENT_RULE, content);
}

/** The bytes of a value as JSON; throws `invalid-argument` where JSON cannot hold it. */
export function bytesOfJson(value: unknown): Uint8Array {
  let json: string | undefined;
  let cause: unknown;
  try {
    json = JSON.stringify(value);
  } catch (thrown) {
    cause = thrown;
  }
  if (json !== undefined) return encoder.encode(json);
  const detail = `JSON cannot hold this value: ${cause ?? `a ${typeof value}`}`;
  throw invalid(detail, cause);
}

/** The value that JSON stands for; some programs put a mark of the encoding before it. */
export function valueOfJson(data: Uint8Array): unknown {
  return JSON.parse(new TextDecoder().decode(data));
}

/** The text that UTF-8 bytes stand for. */
export function textOf(data: Uint8Array): string {
  return decoder.decode(data);
}
