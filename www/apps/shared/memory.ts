// Small things that a browser remembers of the pages themselves, and drafts (`drafts.ts`).

const PREFIX = "lacis.";

/** What was remembered under that key, or `otherwise`. */
export function recall<T>(key: string, otherwise: T): T {
  try {
    const text = localStorage.getItem(PREFIX + key);
    return text === null ? otherwise : (JSON.parse(text) as T);
  } catch {
    // Storage is switched off, or somebody wrote something else there.
    return otherwise;
  }
}

/** Remembers a value; `undefined` forgets it. Says whether it will outlast the page. */
export function remember(key: string, value: unknown): boolean {
  try {
    if (value === undefined) localStorage.removeItem(PREFIX + key);
    else localStorage.setItem(PREFIX + key, JSON.stringify(value));
    return true;
  } catch {
    // Storage is switched off or full.
    return false;
  }
}

/** The keys that begin so of all that is remembered, without that beginning. */
export function keysUnder(start: string): string[] {
  try {
    const all = Array.from({ length: localStorage.length }, (_, at) => localStorage.key(at) ?? "");
    const beginning = PREFIX + start;
    return all.filter((key) => key.startsWith(beginning)).map((key) => key.slice(beginning.length));
  } catch {
    return [];
  }
}

/** Forgets everything under keys that begin so. */
export function forgetUnder(start: string): void {
  for (const rest of keysUnder(start)) remember(start + rest, undefined);
}
