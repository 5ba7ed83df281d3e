// A group as a file: parts, each after its length in four bytes, the lowest first. What is in the
// parts is the core's affair.
import { PeerError } from "../errors.js";

const LENGTH_BYTES = 4;

/** A part is one record at most, or what begins the file. */
const PART_MAX = 1_048_576;

/** A part as it stands in the file. */
export function framed(part: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(LENGTH_BYTES + part.byteLength);
  new DataView(bytes.buffer).setUint32(0, part.byteLength, true);
  bytes.set(part, LENGTH_BYTES);
  return bytes;
}

/** Reads the parts of a file, some of it at a time. */
export async function* parts(file: Blob): AsyncGenerator<Uint8Array, undefined> {
  let rest = new Uint8Array(0);
  for (let at = 0; at < file.size || rest.length > 0; ) {
    const next = new Uint8Array(await file.slice(at, at + 2 * PART_MAX).arrayBuffer());
    at += next.length;
    const bytes = new Uint8Array(rest.length + next.length);
    bytes.set(rest);
    bytes.set(next, rest.length);
    const view = new DataView(bytes.buffer);
    let place = 0;
    while (bytes.length - place >= LENGTH_BYTES) {
      const length = view.getUint32(place, true);
      if (length > PART_MAX) throw new PeerError("export-damaged");
      const end = place + LENGTH_BYTES + length;
      if (end > bytes.length) break;
      yield bytes.subarray(place + LENGTH_BYTES, end);
      place = end;
    }
    rest = bytes.slice(place);
    if (next.length === 0 && rest.length > 0) throw new PeerError("export-damaged");
  }
}
