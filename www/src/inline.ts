/**
 * The same API with the WebAssembly module inside: nothing has to be found, served or configured.
 * For bundlers that do not carry the module's file along, for pages that are one file, and for
 * scripts from a CDN. It is a third of a megabyte of text, parsed with the page.
 *
 * @example
 * ```ts
 * import { createPeer } from "lacis/inline";
 *
 * const peer = await createPeer({ signaling: ["wss://example.org/ws"] });
 * ```
 *
 * @module
 */
import text from "../wasm/inline.js";
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

const ownModule = (): Promise<CoreModule> => load(ownWasm());

/** Loads the WebAssembly module that is inside. Calling it again does nothing. */
export function init(wasm: WasmSource = ownWasm()): Promise<void> {
  return initFrom(wasm);
}

/**
 * Starts a peer. It rejects with `unsupported-platform` outside of browsers, `webrtc-blocked` where
 * WebRTC is switched off, `busy` where the browser makes no more connections, `wasm-failed` where
 * the module does not come, and `store-in-use` while another page owns the store.
 */
export function createPeer(options: PeerOptions = {}): Promise<Peer> {
  return createPeerFrom(options.wasm ?? ownWasm(), options);
}

/** Opens the identities that this browser keeps, in the database of that name. */
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

/** As a response, which is decompressed while it is compiled, and only when it is read. */
function ownWasm(): Response {
  const bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  const module = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(module, { headers: { "content-type": "application/wasm" } });
}
