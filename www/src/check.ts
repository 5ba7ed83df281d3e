// What callers pass on is checked here, before any of it reaches the core, by the few words that
// calls.ts has for each call:
//
// "nodeId, label, options?{until:accepted|delivered signal}" says: the second argument is a
// label; the third may be missing, and is an object of these keys and no others, each of which may
// be missing but for those with `!`. What each is follows from its name, unless it stands behind
// `:`; what is in no line here is a text. `server[4]` is an array of four servers at the most.
import { CALLS } from "./calls.js";
import { invalid, type PeerError } from "./errors.js";
import { isSchema } from "./schema.js";

/** What a value must be, whether one is that, and which names of arguments mean it too. */
type Kind = readonly [rule: string, fits: Fits, names?: string];
/** A type by `typeof`, the pattern of a text, or whatever says so; it may throw as well. */
type Fits = string | RegExp | ((value: never) => unknown);

/** Whether something is bytes; those of another frame are none. */
export const isBytes = (value: unknown): value is Uint8Array => value instanceof Uint8Array;
const isDate = (value: unknown): boolean => value instanceof Date && value.getTime() >= 0;
const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isText = (value: unknown, most?: number): value is string =>
  typeof value === "string" &&
  (most === undefined || new TextEncoder().encode(value).length <= most);
// Comparing takes a text or an array for a number, where that can be made of it.
const isAtLeast = (least: number, value: unknown): value is number =>
  typeof value === "number" && value >= least;
const isName = (value: unknown): boolean => isText(value, 255) && !/\p{Cc}/u.test(value);

/** Whether something is the address of a signaling server. */
export const isServer = (value: unknown): boolean =>
  isText(value, 512) && /^wss?:\/\/[!-.0-~][!-~]*$/.test(value) && URL.canParse(value);

/** What can be sent, in words. */
export const CONTENT_RULE = "a Uint8Array, a text, or a value that JSON can hold";

/** Whether something can be sent; JSON would make nothing of a Map, a Blob or a promise. */
export const isContent = (value: unknown): boolean =>
  isBytes(value) ||
  /^(string|number|boolean|null|object|array|date)\]$/i.test(
    Object.prototype.toString.call(value).slice(8),
  );

/** A lifetime as a text. */
export const LIFETIME = /^(\d{1,9})([smhd])$/;

const KINDS: Readonly<Record<string, Kind>> = {
  any: ["", () => true, "where wasm value"],
  text: ["a text", "string"],
  name: ["a text of at most 255 bytes without control characters", isName],
  title: ["a text of 1 to 255 bytes without control characters", (value) => value && isName(value)],
  comment: ["a text of at most 512 bytes", (value) => isText(value, 512)],
  nodeId: [
    "the id of a page, such as `remote.id`",
    (value: unknown) => isText(value) && value.length !== 52,
  ],
  peerId: ["an identity, such as `remote.peerId`", /^[a-z2-7]{52}$/i, "for creator"],
  flag: [
    "true or false",
    "boolean",
    "connect wait exclusive relayOnly takeStore take deferExpiry exact keepInvitations undo " +
      "reliable",
  ],
  call: ["a function", "function", "handler onProgress onAnswer"],
  validator: [
    "a function or a Standard Schema",
    (value: unknown) => typeof value === "function" || isSchema(value),
  ],
  date: ["a Date from 1970 on", isDate, "expires own ofGroup at"],
  timeoutMs: ["milliseconds, 0 to 2147483647", (value) => isAtLeast(0, value) && value < 2 ** 31],
  lifetime: [
    'milliseconds, Infinity, or a text such as "30m" or "7d"',
    (value) => (isText(value) ? LIFETIME.test(value) : isAtLeast(1, value)),
    "memberLifetime presenceLifetime memberFor",
  ],
  count: [
    "a whole number from 1 on",
    (value) => Number.isSafeInteger(value) && value >= 1,
    "uses limit items bytes records",
  ],
  signal: ["an AbortSignal", (value) => "aborted" in value],
  content: [CONTENT_RULE, isContent, "data"],
  identity: [
    "one of `openIdentities()`, or 32 bytes in a Uint8Array",
    (value: object) => (isBytes(value) ? value.length === 32 : "card" in value),
  ],
  secret: ["16 bytes in a Uint8Array", (value: object) => isBytes(value) && value.length === 16],
  server: ["an address that begins with ws:// or wss://", isServer],
  store: ["a name or a store", (value) => isText(value) || "scan" in value],
  owner: ["a name or an identity", (value) => isText(value) || "store" in value],
  file: ["a Blob or a File", (value: unknown) => value instanceof Blob],
  source: [
    "a Blob, a File, or { name, size, stream } with a stream that nobody reads yet",
    (value: { name: unknown; size: number; stream: ReadableStream }) =>
      value instanceof Blob ||
      (isText(value.name) &&
        Number.isSafeInteger(value.size) &&
        value.size >= 0 &&
        "getReader" in value.stream &&
        !value.stream.locked),
  ],
  record: [
    "a record that was read, such as `await group.get(id)`",
    (value: { header: unknown }) => isBytes(value.header),
  ],
  type: ["1 to 64 of a-z, 0-9, . and -", /^[a-z0-9.-]{1,64}$/],
  ownType: [
    "1 to 64 of a-z, 0-9, . and -, not beginning with lacis.",
    /^(?!lacis\.)[a-z0-9.-]{1,64}$/,
  ],
  attributes: ["an object", isObject],
  attribute: [
    "a text of at most 1024 bytes, a safe integer, or a Date from 1970 on",
    (value) => isText(value, 1024) || isDate(value) || Number.isSafeInteger(value),
  ],
};

