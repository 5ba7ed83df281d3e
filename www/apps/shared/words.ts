import { texts } from "./texts.js";

/**
 * Replaces the keys in a page by their words, then shows the page.
 *
 * `data-words` of an element says where its keys stand: in its attributes of those names, or as its
 * `text`. Only the head has words of its own, for those who read it without running scripts; a test
 * compares them with the texts.
 */
export function fillWords(title: string): void {
  document.documentElement.lang = texts.language;
  document.title = title;
  const description = document.querySelector('meta[name="description"]');
  description?.setAttribute("content", texts.page.description);
  for (const element of document.querySelectorAll<HTMLElement>("[data-words]")) {
    for (const place of element.dataset.words?.split(" ") ?? []) {
      if (place === "text") element.textContent = wordOf(element.textContent);
      else element.setAttribute(place, wordOf(element.getAttribute(place)));
    }
  }
  document.body.hidden = false;
}

function wordOf(key: string | null): string {
  const words: Readonly<Record<string, string>> = texts.page;
  const word = words[key?.trim() ?? ""];
  if (word === undefined) throw new Error(`there is no text "${key}"`);
  return word;
}
