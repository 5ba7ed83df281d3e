// A group as a file: what is in it is the core's affair.
import { sourced } from "../errors.js";

/** Bytes of a file that are read at once: more than its first part has. */
const AT_ONCE = 2_097_152;

/**
 * Some bytes of a file, from there on, and whether they are the last; rejects with `source-failed`.
 */
export async function bytesAt(
  file: Blob,
  at: number,
): Promise<{ readonly bytes: Uint8Array; readonly isLast: boolean }> {
  const bytes = new Uint8Array(await sourced(file.slice(at, at + AT_ONCE).arrayBuffer()));
  return { bytes, isLast: at + bytes.length >= file.size };
}
