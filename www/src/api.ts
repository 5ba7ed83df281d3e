import { check } from "./check.js";
import type { CoreModule } from "./core.js";
import { type GroupInvitation, readInvitation } from "./group/invitation.js";
import { type IdentityCard, readCard } from "./identity/card.js";
import { secretOf } from "./identity/identity.js";
import { createLink, parseLink, type RoomLink, type RoomLinkOptions } from "./link.js";
import { load, loaded, untilAborted, type WasmSource } from "./low-level.js";
import { Peer } from "./peer.js";
import type { PeerOptions } from "./peer-options.js";
import { checkPlatform } from "./platform.js";
import { openStore } from "./store/indexed-db.js";

/** Loads the module from `source`, once. */
export async function initFrom(source: WasmSource): Promise<void> {
  await load(source);
}

/**
 * Checks the browser, loads the module, starts a peer. Without a source the module must have been
 * loaded before.
 */
export async function createPeerFrom(
  source: WasmSource | undefined,
  options: PeerOptions,
): Promise<Peer> {
  check("createPeer", [options]);
  checkPlatform();
  const module = source === undefined ? loaded() : await untilAborted(load(source), options.signal);
  const { identity } = options;
  const isKept = identity !== undefined && !(identity instanceof Uint8Array);
  const secret = isKept ? await secretOf(identity) : identity;
  const place = options.store ?? (isKept ? identity.store : undefined);
  const { takeStore: take, signal } = options;
  const store = typeof place === "string" ? await openStore(place, { take, signal }) : place;
  try {
    return new Peer(module, { ...options, identity: secret }, store);
  } catch (error) {
    store?.close();
    throw error;
  }
}

/** What the functions below need: the module, once it is there. */
type Loading = () => Promise<CoreModule>;

/** Makes the link of a room. */
export async function createRoomLinkFrom(
  module: Loading,
  options: RoomLinkOptions | undefined,
): Promise<string> {
  check("createRoomLink", [options]);
  return createLink(await module(), options ?? {});
}

/** Reads the link of a room. */
export async function parseRoomLinkFrom(module: Loading, text: string): Promise<RoomLink> {
  check("parseRoomLink", [text]);
  return parseLink(await module(), text);
}

/** Reads an identity card. */
export async function parseCardFrom(module: Loading, text: string): Promise<IdentityCard> {
  check("parseCard", [text]);
  return readCard(await module(), text);
}

/** Reads an invitation to a group. */
export async function parseInvitationFrom(module: Loading, text: string): Promise<GroupInvitation> {
  check("parseInvitation", [text]);
  return readInvitation(await module(), text);
}
