import { describe, expect, test } from "vitest";
import { changeFor, type Mark } from "../../apps/letter/marks.js";

/** Puts a mark on what stands between the brackets, and shows what is chosen after that. */
function marked(text: string, mark: Mark): string {
  const start = text.indexOf("[");
  const end = text.indexOf("]") - 1;
  const plain = text.replace("[", "").replace("]", "");
  const change = changeFor(plain, start, end, mark);
  const after = plain.slice(0, change.from) + change.insert + plain.slice(change.to);
  const { start: from, end: to } = change;
  return `${after.slice(0, from)}[${after.slice(from, to)}]${after.slice(to)}`;
}

describe("the buttons of the desk", () => {
  test.each([
    ["bold", "a [word] here", "a **[word]** here"],
    ["bold", "a **[word]** here", "a [word] here"],
    ["italic", "a [word] here", "a *[word]* here"],
    ["italic", "a *[word]* here", "a [word] here"],
    // One star of two is another sign; of three, both signs are there.
    ["italic", "a **[word]** here", "a ***[word]*** here"],
    ["italic", "a ***[word]*** here", "a **[word]** here"],
    ["bold", "a ***[word]*** here", "a *[word]* here"],
    ["bold", "[]", "**[]**"],
    ["heading", "one\nt[w]o", "one\n## t[w]o"],
    ["heading", "one\n## t[w]o", "one\nt[w]o"],
    ["heading", "[]", "## []"],
    ["list", "a\n[b\nc]\nd", "a\n[- b\n- c]\nd"],
    ["list", "a\n[- b\n- c]\nd", "a\n[b\nc]\nd"],
    // A line whose end alone is chosen is none of them.
    ["list", "[b\n]c", "- [b\n]c"],
    ["quote", "- [b]", "> - [b]"],
  ] satisfies [Mark, string, string][])("%s: %j", (mark, before, after) => {
    expect(marked(before, mark)).toBe(after);
  });

  test("a link asks for its address, or for its words first", () => {
    expect(changeFor("see here", 4, 8, "link")).toEqual({
      ...{ from: 4, to: 8, insert: "[here](https://)", start: 11, end: 19 },
    });
    expect(changeFor("see ", 4, 4, "link")).toMatchObject({ insert: "[](https://)", start: 5 });
  });
});
