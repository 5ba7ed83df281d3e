import { LIFETIME } from "../check.js";
import type { Lifetime } from "./options.js";

const UNITS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Milliseconds of a lifetime that was checked, `Infinity` among them; undefined stays so. */
export function millisOf(lifetime: Lifetime | undefined): number | undefined {
  if (typeof lifetime !== "string") return lifetime;
  const [, count, unit = ""] = LIFETIME.exec(lifetime) ?? [];
  return Number(count) * (UNITS[unit] ?? 0);
}
