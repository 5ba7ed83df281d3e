import type { PeerError, PeerErrorCode } from "./errors.js";
import type { Identity } from "./identity/identity.js";
import type { NodeId } from "./ids.js";
import type { WasmSource } from "./low-level.js";
import type { Store } from "./store/store.js";

/** Options of `createPeer`. */
export interface PeerOptions {
  /**
   * Servers that introduce peers to each other, as `wss://` addresses. All are used at once; one
   * that works is enough. Default: the server that sent the page, at `/ws`.
   */
  readonly signaling?: readonly string[] | undefined;
  /** STUN and TURN servers. Default: none, which is enough in one local network. */
  readonly iceServers?: readonly RTCIceServer[] | undefined;
  /** Only use TURN, so that the others never learn this page's network address. */
  readonly relayOnly?: boolean | undefined;
  /** One of `openIdentities`, or 32 secret bytes. Default: a new identity. */
  readonly identity?: Identity | Uint8Array | undefined;
  /**
   * Where groups are kept: the name of a database in this browser, or a store of one's own. One
   * page at a time owns it, for one identity; while another one does, `createPeer` rejects with
   * `store-in-use`, and `storeFree` says when that is over. Default: that of the `identity`, if it
   * is one of `openIdentities`; otherwise nowhere, and groups are gone with the page.
   */
  readonly store?: string | Store | undefined;
  /**
   * Takes the store from a page that owns it, instead of rejecting with `store-in-use`. That page
   * writes nothing any more, and its peer tells `storelost`.
   */
  readonly takeStore?: boolean | undefined;
  /** Where the WebAssembly module comes from. Default: the file in this package. */
  readonly wasm?: WasmSource | undefined;
  /** Gives up creating the peer; aborted later, it closes the peer. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * How the peer stands with its servers.
 *
 * - `connecting`: no server has answered yet.
 * - `online`: at least one server is connected.
 * - `offline`: none is; each is being tried again.
 * - `closed`: the peer was closed.
 */
export type PeerState = "connecting" | "online" | "offline" | "closed";

/** One server. */
export interface ServerStatus {
  /** Its address. */
  readonly url: string;
  /** `waiting` until it is dialed again; `closed` with the peer. */
  readonly state: "dialing" | "open" | "waiting" | "closed";
  /** Why it is not open, when that is known. */
  readonly code: PeerErrorCode | undefined;
  /** When the next try begins, on the clock of `Date.now()`; only in the state `waiting`. */
  readonly retryAt: number | undefined;
}

/** The detail of `warning`: something to look into that stopped nothing. */
export interface PeerWarning {
  /** What it was, as {@link PeerError} has it. */
  readonly code: PeerErrorCode;
  /** The node it is about, if it is about one. */
  readonly nodeId: NodeId | undefined;
}

/** What a peer tells. Every event is a `CustomEvent`; this maps its name to its `detail`. */
export interface PeerEvents {
  /** `peer.state` changed. */
  statechange: PeerState;
  /** A server's status changed. */
  server: ServerStatus;
  /** Something was not as it should be, and was dealt with. */
  warning: PeerWarning;
  /**
   * Another page has taken the store. Nothing is kept here any more: close the peer, and create one
   * again when people turn to this page.
   */
  storelost: PeerError;
  /** After `storelost`: no page owns the store now. */
  storefree: undefined;
}
