/**
 * Peer-to-peer for the web: pages talk directly over WebRTC; the server only introduces them.
 *
 * @example
 * ```ts
 * import { createPeer } from "lacis";
 *
 * const peer = await createPeer();
 * const room = await peer.join(location.hash);
 * for await (const message of room.messages()) console.log(message.text());
 * ```
 *
 * @module
 */
import { createPeerFrom, createRoomLinkFrom, initFrom, readFrom } from "./api.js";
import type { CoreModule } from "./core.js";
import { type GroupInvitation, readInvitation } from "./group/invitation.js";
import { type IdentityCard, readCard } from "./identity/card.js";
import { type Identities, openIdentitiesFrom } from "./identity/identities.js";
import { parseLink, type RoomLink, type RoomLinkOptions } from "./link.js";
import { load, type WasmSource } from "./low-level.js";
import type { Peer } from "./peer.js";
import type { PeerOptions } from "./peer-options.js";

export * from "./api-exports.js";

// Written out in full, so that bundlers see the file and carry it along.
const ownWasm = (): URL => new URL("../wasm/lacis_bg.wasm", import.meta.url);
const ownModule = (): Promise<CoreModule> => load(ownWasm());

/**
 * Loads the WebAssembly module. Whatever needs it does so by itself: call it early to save time
 * later. Calling it again does nothing.
 *
 * @example
 * ```ts
 * await init();
 * ```
 */
export function init(wasm?: WasmSource): Promise<void> {
  return initFrom(wasm ?? ownWasm());
}

/**
 * Starts a peer. It rejects with `unsupported-platform` outside of browsers, `webrtc-blocked` where
 * WebRTC is switched off, `busy` where the browser makes no more connections, `wasm-failed` where
 * the module does not come, and `store-in-use` while another page owns the store.
 *
 * @example
 * ```ts
 * const peer = await createPeer({ signaling: ["wss://example.org/ws"] });
 * ```
 */
export function createPeer(options: PeerOptions = {}): Promise<Peer> {
  return createPeerFrom(options.wasm ?? ownWasm(), options);
}

/**
 * Opens the identities that this browser keeps, in the database of that name. The module is loaded
 * once one is made or renamed.
 *
 * @example
 * ```ts
 * const identities = await openIdentities();
 * const me = await identities.getOrCreate("Ada");
 * ```
 */
export function openIdentities(name?: string): Promise<Identities> {
  return openIdentitiesFrom(ownModule, name);
}

/**
 * Makes the link of a room: of a new and secret one, or of the room of a secret. Whoever gets the
 * link can join; nobody else can, the servers included.
 *
 * @example
 * ```ts
 * location.hash = await createRoomLink();
 * ```
 */
export function createRoomLink(options?: RoomLinkOptions): Promise<string> {
  return createRoomLinkFrom(ownModule, options);
}

/**
 * Reads the link of a room without joining it: the bare text, or an address that carries it after
 * `#`. Rejects with `link-unknown`, `link-damaged` or `link-version`.
 *
 * @example
 * ```ts
 * const { fingerprint } = await parseRoomLink(pasted);
 * ```
 */
export function parseRoomLink(text: string): Promise<RoomLink> {
  return readFrom(ownModule, "parseRoomLink", parseLink, text);
}

/**
 * Reads an identity card: the bare text, or an address that carries it after `#`. Rejects with
 * `card-unknown`, `card-damaged`, `card-version` or `card-not-trusted`.
 *
 * @example
 * ```ts
 * const { peerId, name } = await parseCard(scanned);
 * ```
 */
export function parseCard(text: string): Promise<IdentityCard> {
  return readFrom(ownModule, "parseCard", readCard, text);
}

/**
 * Reads an invitation to a group without taking it: the bare text, or an address that carries it
 * after `#`. One for a single identity says all about itself, and its signature is verified; a link
 * says which group it is for and where its members meet. Rejects with `invitation-unknown`,
 * `invitation-damaged`, `invitation-version` or `invitation-not-trusted`.
 *
 * @example
 * ```ts
 * const invitation = await parseInvitation(pasted);
 * if (invitation.kind === "bound") show(invitation.name, invitation.inviter, invitation.until);
 * ```
 */
export function parseInvitation(text: string): Promise<GroupInvitation> {
  return readFrom(ownModule, "parseInvitation", readInvitation, text);
}
