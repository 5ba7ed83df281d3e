// CBOR as section 2 allows it: arrays, integers, byte strings, texts, booleans and null, each in
// its one encoding. Integers are BigInt where a number cannot hold them.

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const SIMPLE = new Map([
  [0xf4, false],
  [0xf5, true],
  [0xf6, null],
]);

/** Encodes arrays, numbers, BigInts, Uint8Arrays, strings, booleans and null. */
export function encode(value) {
  const parts = [];
  write(value, parts);
  return concat(...parts);
}

/** Joins byte strings. */
export function concat(...parts) {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

function write(value, out) {
  if (value === null) out.push([0xf6]);
  else if (typeof value === "boolean") out.push([value ? 0xf5 : 0xf4]);
  else if (typeof value === "number" || typeof value === "bigint") {
    if (value >= 0) out.push(head(0, BigInt(value)));
    else out.push(head(1, -1n - BigInt(value)));
  } else if (typeof value === "string") {
    const bytes = new TextEncoder().encode(value);
    out.push(head(3, BigInt(bytes.length)), bytes);
  } else if (value instanceof Uint8Array) out.push(head(2, BigInt(value.length)), value);
  else if (Array.isArray(value)) {
    out.push(head(4, BigInt(value.length)));
    for (const item of value) write(item, out);
  } else throw new TypeError(`not a value of the protocol: ${value}`);
}

function head(kind, value) {
  const lead = kind << 5;
  if (value < 24n) return [lead | Number(value)];
  const size = value < 1n << 8n ? 0 : value < 1n << 16n ? 1 : value < 1n << 32n ? 2 : 3;
  const bytes = [];
  for (let left = 1 << size; left > 0; left -= 1) {
    bytes.push(Number((value >> BigInt(8 * (left - 1))) & 0xffn));
  }
  return [lead | (24 + size), ...bytes];
}

/** Decodes one item that fills `bytes`; throws at whatever is not the one encoding of it. */
export function decode(bytes) {
  const reader = { bytes, at: 0 };
  const value = read(reader, 0);
  if (reader.at !== bytes.length) throw new Error("trailing bytes");
  return value;
}

function read(reader, depth) {
  if (depth > 16) throw new Error("malformed: too deep for any frame");
  const simple = SIMPLE.get(reader.bytes[reader.at]);
  if (simple !== undefined) {
    reader.at += 1;
    return simple;
  }
  const [kind, argument] = readHead(reader);
  const count = Number(argument);
  switch (kind) {
    case 0:
      return integer(argument);
    case 1:
      return integer(-1n - argument);
    case 2:
      return take(reader, count).slice();
    case 3:
      return text(take(reader, count));
    case 4: {
      if (count > reader.bytes.length - reader.at) throw new Error("malformed: items are missing");
      return Array.from({ length: count }, () => read(reader, depth + 1));
    }
    default:
      throw new Error("malformed: a map or a tag");
  }
}

function readHead(reader) {
  const [first] = take(reader, 1);
  const [kind, info] = [first >> 5, first & 0x1f];
  if (kind === 7 || info > 27) throw new Error("malformed: a head that the protocol lacks");
  if (info < 24) return [kind, BigInt(info)];
  const size = 1 << (info - 24);
  const value = take(reader, size).reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  if (head(kind, value).length !== 1 + size) throw new Error("not canonical: a longer form");
  return [kind, value];
}

function take(reader, count) {
  const end = reader.at + count;
  if (!(end <= reader.bytes.length)) throw new Error("malformed: bytes are missing");
  const bytes = reader.bytes.subarray(reader.at, end);
  reader.at = end;
  return bytes;
}

function text(bytes) {
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw new Error("malformed: not UTF-8", { cause });
  }
}

function integer(value) {
  const isExact =
    value <= BigInt(Number.MAX_SAFE_INTEGER) && value >= -BigInt(Number.MAX_SAFE_INTEGER);
  return isExact ? Number(value) : value;
}
