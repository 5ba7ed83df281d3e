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
import { createPeerFrom, initFrom } from "./api.js";
import { type Identities, openIdentitiesFrom } from "./identity/identities.js";
import { load, type WasmSource } from "./low-level.js";
import type { Peer } from "./peer.js";
import type { PeerOptions } from "./peer-options.js";

export * from "./api-exports.js";

// Written out in full, so that bundlers see the file and carry it along.
const ownWasm = (): URL => new URL("../wasm/lacis_bg.wasm", import.meta.url);

/**
 * Loads the WebAssembly module; `createPeer` and identities do so by themselves. Call it early to
 * save time later, or to use `createRoomLink` without a peer. Calling it again does nothing.
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
 * Starts a peer. It rejects with `unsupported-platform` outside of browsers and with
 * `webrtc-blocked` where WebRTC is switched off.
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
 * const [me = await identities.create("Ada")] = await identities.list();
 * ```
 */
export function openIdentities(name?: string): Promise<Identities> {
  return openIdentitiesFrom(() => load(ownWasm()), name);
}
