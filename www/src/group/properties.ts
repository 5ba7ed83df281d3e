import type { CoreNewProperties, CoreProperties } from "../core.js";
import { invalid } from "../errors.js";
import { millisOf } from "./lifetime.js";
import type { CreateGroupOptions, GroupProperties } from "./options.js";

/** How long presence holds in a group whose founder has not said, or is not known to have. */
export const PRESENCE_LIFETIME_MS = 30_000;

/** Said again more often, it would be a burden; held for longer, it would not be true. */
const PRESENCE_MIN_MS = 5_000;
const PRESENCE_MAX_MS = 600_000;

/** What a founder says of a new group. */
export function newProperties(options: CreateGroupOptions): CoreNewProperties {
  const { name, comment = "", deferExpiry = false } = options;
  const presenceLifetimeMs = millisOf(options.presenceLifetime) ?? PRESENCE_LIFETIME_MS;
  const isFine = presenceLifetimeMs >= PRESENCE_MIN_MS && presenceLifetimeMs <= PRESENCE_MAX_MS;
  if (!isFine) {
    throw invalid(
      "peer.createGroup: options.presenceLifetime must be from 5 seconds to 10 minutes",
    );
  }
  const memberLifetimeMs = millisOf(options.memberLifetime);
  const { records: budgetRecords, bytes: budgetBytes } = options.budget ?? {};
  const lifetimes = { memberLifetimeMs, presenceLifetimeMs };
  return { name, comment, deferExpiry, ...lifetimes, budgetRecords, budgetBytes };
}

/** What the core knows of them, as the application reads it. */
export function propertiesOf({ memberLifetimeMs, ...rest }: CoreProperties): GroupProperties {
  return { ...rest, memberLifetimeMs: memberLifetimeMs ?? Number.POSITIVE_INFINITY };
}
