// What types are made of: each is a function of a decoded value, and of whether what it stands in
// may grow (section 2), that throws with the reason why the value is none.

const fail = (reason) => {
  throw new Error(reason);
};
export const demand = (holds, reason) => holds || fail(reason);

export const unsigned =
  (bits, field, holds = () => true) =>
  (value) => {
    const isInteger = typeof value === "bigint" || Number.isInteger(value);
    demand(isInteger && value >= 0 && BigInt(value) < 1n << BigInt(bits), "malformed");
    demand(holds(value), `limit of ${field}`);
  };
export const [u8, u16, u32, u64] = [8, 16, 32, 64].map((bits) => unsigned(bits));

/** An integer of 64 bits with a sign. */
export const i64 = (value) => {
  demand(typeof value === "bigint" || Number.isInteger(value), "malformed");
  demand(BigInt.asIntN(64, BigInt(value)) === BigInt(value), "malformed");
};

export const bytes =
  (field, least, most = least) =>
  (value) => {
    demand(value instanceof Uint8Array, "malformed");
    // A length that is fixed belongs to the type, another one to the field.
    const reason = least === most ? "malformed" : `limit of ${field}`;
    demand(value.length >= least && value.length <= most, reason);
  };
export const id = (length) => bytes("id", length);

export const text =
  (field, holds = () => true) =>
  (value) => {
    demand(typeof value === "string", "malformed");
    demand(holds(value), `limit of ${field}`);
  };

export const list = (field, type, least, most) => (value, grows) => {
  demand(Array.isArray(value), "malformed");
  for (const item of value) type(item, grows);
  demand(value.length >= least && value.length <= most, `limit of ${field}`);
};

export const optional = (type) => {
  const check = (value, grows) => value === null || type(value, grows);
  return Object.assign(check, { isOptional: true });
};

export const boolean = (value) => demand(typeof value === "boolean", "malformed");

/** One of so many numbers, counted from 0. */
export const number = (count) => (value) => {
  u32(value);
  demand(value < count, "unknown field or variant");
};

const fields = (types, mayGrow) => (value, grows) => {
  demand(Array.isArray(value), "malformed");
  const isOpen = grows && mayGrow;
  for (const [at, type] of types.entries()) {
    if (at < value.length) type(value[at], isOpen);
    else demand(type.isOptional, "malformed");
  }
  demand(isOpen || value.length <= types.length, "unknown field or variant");
  demand(value.at(-1) !== null, "not canonical");
};
export const struct = (...types) => fields(types, true);
export const strict = (...types) => fields(types, false);

export const variants =
  (...all) =>
  (value, grows) => {
    demand(Array.isArray(value) && value.length === 2, "malformed");
    u32(value[0]);
    demand(value[0] in all, "unknown field or variant");
    struct(...all[value[0]])(value[1], grows);
  };

/** A type whose fields have to fit together too. */
export const checked = (type, check) => (value, grows) => {
  type(value, grows);
  check(value);
};

/** How many bytes a text takes. */
export const size = (value) => Buffer.byteLength(value);

/** No control characters. */
export const isPlain = (value) => !/\p{Cc}/u.test(value);

/** The address of a server to which an admin sends all members of a group. */
export const groupServer = text("server", (value) => {
  const [, scheme, rest] = /^(wss?):\/\/([!-~]+)$/.exec(value) ?? [];
  if (rest === undefined || size(value) > 512 || /[#\\]/.test(value)) return false;
  const [authority] = rest.split(/[/?]/);
  const isOwn = /^(localhost|127\.0\.0\.1|\[::1\])(:|$)/.test(authority);
  return /^[^:]/.test(authority) && !authority.includes("@") && (scheme === "wss" || isOwn);
});

/** The address of a signaling server, in a link or an invitation. */
export const server = text("server", (value) => {
  return /^wss?:\/\/[!-~]+$/.test(value) && size(value) <= 512;
});
