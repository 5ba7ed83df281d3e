/** The last moment that a `Date` can hold. */
const LAST = 8_640_000_000_000_000;

/** The date of a time that somebody wrote; what lies beyond all dates becomes the last of them. */
export function dateOf(ms: number): Date {
  return new Date(ms <= LAST ? Math.max(ms, -LAST) : LAST);
}

/** The same for a time that may be none, which means never. */
export function dateOrNever(ms: number | null | undefined): Date | undefined {
  return ms == null ? undefined : dateOf(ms);
}
