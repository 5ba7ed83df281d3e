// Small things that a browser remembers of the pages themselves: never what people wrote.

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

/** Remembers a value; `undefined` forgets it. Where storage is switched off it is lost. */
export function remember(key: string, value: unknown): void {
  try {
    if (value === undefined) localStorage.removeItem(PREFIX + key);
    else localStorage.setItem(PREFIX + key, JSON.stringify(value));
  } catch {
    // Nothing that people wrote is kept here.
  }
}
