import type { CoreListener, CoreRecord } from "./core.js";

/** A record of its parts, as the core hands them over. */
export function recordOf(
  ...[id, kind, creator, modifier, numbers, deleted, header, data, attributes]: Parameters<
    CoreListener["makeRecord"]
  >
): CoreRecord {
  const [version = 0, created = 0, modified = 0, end = Infinity] = numbers;
  const expires = end === Infinity ? undefined : end;
  const times = { version, created, modified, expires };
  return { id, kind, creator, modifier, ...times, deleted, header, data, attributes };
}
