/**
 * The surface of the Rust core as this package sees it, written by hand.
 *
 * Everything here stays internal: the generated bindings must fit these types (the compiler checks
 * it in `low-level.ts`), and the public API never shows them.
 */

/** One thing the core tells the page. `type` discriminates. */
export type CoreEvent =
  | { type: "settled"; ticket: number; code?: string | undefined }
  | { type: "response"; ticket: number; data: Uint8Array }
  | {
      type: "server";
      url: string;
      state: "dialing" | "open" | "waiting" | "closed";
      code?: string | undefined;
      retryMs?: number | undefined;
    }
  | { type: "room"; room: number; state: "connecting" | "open" | "offline" }
  | {
      type: "member";
      room: number;
      node: string;
      peer?: string | undefined;
      state: "connecting" | "direct" | "relayed" | "recovering";
      rttMs?: number | undefined;
    }
  | { type: "member-left"; room: number; node: string; code: string }
  | { type: "connect-failed"; room: number; node: string; code: string }
  | {
      type: "message";
      room: number;
      node: string;
      label: string;
      data: Uint8Array;
      kind: "direct" | "reliable" | "ephemeral";
    }
  | {
      type: "request";
      request: number;
      room: number;
      node: string;
      label: string;
      data: Uint8Array;
    }
  | {
      type: "file";
      stream: number;
      room: number;
      node: string;
      name: string;
      mediaType: string;
      size: number;
    }
  | { type: "file-data"; stream: number; data: Uint8Array }
  | { type: "file-end"; stream: number }
  | { type: "stream-failed"; stream: number; code: string }
  | { type: "drained"; stream: number; sent: number; acknowledged: number }
  | { type: "warning"; code: string; node?: string | undefined };

/**
 * Hears of events. What comes with every message has a call of its own, which saves making an
 * object for it on the Rust side.
 */
export interface CoreListener {
  event(event: CoreEvent): void;
  message(room: number, node: string, label: string, data: Uint8Array, kind: number): void;
  settled(ticket: number, code: string | undefined): void;
  fileData(stream: number, data: Uint8Array): void;
}

/** What `new WebNode` is given. */
export interface CoreOptions {
  signaling: string[];
  iceServers?: RTCIceServer[];
  relayOnly?: boolean;
  identity?: Uint8Array;
}

/**
 * A running node. Methods that take a ticket settle it exactly once, by an event; they may also
 * throw an object with a `code` when the call is refused on the spot.
 */
export interface CoreNode {
  peer_id(): string;
  node_id(): string;
  join(ticket: number, link: string, timeoutMs: number): number;
  leave(room: number): void;
  send(
    ticket: number,
    room: number,
    node: string,
    label: string,
    data: Uint8Array,
    priority: number,
    until: number,
  ): void;
  broadcast(ticket: number, room: number, label: string, data: Uint8Array, mode: number): void;
  request(
    ticket: number,
    room: number,
    node: string,
    label: string,
    data: Uint8Array,
    timeoutMs: number,
  ): void;
  respond(request: number, data: Uint8Array): void;
  refuse(request: number, code: string): void;
  open_file(
    ticket: number,
    room: number,
    node: string,
    name: string,
    mediaType: string,
    size: number,
  ): number;
  write(ticket: number, stream: number, chunk: Uint8Array): void;
  finish(ticket: number, stream: number): void;
  accept_file(stream: number): void;
  grant(stream: number, bytes: number): void;
  cancel_stream(stream: number, code: string): void;
  cancel(ticket: number): void;
  wake(): void;
  leave_now(): void;
  diagnose(): unknown;
  close(ticket: number): void;
  free(): void;
}

/** The functions and the class that a loaded module offers. */
export interface CoreModule {
  create_room_link(servers: string[]): string;
  parse_room_link(text: string): unknown;
  error_codes(): string[];
  WebNode: new (options: CoreOptions, listener: CoreListener) => CoreNode;
}
