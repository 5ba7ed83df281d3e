// Dates that others wrote may be any number: beyond what a calendar has, they are named as that.

/** Years of one to four digits. */
const FIRST = Date.parse("0001-01-01");
const LAST = Date.parse("9999-12-31");

/** Whether people could find that date in a calendar. */
export function isPlausible(at: Date): boolean {
  const ms = at.getTime();
  return ms >= FIRST && ms <= LAST;
}

/** A date in words, or `beyond` if it is out of range. */
export function dateWords(at: Date, format: Intl.DateTimeFormat, beyond: string): string {
  return isPlausible(at) ? format.format(at) : beyond;
}

/** The `datetime` of a `<time>`; nothing for a date out of range. */
export function machineDate(at: Date): string | undefined {
  return isPlausible(at) ? at.toISOString() : undefined;
}
