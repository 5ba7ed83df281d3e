import { isPlausible } from "../dates.js";
import { recall } from "../memory.js";
import { en, type Texts } from "./en.js";
import { fr } from "./fr.js";

export type { Texts };

/** All languages, by the names that browsers have for them. */
export const languages: Readonly<Record<string, Texts>> = { en, fr };

/** The first language that a person asks for and that there is. */
export function textsFor(wanted: readonly string[]): Texts {
  const known = wanted.map((name) => languages[name.slice(0, 2).toLowerCase()]);
  return known.find((found) => found !== undefined) ?? en;
}

const chosen = recall<string | undefined>("language", undefined);
const asked = globalThis.navigator?.languages ?? [];

/** Every word that a person sees on these pages. */
export const texts: Texts = textsFor(chosen === undefined ? asked : [chosen, ...asked]);

/** A size as people write it. */
export function readableSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < texts.units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 ? 0 : 1;
  const format = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return `${value.toLocaleString(texts.language, format)} ${texts.units[unit]}`;
}

/** A time as people say it: the hour of today, the day of others. */
export function readableTime(at: Date, now = new Date()): string {
  const isToday = at.toDateString() === now.toDateString();
  if (isToday || !isPlausible(at)) return texts.clock(at);
  return at.toLocaleDateString(texts.language, { day: "numeric", month: "short" });
}
