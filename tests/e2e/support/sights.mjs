// What somebody sees who opens the pages: kept as pictures for people to look at, and held to what
// every state owes them.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const FOLDER = fileURLToPath(new URL("../../../target/first-sights", import.meta.url));

export const PHONE = { width: 360, height: 740 };
export const DESK = { width: 1280, height: 800 };
const SIZES = { phone: PHONE, desk: DESK };

/** What stands on the page; runs there. */
function read() {
  const isSeen = (it) => it.checkVisibility() && it.getClientRects().length > 0;
  const root = [...document.querySelectorAll("dialog[open]")].at(-1) ?? document.body;
  const ways = [...root.querySelectorAll("button:not(:disabled), a[href], input, textarea")];
  const areWide = [document.documentElement, ...document.querySelectorAll("dialog[open]")];
  const clipped = [...root.querySelectorAll("button, .button, h1, h2, p")].filter((it) => {
    // What is hidden from sight alone is for screen readers.
    if (!isSeen(it) || it.closest(".hidden") !== null || it.scrollWidth === 0) return false;
    return it.scrollWidth > it.clientWidth + 1 && getComputedStyle(it).overflowX !== "auto";
  });
  return {
    // biome-ignore lint/performance/useDomNodeTextContent: only what can be seen counts.
    words: root.innerText.trim(),
    ways: ways.filter(isSeen).length,
    isWide: areWide.some((it) => it.scrollWidth > it.clientWidth),
    clipped: clipped.map((it) => it.outerHTML.slice(0, 200)),
    language: document.documentElement.lang,
  };
}

/** Words by which English is known in a page that is French. */
const ENGLISH = /\b(the|you|your|this|with|from|here|is|it|not)\b/i;

/** The size of a page in either browser. */
export function resize({ page }, size) {
  return page.setViewportSize?.(size) ?? page.setViewport(size);
}

/**
 * Keeps what somebody sees at both sizes, and demands words and a way on: something to press or to
 * write into. Nothing may be cut off or have to be scrolled sideways, and a French page is French
 * unless what people wrote on it `isForeign`.
 */
export async function sight(tab, name, { sizes = SIZES, says = [], isForeign = false } = {}) {
  mkdirSync(FOLDER, { recursive: true });
  for (const [device, size] of Object.entries(sizes)) {
    await resize(tab, size);
    await tab.screenshot(join(FOLDER, `${name}-${device}.png`));
    const { words, ways, isWide, clipped, language } = await tab.evaluate(read);
    const where = `${name} on a ${device}`;
    if (words.length < 12) throw new Error(`${where} says only "${words}"`);
    if (ways === 0) throw new Error(`${where} has no way on: "${words}"`);
    if (isWide) throw new Error(`${where} scrolls sideways`);
    if (clipped.length > 0) throw new Error(`${where} cuts off ${clipped.join("\n")}`);
    const english = language === "fr" && !isForeign ? ENGLISH.exec(words) : null;
    if (english !== null) throw new Error(`${where} is not French: "${english[0]}" in ${words}`);
    for (const text of [says].flat()) {
      if (!words.includes(text)) throw new Error(`${where} does not say "${text}": ${words}`);
    }
  }
}
