import { PeerError } from "../errors.js";
import type { Lifetime } from "./options.js";

const UNITS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Milliseconds of a lifetime, `Infinity` among them; undefined stays so. */
export function millisOf(lifetime: Lifetime | undefined): number | undefined {
  if (lifetime === undefined) return undefined;
  const parts = typeof lifetime === "string" ? /^(\d{1,9})([smhd])$/.exec(lifetime) : null;
  const millis = parts ? Number(parts[1]) * (UNITS[parts[2] as string] as number) : lifetime;
  if (typeof millis === "number" && millis >= 1) return millis;
  throw new PeerError("invalid-argument", {
    detail: 'A lifetime is a number of milliseconds, Infinity, or a text such as "30m" or "7d".',
  });
}
