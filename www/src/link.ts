import type { CoreModule } from "./core.js";
import { attempted } from "./errors.js";
import { takeText } from "./text-kinds.js";

/** What the link of a room says, without joining it. */
export interface RoomLink {
  /** Servers named in the link, if any. */
  readonly servers: readonly string[];
  /** A short public tag of the room, equal for equal rooms. Safe to show. */
  readonly fingerprint: string;
}

/** Options of `createRoomLink`. */
export interface RoomLinkOptions {
  /** Servers to name in the link, for those who open it elsewhere: at most 4. Default: none. */
  readonly servers?: readonly string[] | undefined;
  /**
   * The room's secret, 16 bytes: who knows them is in the same room. `roomSecret` of
   * `lacis/room-secret` makes them of a name and a password. Default: random.
   */
  readonly secret?: Uint8Array | undefined;
}

/** Makes the link of a room. */
export function createLink(module: CoreModule, options: RoomLinkOptions): string {
  const { servers = [], secret } = options;
  return attempted(() => module.create_room_link([...servers], secret));
}

/** Reads a link: the bare text, or an address that carries it after `#`. */
export function parseLink(module: CoreModule, text: string): RoomLink {
  return takeText("lr", text, () => module.parse_room_link(text.trim()));
}
