import { invalid, PeerError } from "./errors.js";

/** What a schema says of a value: what it makes of it, or why it does not fit. */
export type SchemaResult<Value> =
  | { readonly value: Value; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

/** Why a value does not fit, and at which place in it. */
export interface SchemaIssue {
  /** Why it does not fit. */
  readonly message: string;
  /** The keys that lead to the place; none for the value itself. */
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/**
 * What a value has to be, by the Standard Schema that Zod, Valibot, ArkType and others share
 * (https://standardschema.dev).
 */
export interface Schema<Value> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Value> | Promise<SchemaResult<Value>>;
  };
}

/** What the schema makes of a value; throws `protocol` if it does not fit. */
export function fitted<Value>(schema: Schema<Value>, value: unknown): Value {
  const result = schema["~standard"].validate(value);
  if ("then" in result) throw invalid("json: the schema must answer at once");
  if (result.issues === undefined) return result.value;
  throw new PeerError("protocol", { detail: result.issues.map(words).join("; ") });
}

/** Whether the schema takes a value. */
export async function fits(schema: Schema<unknown>, value: unknown): Promise<boolean> {
  return (await schema["~standard"].validate(value)).issues === undefined;
}

/** Whether something is a schema. */
export const isSchema = (value: unknown): value is Schema<unknown> =>
  (typeof value === "object" || typeof value === "function") &&
  value !== null &&
  "~standard" in value;

function words({ message, path = [] }: SchemaIssue): string {
  const place = path.map((part) => String(typeof part === "object" ? part.key : part));
  return [place.join("."), message].filter(Boolean).join(": ");
}
