/**
 * Marks that reverse the order of letters, behind which the end of a name or a whole other name can
 * hide, and what no line can show. Joiners stay: Persian, Hindi and families of emoji need them.
 */
const HARMFUL = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;

/** A name that somebody else chose, as it can be shown between other words. */
export function plainName(name: string, lengthMax: number): string {
  const plain = name.replace(HARMFUL, "").trim();
  return [...plain].slice(0, lengthMax).join("");
}
