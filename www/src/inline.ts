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
import { createPeerFrom, initFrom } from "./api.js";
import { type Identities, openIdentitiesFrom } from "./identity/identities.js";
import { load, type WasmSource } from "./low-level.js";
import type { Peer } from "./peer.js";
import type { PeerOptions } from "./peer-options.js";

export * from "./api-exports.js";

/** Loads the WebAssembly module that is inside. Calling it again does nothing. */
export function init(wasm: WasmSource = ownWasm()): Promise<void> {
  return initFrom(wasm);
}

/**
 * Starts a peer. It rejects with `unsupported-platform` outside of browsers and with
 * `webrtc-blocked` where WebRTC is switched off.
 */
export function createPeer(options: PeerOptions = {}): Promise<Peer> {
  return createPeerFrom(options.wasm ?? ownWasm(), options);
}

/** Opens the identities that this browser keeps, in the database of that name. */
export function openIdentities(name?: string): Promise<Identities> {
  return openIdentitiesFrom(() => load(ownWasm()), name);
}

/** As a response, which is decompressed while it is compiled, and only when it is read. */
function ownWasm(): Response {
  const bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  const module = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(module, { headers: { "content-type": "application/wasm" } });
}
