import { invalid } from "./errors.js";

/** What the core takes, in bytes of UTF-8: what most file systems can hold. */
const NAME_BYTES = 255;

/**
 * What a name must not have: control characters and separators of lines, which no list of files can
 * show, and marks that reverse the order of letters, behind which an ending hides. Nothing else:
 * joiners make the letters of Persian and Hindi what they are, and families of emoji, and tags make
 * flags.
 */
const HARMFUL = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;

/** Nothing that could be seen. */
const BLANK = /^[.\s\p{Cf}]*$/u;

/** The name of a file without folders and without what {@link HARMFUL} names; "file" for none. */
export function plainName(name: string): string {
  const last =
    name
      .replace(/\p{Surrogate}/gu, "\uFFFD")
      .split(/[\\/]/)
      .at(-1) ?? "";
  const plain = last.replace(HARMFUL, "").trim();
  return BLANK.test(plain) ? "file" : plain;
}

/** The name under which a file is offered; throws `invalid-argument` for one that is too long. */
export function sentName(name: string): string {
  const plain = plainName(name);
  if (new TextEncoder().encode(plain).length <= NAME_BYTES) return plain;
  const detail = `name: that of a file has at most ${NAME_BYTES} bytes, and this one has more`;
  throw invalid(detail);
}
