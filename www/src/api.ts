import { check } from "./check.js";
import type { CoreModule } from "./core.js";
import { secretOf } from "./identity/identity.js";
import { createLink, type RoomLinkOptions } from "./link.js";
import { load, loaded, type WasmSource } from "./low-level.js";
import { Peer } from "./peer.js";
import type { PeerOptions } from "./peer-options.js";
import { checkPlatform, warmUp } from "./platform.js";
import { openStore } from "./store/open.js";
import { untilAborted } from "./wait.js";

/** Loads the module from `source`, once. */
export async function initFrom(source: WasmSource): Promise<void> {
  const loading = load(source);
  warmUp();
  (await loading).rehearse();
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

/** Reads a text that people carry; `call` is what the application has called. */
export async function readFrom<Read>(
  module: Loading,
  call: string,
  read: (module: CoreModule, text: string) => Read,
  text: string,
): Promise<Read> {
  check(call, [text]);
  return read(await module(), text);
}
