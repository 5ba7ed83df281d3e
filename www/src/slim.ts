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
import { createPeerFrom, initFrom } from "./api.js";
import type { WasmSource } from "./low-level.js";
import type { Peer } from "./peer.js";
import type { PeerOptions } from "./peer-options.js";

export * from "./api-exports.js";

/** Loads the given WebAssembly module. Calling it again does nothing. */
export function init(wasm: WasmSource): Promise<void> {
  return initFrom(wasm);
}

/**
 * Starts a peer, from the module in `options.wasm` or the one that `init` has loaded; without
 * either it rejects with `not-initialized`.
 */
export function createPeer(options: PeerOptions = {}): Promise<Peer> {
  return createPeerFrom(options.wasm, options);
}
