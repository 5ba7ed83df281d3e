// The Negentropy protocol, version 1 (https://github.com/hoytech/negentropy), by which two nodes
// find out in what their sets differ. The simplest that conforms: nothing is split. Where
// fingerprints differ, all ids of the range are named, which a frame holds for the small sets of
// tests; the other side may split as it likes.
import { createHash } from "node:crypto";
import { concat } from "./cbor.mjs";
import { hex, isEqual } from "./crypto.mjs";

const VERSION = 0x61;
const [SKIP, FINGERPRINT, IDS] = [0, 1, 2];
const ID_BYTES = 32;
const END = { isEnd: true };

/** Items `{ at, id }` in the order that both sides share. */
export function inOrder(items) {
  return items.toSorted((one, other) => one.at - other.at || Buffer.compare(one.id, other.id));
}

/** The first message of the initiator: everything it has. */
export function firstMessage(items) {
  return message([{ upto: END, ids: items.map(({ id }) => id) }]);
}

/**
 * The other side's message, compared with our items in order. `answer` is ours; `have` are ids that
 * it lacks, `need` those that we lack, as far as its lists show them.
 */
export function compare(items, given) {
  const [have, need, ranges] = [[], [], []];
  let [from, isOpen] = [0, false];
  for (const { upto, mode, fingerprint, ids } of readRanges(given)) {
    const end = upto.isEnd ? items.length : items.findIndex((item) => !isBefore(item, upto));
    const to = end < 0 ? items.length : Math.max(from, end);
    const ours = items.slice(from, to).map(({ id }) => id);
    from = to;
    if (mode === SKIP || (mode === FINGERPRINT && isEqual(fingerprint, fingerprintOf(ours)))) {
      ranges.push({ upto });
      continue;
    }
    if (mode === IDS) {
      const [held, named] = [ours, ids].map((list) => new Set(list.map(hex)));
      have.push(...ours.filter((id) => !named.has(hex(id))));
      need.push(...ids.filter((id) => !held.has(hex(id))));
    }
    ranges.push({ upto, ids: ours, isAnswer: mode === IDS });
    isOpen ||= mode === FINGERPRINT;
  }
  return { have, need, isOpen, ranges };
}

/** What a responder says to a message: to each list its own, so that the initiator can compare. */
export const reply = (items, given) => message(compare(items, given).ranges);

/** What an initiator says next; nothing when every list has been answered. */
export function next({ ranges, isOpen }) {
  if (!isOpen) return undefined;
  return message(ranges.map((it) => (it.isAnswer ? { upto: it.upto } : it)));
}

const isBefore = (item, { at, prefix }) => {
  if (item.at !== at) return item.at < at;
  return Buffer.compare(item.id, concat(prefix, new Uint8Array(ID_BYTES - prefix.length))) < 0;
};

function fingerprintOf(ids) {
  let sum = 0n;
  for (const id of ids) sum += id.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
  const bytes = new Uint8Array(ID_BYTES + 8);
  for (let at = 0; at < ID_BYTES; at += 1, sum >>= 8n) bytes[at] = Number(sum & 0xffn);
  const count = varint(ids.length);
  const input = concat(bytes.subarray(0, ID_BYTES), count);
  return Uint8Array.from(createHash("sha256").update(input).digest().subarray(0, 16));
}

/** Base 128, the highest digit first, with a high bit on all but the last. */
function varint(value) {
  const digits = [value % 128];
  for (let left = Math.floor(value / 128); left > 0; left = Math.floor(left / 128)) {
    digits.unshift(128 + (left % 128));
  }
  return Uint8Array.from(digits);
}

function message(ranges) {
  const parts = [[VERSION]];
  let before = 0;
  for (const { upto, ids } of ranges) {
    if (upto.isEnd) parts.push(varint(0), varint(0));
    else {
      parts.push(varint(1 + upto.at - before), varint(upto.prefix.length), upto.prefix);
      before = upto.at;
    }
    if (ids === undefined) parts.push(varint(SKIP));
    else parts.push(varint(IDS), varint(ids.length), ...ids);
  }
  return concat(...parts);
}

function* readRanges(given) {
  let [at, time, isEnded] = [1, 0, false];
  const take = (count) => {
    at += count;
    if (at > given.length) throw new Error("a message of a reconciliation that is cut");
    return given.slice(at - count, at);
  };
  const integer = () => {
    let value = 0;
    for (let byte = 128; byte >= 128; ) {
      [byte] = take(1);
      value = value * 128 + (byte % 128);
    }
    return value;
  };
  if (given[0] !== VERSION) throw new Error(`a reconciliation of version ${given[0]}`);
  while (at < given.length) {
    const step = integer();
    isEnded ||= step === 0;
    if (step > 0) time += step - 1;
    const prefix = take(integer());
    const upto = isEnded ? END : { at: time, prefix };
    const mode = integer();
    if (mode === SKIP) yield { upto, mode };
    else if (mode === FINGERPRINT) yield { upto, mode, fingerprint: take(16) };
    else if (mode === IDS) {
      const ids = Array.from({ length: integer() }, () => take(ID_BYTES));
      yield { upto, mode, ids };
    } else throw new Error(`a range of kind ${mode}`);
  }
}
