import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { languages, readableSize, textsFor } from "../../apps/shared/texts/index.js";
import { peerErrorCodes } from "../../src/errors.js";

/** The keys of all texts, and what kind each is. */
function shapeOf(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return typeof value;
  if (Array.isArray(value)) return value.map(shapeOf);
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, shapeOf(part)]));
}

describe.each(Object.entries(languages))("the texts in %s", (name, texts) => {
  test("are those of English, none more and none fewer", () => {
    const { reasons: _, ...own } = texts;
    const { reasons: __, ...wanted } = languages.en ?? texts;
    expect(shapeOf(own)).toEqual(shapeOf(wanted));
    expect(texts.language).toBe(name);
  });

  test("give reasons only for codes that there are", () => {
    for (const code of Object.keys(texts.reasons)) expect(peerErrorCodes).toContain(code);
  });

  test("count one thing as one", () => {
    expect(texts.unread(1)).not.toBe(texts.unread(2).replace("2", "1"));
  });
});

test.each([
  [[], "en"],
  [["fr-CA", "en"], "fr"],
  [["ja", "fr"], "fr"],
  [["ja"], "en"],
])("who asks for %j is spoken to in %s", (wanted, language) => {
  expect(textsFor(wanted).language).toBe(language);
});

test("sizes are short", () => {
  expect(readableSize(999)).toBe("999 bytes");
  expect(readableSize(1_500_000)).toBe("1.5 MB");
});

test("what the page itself says before its script is here, it says in every language", () => {
  const html = readFileSync(new URL("../../apps/index.html", import.meta.url), "utf8");
  expect(html).toContain("<title>Lacis</title>");
  expect(html).toMatch(/<div id="app"><\/div>/);
  const opening = html.slice(html.indexOf('id="opening"'), html.indexOf('id="app"'));
  for (const name of Object.keys(languages)) {
    expect(opening.split(`lang="${name}"`)).toHaveLength(3);
  }
});

test("French has words of its own for every reason that these pages can show", () => {
  const { reasons = {} } = languages.fr ?? {};
  // What only programs do wrong, rooms alone know, or `reasonOfCode` says in other words.
  const others = ["link-unknown", "link-damaged", "link-version", "not-in-room", "remote-unknown"];
  const ours = ["remote-left", "left", "closed", "label-invalid", "invalid-argument"];
  const programs = ["no-handler", "not-initialized", "signal-tampered"];
  const known = new Set([...Object.keys(reasons), ...others, ...ours, ...programs]);
  expect(peerErrorCodes.filter((code) => !known.has(code))).toEqual([]);
});
