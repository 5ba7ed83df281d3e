// What the buttons and keys of the desk do to a text in Markdown.

/** What can be made of the letters that are chosen, or of the lines they stand in. */
export const MARKS = ["bold", "italic", "heading", "list", "quote", "link"] as const;

export type Mark = (typeof MARKS)[number];

/** A part of a text that is replaced, and what is chosen after that. */
export interface Change {
  readonly from: number;
  readonly to: number;
  readonly insert: string;
  readonly start: number;
  readonly end: number;
}

const SIGNS = { bold: "**", italic: "*" } as const;
const BEGINNINGS = { heading: "## ", list: "- ", quote: "> " } as const;
const ADDRESS = "https://";

/** How a mark is put on the letters from `start` to `end`, or taken off them. */
export function changeFor(text: string, start: number, end: number, mark: Mark): Change {
  switch (mark) {
    case "bold":
    case "italic":
      return around(text, start, end, SIGNS[mark]);
    case "link": {
      const insert = `[${text.slice(start, end)}](${ADDRESS})`;
      const stop = start + insert.length - 1;
      // Without words, those come first.
      if (start === end) return { from: start, to: end, insert, start: start + 1, end: start + 1 };
      return { from: start, to: end, insert, start: stop - ADDRESS.length, end: stop };
    }
    default:
      return before(text, start, end, BEGINNINGS[mark]);
  }
}

function around(text: string, start: number, end: number, sign: string): Change {
  const length = sign.length;
  const chosen = text.slice(start, end);
  if (isSigned(text.slice(0, start), text.slice(end), sign)) {
    const from = start - length;
    return { from, to: end + length, insert: chosen, start: from, end: end - length };
  }
  const insert = sign + chosen + sign;
  return { from: start, to: end, insert, start: start + length, end: end + length };
}

/** Whether that very sign stands on both sides: one star of two is another sign. */
function isSigned(left: string, right: string, sign: string): boolean {
  const [before = ""] = /\**$/.exec(left) ?? [];
  const [after = ""] = /^\**/.exec(right) ?? [];
  const has = (stars: string): boolean => stars.length === sign.length || stars.length === 3;
  return has(before) && has(after);
}

function before(text: string, start: number, end: number, sign: string): Change {
  const from = text.lastIndexOf("\n", start - 1) + 1;
  const next = text.indexOf("\n", Math.max(start, end - 1));
  const to = next === -1 ? text.length : next;
  const lines = text.slice(from, to).split("\n");
  const isOn = lines.every((line) => line.startsWith(sign));
  const insert = lines.map((line) => (isOn ? line.slice(sign.length) : sign + line)).join("\n");
  // One line keeps the place in it; of several all stay chosen.
  if (lines.length > 1) return { from, to, insert, start: from, end: from + insert.length };
  const shift = isOn ? -sign.length : sign.length;
  const moved = (at: number): number => Math.max(from, at + shift);
  return { from, to, insert, start: moved(start), end: moved(end) };
}
