import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { texts } from "../../apps/shared/texts.js";

const SPOKEN = ["alt", "title", "aria-label", "placeholder"];

/** Every opening tag of a file: its attributes, and the text right behind it. */
function tagsOf(html: string): { attributes: Map<string, string>; text: string }[] {
  return [...html.matchAll(/<[a-z][^\s>/]*([^>]*)>([^<]*)/g)].map(([, inside = "", text = ""]) => ({
    attributes: new Map(
      [...inside.matchAll(/([a-z-]+)="([^"]*)"/g)].map(([, name = "", value = ""]) => [
        name,
        value,
      ]),
    ),
    text: text.trim(),
  }));
}

describe.each([
  ["index.html", texts.page.name],
  ["chat/index.html", texts.page.chatTitle],
])("%s", (path, title) => {
  const html = readFileSync(new URL(`../../apps/${path}`, import.meta.url), "utf8");
  const [head = "", body = ""] = html.split("</head>");

  test("says nothing of its own: each word is a key of the texts", () => {
    for (const { attributes, text } of tagsOf(body)) {
      const places = attributes.get("data-words")?.split(" ") ?? [];
      const found = SPOKEN.filter((name) => (attributes.get(name) ?? "") !== "");
      if (text !== "") found.push("text");
      expect(found.sort()).toEqual(places.sort());
      for (const place of places) {
        const key = place === "text" ? text : (attributes.get(place) ?? "");
        expect(Object.keys(texts.page)).toContain(key);
      }
    }
    expect(body).not.toMatch(/<\/[a-z0-9]+>\s*[^<\s]/);
  });

  test("shows those who read only its head the same words", () => {
    expect(head).toContain(`<title>${title}</title>`);
    expect(html).toContain(`<html lang="${texts.language}">`);
    const description = /name="description" content="([^"]*)"/.exec(head)?.[1];
    expect([undefined, texts.page.description]).toContain(description);
  });
});
