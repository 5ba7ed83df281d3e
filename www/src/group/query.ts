import type { CoreFilter, CoreOperator } from "../core.js";
import { invalid } from "../errors.js";
import { type AttributeValue, coreAttribute } from "./record.js";

/**
 * What a value is compared with; everything that is given has to hold. Texts are compared by code
 * point. Values of different types, a number and a text say, never fit, not even by `ne`.
 */
export interface Comparisons<T extends AttributeValue> {
  /** Equal. */
  readonly eq?: T;
  /** Another value of the same type. */
  readonly ne?: T;
  /** Less, or earlier. */
  readonly lt?: T;
  /** Less, or equal. */
  readonly lte?: T;
  /** Greater, or later. */
  readonly gt?: T;
  /** Greater, or equal. */
  readonly gte?: T;
}

/** As {@link Comparisons}, and with patterns. */
export interface TextComparisons extends Comparisons<string> {
  /**
   * The whole text is like this: `*` stands for any characters or none, `?` for one, and a
   * character behind `\` for itself. Upper and lower case differ.
   */
  readonly like?: string;
}

/** What a text has to be: this text, or what comparisons say. */
export type TextCondition = string | TextComparisons;
/** What a number has to be. */
export type NumberCondition = number | Comparisons<number>;
/** What a time has to be. */
export type DateCondition = Date | Comparisons<Date>;
/** What an attribute has to be. */
export type AttributeCondition = TextCondition | NumberCondition | DateCondition;

/** What the name of an attribute may begin with; capitals as well. */
export type AttributeStart =
  | ("0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9")
  | ("a" | "b" | "c" | "d" | "e" | "f" | "g" | "h" | "i" | "j" | "k" | "l" | "m")
  | ("n" | "o" | "p" | "q" | "r" | "s" | "t" | "u" | "v" | "w" | "x" | "y" | "z");

/**
 * Conditions on attributes, by their names. Names begin with a letter or digit, so that a misspelt
 * `$field` does not pass for one.
 */
export type AttributeConditions = {
  readonly [name in `${AttributeStart | Uppercase<AttributeStart>}${string}`]: AttributeCondition;
};

/** Conditions on what every record has; see {@link GroupRecord} for what they mean. */
export interface FieldConditions {
  /** `record.id`. */
  readonly $id?: TextCondition;
  /** `record.creator`. */
  readonly $creator?: TextCondition;
  /** `record.modifier`: nothing fits where nobody has changed the record. */
  readonly $modifier?: TextCondition;
  /** `record.author`. */
  readonly $author?: TextCondition;
  /** `record.created`. */
  readonly $created?: DateCondition;
  /** `record.modified`. */
  readonly $modified?: DateCondition;
  /** `record.expires`: a record that never expires does so later than any date. */
  readonly $expires?: DateCondition;
  /** `record.version`. */
  readonly $version?: NumberCondition;
}

/** What joins queries. */
export interface JoinedQueries {
  /** All of these fit. */
  readonly $and?: readonly RecordQuery[];
  /** One of these fits at least. */
  readonly $or?: readonly RecordQuery[];
  /** This does not fit. */
  readonly $not?: RecordQuery;
}

/**
 * What records are looked for: everything in it has to fit. An attribute that a record lacks fits
 * nothing, so `{ $not: { done: 1 } }` finds also what has no `done`, and `{ done: { ne: 1 } }` does
 * not. If an attribute repeats, as other programs can make it, one fitting value is enough. Records
 * whose key is not known yet have no attributes.
 *
 * A query may have some 500 conditions, and be nested about 8 deep.
 *
 * @example
 * ```ts
 * const where: RecordQuery = {
 *   state: "open",
 *   number: { gte: 3, lt: 10 },
 *   $or: [{ title: { like: "Bon*" } }, { $creator: peer.id }],
 *   $not: { $modified: { lt: new Date("2026-01-01") } },
 * };
 * for await (const record of group.watch({ type: "issue", where })) show(record);
 * ```
 */
export type RecordQuery = AttributeConditions & FieldConditions & JoinedQueries;

const OPERATORS: readonly string[] = ["eq", "ne", "lt", "lte", "gt", "gte", "like"];

/** What the values of a field are, as the core calls it. */
const FIELDS: Readonly<Record<string, "text" | "date" | "int">> = {
  $id: "text",
  $creator: "text",
  $modifier: "text",
  $author: "text",
  $created: "date",
  $modified: "date",
  $expires: "date",
  $version: "int",
};

/** Nobody nests queries so deep but one that contains itself; the core's limit is lower. */
const DEPTH_MAX = 64;

/** A query as the core takes it; nothing if every record fits. */
export function coreFilter(where: RecordQuery | undefined): CoreFilter | undefined {
  const all = where === undefined ? [] : partsOf(where, 0);
  return all.length === 0 ? undefined : joined(all);
}

function partsOf(query: unknown, depth: number): CoreFilter[] {
  if (depth > DEPTH_MAX) throw invalid("The query is nested too deeply.");
  if (!isPlain(query)) throw invalid("A query is an object of conditions.");
  const inner = (part: unknown): CoreFilter => joined(partsOf(part, depth + 1));
  return Object.entries(query).flatMap(([name, given]): CoreFilter[] => {
    if (name === "$not") return [{ not: inner(given) }];
    if (name === "$and" || name === "$or") {
      if (!Array.isArray(given)) throw invalid(`${name} takes an array of queries.`);
      const parts = given.map(inner);
      return [name === "$or" ? { any: parts } : { all: parts }];
    }
    return conditions(name, given);
  });
}

function conditions(name: string, given: unknown): CoreFilter[] {
  const wanted = Object.hasOwn(FIELDS, name) ? FIELDS[name] : undefined;
  if (wanted === undefined && !/^[a-z0-9]{1,40}$/i.test(name)) {
    throw invalid(`"${name}" is neither a field nor the name of an attribute.`);
  }
  const compared = isPlain(given) ? Object.entries(given) : [["eq", given] as const];
  if (compared.length === 0) throw invalid(`Nothing is compared with "${name}".`);
  return compared.map(([is, value]) => {
    if (!OPERATORS.includes(is)) throw invalid(`"${is}" compares nothing.`);
    const fine =
      typeof value === "string" ||
      (value instanceof Date && !Number.isNaN(value.getTime())) ||
      Number.isSafeInteger(value);
    if (!fine) throw invalid(`"${name}" is compared with a safe integer, a date or a text only.`);
    const attribute = coreAttribute(name, value as AttributeValue);
    const kind = is === "like" ? "text" : (wanted ?? attribute.kind);
    if (attribute.kind !== kind) throw invalid(`"${name}" cannot be compared so with this value.`);
    return { ...attribute, is: is as CoreOperator };
  });
}

function joined(all: CoreFilter[]): CoreFilter {
  const [only] = all;
  return all.length === 1 && only !== undefined ? only : { all };
}

function isPlain(value: unknown): value is object {
  return (
    typeof value === "object" && value !== null && !(value instanceof Date || Array.isArray(value))
  );
}
