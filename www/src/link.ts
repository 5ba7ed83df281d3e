import type { CoreModule } from "./core.js";
import { errorOfThrown, PeerError } from "./errors.js";
import { takeText } from "./text-kinds.js";

/** What an invitation link says, without joining the room. */
export interface RoomLink {
  /** Servers named in the link, if any. */
  readonly servers: readonly string[];
  /** A short public tag of the room, equal for equal rooms. Safe to show. */
  readonly fingerprint: string;
}

/** Makes the link of a new room. */
export function createLink(module: CoreModule, servers: readonly string[]): string {
  try {
    return module.create_room_link([...servers]);
  } catch (thrown) {
    throw errorOfThrown(thrown);
  }
}

/** Reads a link: the bare text, or an address that carries it after `#`. */
export function parseLink(module: CoreModule, text: string): RoomLink {
  try {
    const parsed = takeText("lr", text, () => module.parse_room_link(text.trim()));
    if (isRoomLink(parsed)) return parsed;
  } catch (thrown) {
    throw errorOfThrown(thrown);
  }
  throw new PeerError("internal");
}

function isRoomLink(value: unknown): value is RoomLink {
  return (
    typeof value === "object" &&
    value !== null &&
    "servers" in value &&
    Array.isArray(value.servers) &&
    "fingerprint" in value &&
    typeof value.fingerprint === "string"
  );
}
