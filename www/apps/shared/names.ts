/**
 * Marks that reverse the order of letters, behind which the end of a name or a whole other name can
 * hide, and what no line can show. Joiners stay: Persian, Hindi and families of emoji need them.
 */
const HARMFUL = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;

/** More letters than any name of a person or a group has that the core takes. */
const LENGTH_MAX = 255;

/**
 * A name as it can be shown between other words: one that somebody else chose, and one's own before
 * others see it.
 */
export function plainName(name: string, lengthMax = LENGTH_MAX): string {
  const plain = name.replace(HARMFUL, "").trim();
  return [...plain].slice(0, lengthMax).join("");
}
