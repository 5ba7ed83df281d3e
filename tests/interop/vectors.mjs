// The golden vectors of the protocol, as this peer reads them.
import { readFileSync } from "node:fs";

/** The vectors of a file. */
export const read = (file) => {
  return JSON.parse(readFileSync(new URL(`../vectors/${file}.json`, import.meta.url), "utf8"));
};
export const unhex = (digits) => Uint8Array.from(Buffer.from(digits, "hex"));
/** Fields of a vector that are written in hexadecimal digits. */
export const bytesOf = (vector, ...fields) => fields.map((field) => unhex(vector[field]));

/** CBOR as the vectors write it in JSON. */
export function value(item) {
  if (Array.isArray(item)) return item.map(value);
  if (item === null || typeof item !== "object") return item;
  return "h" in item ? unhex(item.h) : BigInt(item.n);
}
