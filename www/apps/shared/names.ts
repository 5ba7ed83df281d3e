/**
 * Marks that reverse the order of letters, behind which the end of a name or a whole other name can
 * hide, and what no line can show. Joiners stay: Persian, Hindi and families of emoji need them.
 */
const HARMFUL = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;

/** What takes no place, or shows nothing there: a name of these alone is none. */
const UNSEEN = /[\s\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/gu;

/** A name that nobody has vouched for is shown only up to here: it stands in a link. */
const SAID_MAX = 40;

/** It stands between such signs, and must not end what is quoted. */
const QUOTES = /["\u00AB\u00BB\u201C-\u201F\u2039\u203A]/g;

/** A name that a link says, as it may be shown; undefined if it says none. */
export function saidName(text: string): string | undefined {
  try {
    const plain = decodeURIComponent(text).replace(QUOTES, "").replace(/\s+/g, " ");
    const name = plainName(plain, SAID_MAX);
    return name === "" ? undefined : name;
  } catch {
    // Half a letter: somebody has cut the link.
    return undefined;
  }
}

/** A name as a link says it: no sign in it that would end a link in somebody's message. */
export function nameForLink(name: string): string {
  const text = encodeURIComponent(plainName(name.replace(/\p{Cs}/gu, ""), SAID_MAX));
  return text.replace(/[!'()*.~_]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** More letters than any name of a person or a group has that the core takes. */
const LENGTH_MAX = 255;

/**
 * A name as it can be shown between other words: one that somebody else chose, and one's own before
 * others see it. Empty if nothing of it could be seen.
 */
export function plainName(name: string, lengthMax = LENGTH_MAX): string {
  const plain = name.replace(HARMFUL, "").trim();
  const shown = [...plain].slice(0, lengthMax).join("");
  return shown.replace(UNSEEN, "") === "" ? "" : shown;
}
