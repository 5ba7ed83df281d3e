/**
 * The same API for those who bring the WebAssembly module themselves: `lacis/lacis.wasm` is its
 * file.
 *
 * @example
 * ```ts
 * import wasm from "lacis/lacis.wasm?url";
 * import { createPeer, init } from "lacis/slim";
 *
 * await init(wasm);
 * const peer = await createPeer();
 * ```
 *
 * @module
 */
import { createPeerFrom, createRoomLinkFrom, initFrom, readFrom } from "./api.js";
import type { CoreModule } from "./core.js";
import { type GroupInvitation, readInvitation } from "./group/invitation.js";
import { type IdentityCard, readCard } from "./identity/card.js";
import { parseLink, type RoomLink, type RoomLinkOptions } from "./link.js";
import { loaded, type WasmSource } from "./low-level.js";
import type { Peer } from "./peer.js";
import type { PeerOptions } from "./peer-options.js";

export * from "./api-exports.js";

// Rejects, as a promise does, where nothing was loaded.
const ownModule = async (): Promise<CoreModule> => loaded();

/** Loads the given WebAssembly module. Calling it again does nothing. */
export function init(wasm: WasmSource): Promise<void> {
  return initFrom(wasm);
}

/**
 * Starts a peer, from the module in `options.wasm` or the one that `init` has loaded; without
 * either it rejects with `not-initialized`. It also rejects with `unsupported-platform` outside of
 * browsers, `webrtc-blocked` where WebRTC is switched off, `busy` where the browser makes no more
 * connections, and `store-in-use` while another page owns the store.
 */
export function createPeer(options: PeerOptions = {}): Promise<Peer> {
  return createPeerFrom(options.wasm, options);
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
