// What one person did, field by field, so that it can be taken back without touching what others
// did to the same thing meanwhile.
import type { Shape } from "./item.js";

/** Some fields of a shape; `undefined` stands for a field that is not there. */
export type Fields = Readonly<Record<string, unknown>>;

/** What one action made of one thing: only the fields that it changed. */
export interface Change {
  /** Names the thing for good, also before it is a record. */
  readonly key: string;
  readonly before: Fields;
  readonly after: Fields;
  /** Whether the action made the thing. */
  readonly isMaking?: boolean;
}

/** Things that one action changed together. */
export type Step = readonly Change[];

const GONE: Fields = { gone: true };
const THERE: Fields = { gone: undefined };

/** What made a thing. */
export function making(key: string): Change {
  return { key, before: GONE, after: THERE, isMaking: true };
}

/** What has to be changed to make of one shape another one. */
export function changeOf(key: string, before: Shape, after: Shape): Change | undefined {
  const [from, to] = [before as unknown as Fields, after as unknown as Fields];
  const names = new Set([...Object.keys(from), ...Object.keys(to)]);
  const changed = [...names].filter((name) => !isSame(from[name], to[name]));
  if (changed.length === 0) return undefined;
  return { key, before: picked(from, changed), after: picked(to, changed) };
}

/** The way back. */
export function inverse(change: Change): Change {
  return { ...change, before: change.after, after: change.before };
}

/**
 * Makes a change of a shape as it is now: a field that somebody has changed since stays theirs.
 * Gives the shape and what was changed of it; nothing if nothing is left to change.
 */
export function applied(
  shape: Shape,
  given: Change,
): { readonly shape: Shape; readonly change: Change } | undefined {
  const { before, after } = given;
  const now = shape as unknown as Fields;
  const ours = Object.keys(before).filter((name) => isSame(now[name], before[name]));
  if (ours.length === 0) return undefined;
  const change = { ...given, before: picked(before, ours), after: picked(after, ours) };
  return { shape: { ...shape, ...change.after } as Shape, change };
}

function picked(fields: Fields, names: readonly string[]): Fields {
  return Object.fromEntries(names.map((name) => [name, fields[name]]));
}

/** Fields are what JSON can say. */
function isSame(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