/** Names of arguments that stand for several words. */
const SHAPES: Readonly<Record<string, string>> = {
  role: "member|inviter|admin|keeper",
  priority: "auto|interactive|bulk",
  until: "accepted|delivered",
  limits: "{items bytes}",
  pairing: "{offer! onAnswer!}",
  budget: "{records bytes}",
};

type Field = readonly [name: string, mark: string, kind: string];

const read = new Map<string, readonly Field[]>();
const kinds = new Map<string, Kind>();

/** What a few words say, read once. */
function fieldsOf(words: string): readonly Field[] {
  const known = read.get(words);
  if (known !== undefined) return known;
  const all = [...words.matchAll(/(\w+)([?!]?):?(\{.*?\}|[^\s,}]*)/g)];
  const fields = all.map(([, name = "", mark = "", kind]): Field => [name, mark, kind || name]);
  read.set(words, fields);
  return fields;
}

/** Checks the arguments of a call; throws `invalid-argument` with a detail. */
export function check(call: string, given: readonly unknown[]): void {
  for (const [index, [name, mark, kind]] of fieldsOf(CALLS[call] ?? "").entries()) {
    if (mark !== "?" || given[index] !== undefined) checkOne(call, name, kind, given[index]);
  }
}

/**
 * Has the calls of a class check what they are given: first whether all is over, for which `over`
 * gives the reason, then each argument.
 */
export function checked<It>(
  home: { readonly prototype: It },
  called: string,
  over: (it: It) => PeerError | undefined,
): void {
  const methods = home.prototype as Record<string, (...given: unknown[]) => unknown>;
  for (const [call, wanted] of Object.entries(CALLS)) {
    const [owner, name = ""] = call.split(".");
    const method = methods[name];
    if (owner !== called || method === undefined) continue;
    methods[name] = function (this: It, ...given) {
      try {
        const ended = over(this);
        if (ended !== undefined) throw ended;
        check(call, given);
      } catch (error) {
        if (wanted.startsWith("=")) throw error;
        return Promise.reject(error);
      }
      return method.apply(this, given);
    };
  }
}

/** Refuses `value`, in words for developers. */
export function refuse(call: string, name: string, rule: string, value: unknown): never {
  throw invalid(`${call}: ${name} must be ${rule}, but is ${shapeOf(value)}`);
}

function checkOne(call: string, name: string, kind: string, value: unknown): void {
  const words = SHAPES[kind] ?? kind;
  const [, inner, most] = /^(\w+)\[(\d+)\]$/.exec(words) ?? [];
  if (inner !== undefined) {
    if (!Array.isArray(value) || value.length > Number(most)) {
      refuse(call, name, `an array of at most ${most}`, value);
    }
    for (const [at, one] of value.entries()) checkOne(call, `${name}[${at}]`, inner, one);
  } else if (words.startsWith("{")) {
    checkObject(call, name, fieldsOf(words), value);
  } else {
    const [rule, fits] = kindOf(words);
    if (!isFit(fits, value)) refuse(call, name, rule, value);
    if (kind === "attributes") checkAttributes(call, name, value as object);
  }
}

/** The kind of that name, or of which an argument of that name is. */
function kindOf(words: string): Kind {
  const known = kinds.get(words);
  if (known !== undefined) return known;
  const choices = words.split("|");
  const kind: Kind =
    Object.entries(KINDS).find(([name, [, , names = ""]]) =>
      [name, ...names.split(" ")].includes(words),
    )?.[1] ??
    (choices.length === 1
      ? (KINDS.text as Kind)
      : [`one of ${choices.join(", ")}`, (value) => choices.includes(value)]);
  kinds.set(words, kind);
  return kind;
}

function isFit(fits: Fits, value: unknown): unknown {
  if (typeof fits === "string") return typeof value === fits;
  if (fits instanceof RegExp) return isText(value) && fits.test(value);
  try {
    return fits(value as never);
  } catch {
    // Not even an object, where one with certain properties is asked for.
    return false;
  }
}

function checkObject(call: string, name: string, fields: readonly Field[], value: unknown): void {
  const names = fields.map(([field]) => field);
  if (!isObject(value)) refuse(call, name, `an object of ${names.join(", ")}`, value);
  for (const key of Object.keys(value)) {
    if (names.includes(key)) continue;
    const near = names.find((other) => isNear(key, other));
    const hint = near ? `did you mean ${near}?` : `there are ${names.join(", ")}`;
    throw invalid(`${call}: ${name} has no "${key}": ${hint}`);
  }
  for (const [field, mark, kind] of fields) {
    const one = (value as Record<string, unknown>)[field];
    if (mark === "!" || one !== undefined) checkOne(call, `${name}.${field}`, kind, one);
  }
}

function checkAttributes(call: string, name: string, all: object): void {
  const entries = Object.entries(all);
  if (entries.length > 32) throw invalid(`${call}: ${name} has more than 32`);
  for (const [key, value] of entries) {
    const called = `${name}.${key}`;
    if (!/^[a-z0-9]{1,40}$/i.test(key)) {
      throw invalid(`${call}: ${called} must be named by 1 to 40 letters and digits`);
    }
    checkOne(call, called, "attribute", value);
  }
}

/** What a value is, without what is in it: that may be a secret. */
function shapeOf(value: unknown): string {
  if (isText(value)) return `a text of ${value.length} characters`;
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (isObject(value)) return `an object (${value.constructor?.name})`;
  return typeof value === "number" ? `the number ${value}` : `${value && typeof value}`;
}

/** Whether one name may be a slip for the other: both begin alike, or are of the same letters. */
function isNear(one: string, other: string): boolean {
  const [a, b] = [one, other].map((name) => name.toLowerCase()) as [string, string];
  return a.slice(0, 3) === b.slice(0, 3) || [...a].sort().join() === [...b].sort().join();
}
