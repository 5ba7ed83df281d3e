import { check } from "./check.js";
import { type GroupInvitation, readInvitation } from "./group/invitation.js";
import { type IdentityCard, readCard } from "./identity/card.js";
import { secretOf } from "./identity/identity.js";
import { createLink, parseLink, type RoomLink } from "./link.js";
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

/**
 * Makes the invitation link of a new, secret room. Whoever gets the link can join; nobody else
 * can, the servers included. `init` or `createPeer` must have finished before.
 *
 * @example
 * ```ts
 * await init();
 * const link = createRoomLink();
 * location.hash = link;
 * ```
 *
 * @param servers Servers to name in the link, for those who open it elsewhere.
 */
export function createRoomLink(servers: readonly string[] = []): string {
  check("createRoomLink", [servers]);
  return createLink(loaded(), servers);
}

/**
 * Reads an invitation link without joining: the bare text, or an address that carries it after
 * `#`. Throws {@link PeerError} with `link-unknown`, `link-damaged` or `link-version`.
 *
 * @example
 * ```ts
 * const { fingerprint } = parseRoomLink(pasted);
 * ```
 */
export function parseRoomLink(text: string): RoomLink {
  check("parseRoomLink", [text]);
  return parseLink(loaded(), text);
}

/**
 * Reads an identity card: the bare text, or an address that carries it after `#`. Throws
 * {@link PeerError} with `card-unknown`, `card-damaged`, `card-version` or `card-not-trusted`.
 *
 * @example
 * ```ts
 * const { peer, name } = parseCard(scanned);
 * ```
 */
export function parseCard(text: string): IdentityCard {
  check("parseCard", [text]);
  return readCard(loaded(), text);
}

/**
 * Reads an invitation to a group without taking it: the bare text, or an address that carries it
 * after `#`. One for a single identity says all about itself, and its signature is verified; a link
 * says which group it is for and where its members meet. Throws {@link PeerError} with
 * `invitation-unknown`, `invitation-damaged`, `invitation-version` or `invitation-not-trusted`.
 *
 * @example
 * ```ts
 * const invitation = parseInvitation(pasted);
 * if (invitation.kind === "bound") show(invitation.name, invitation.inviter, invitation.until);
 * ```
 */
export function parseInvitation(text: string): GroupInvitation {
  check("parseInvitation", [text]);
  return readInvitation(loaded(), text);
}
