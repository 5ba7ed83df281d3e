/**
 * The surface of the Rust core as this package sees it, written by hand.
 *
 * Everything here stays internal: the generated bindings must fit these types (the compiler checks
 * it in `low-level.ts`), and the public API never shows them.
 */

/** One thing the core tells the page. `type` discriminates. */
export type CoreEvent =
  | { type: "completed"; ticket: number; code: string | undefined; outcome: CoreCompletion }
  | {
      type: "server";
      url: string;
      state: "dialing" | "open" | "waiting" | "closed";
      code?: string | undefined;
      retryMs?: number | undefined;
    }
  | { type: "online"; online: boolean }
  | { type: "room"; room: number; state: "connecting" | "open" | "offline" }
  | {
      type: "remote";
      room: number;
      node: string;
      peer?: string | undefined;
      state: "connecting" | "direct" | "relayed" | "recovering" | "indirect";
      rttMs?: number | undefined;
    }
  | { type: "remote-left"; room: number; node: string; code: string }
  | { type: "presence"; room: number; node: string; peer: string; data: Uint8Array }
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
  | { type: "warning"; code: string; node?: string | undefined }
  | { type: "group"; group: number; event: CoreGroupEvent };

/** What comes of a call: which of them follows from the call. */
export type CoreCompletion = undefined | Uint8Array | CoreGroup[] | CoreRecord | CorePreview;

/** Something that happened in a group. `about` discriminates. */
export type CoreGroupEvent =
  | {
      about: "record";
      record: CoreRecord;
      isNew: boolean;
      isOwn: boolean;
      from: string | undefined;
      watches: Iterable<number>;
    }
  | { about: "gone" | "rewritten"; id: string; text: string }
  | { about: "member"; member: CoreMember }
  | { about: "properties"; properties: CoreProperties }
  | { about: "found"; ticket: number; records: CoreRecord[] }
  | { about: "synced"; kinds: string[]; all: boolean }
  | { about: "approve"; number: number; record: CoreRecord }
  | { about: "exported"; ticket: number; bytes: Uint8Array<ArrayBuffer> }
  | { about: "unlocked" | "saved" | "servers" | "invitations" | "update-needed" | "sync" }
  | { about: "key-old" | "key-renewed" }
  | { about: "unsaved" | "refused" | "key-failed" | "closed"; code: string }
  | { about: "set-aside"; id: string; count: number }
  | { about: "clock"; count?: number | null }
  | { about: "rejected"; id: string; code: string }
  | { about: "damaged"; count: number };

/** A record as the core tells of it. */
export interface CoreRecord {
  id: string;
  kind: string;
  version: number;
  creator: string;
  modifier?: string | undefined;
  created: number;
  modified: number;
  expires?: number | undefined;
  deleted: boolean;
  header: Uint8Array;
  data?: Uint8Array | undefined;
  attributes: CoreAttribute[];
}

/** An attribute: a number, a time or a text. */
export interface CoreAttribute {
  name: string;
  kind: "int" | "date" | "text";
  number?: number | undefined;
  text?: string | undefined;
}

/** How a condition compares. */
export type CoreOperator = "eq" | "ne" | "lt" | "lte" | "gt" | "gte" | "like";

/** What records are looked for. A name that begins with `$` is a field of the system. */
export type CoreFilter =
  | { all: CoreFilter[] }
  | { any: CoreFilter[] }
  | { not: CoreFilter }
  | (CoreAttribute & { is: CoreOperator });

/** A member of a group. */
export interface CoreMember {
  peer: string;
  roles: number;
  until?: number | undefined;
  present: boolean;
}

/** An invitation for whoever has its link, as it is listed. */
export interface CoreOpenInvitation {
  id: string;
  issuer: string;
  roles: number;
  expires?: number | null;
  memberForMs?: number | null;
  uses: number;
  usedBy: string[];
  exact: boolean;
}

/** What such an invitation offers to somebody who looks at it. */
export interface CorePreview {
  properties: CoreProperties;
  /** Without those who came by it. */
  invitation: CoreOpenInvitation;
  used: number;
}

/** Where a node stands with what others hold. */
export interface CoreSync {
  state: "alone" | "syncing" | "synced";
  at?: number | null;
}

/** A group that is stored. */
export interface CoreGroup {
  id: string;
  name: string;
}

/** A group that is open. */
export interface CoreGroupInfo extends CoreGroup {
  founder?: string | null;
  properties?: CoreProperties | null;
  servers?: string[];
}

/** What the founder says of a group. No lifetime is one without end. */
export interface CoreProperties {
  name: string;
  comment: string;
  deferExpiry: boolean;
  memberLifetimeMs?: number | null | undefined;
  presenceLifetimeMs: number;
  budgetRecords: number;
  budgetBytes: number;
}

/** What the founder says of a new group; budgets that are not given are the usual ones. */
export type CoreNewProperties = Omit<CoreProperties, "budgetRecords" | "budgetBytes"> & {
  budgetRecords?: number | undefined;
  budgetBytes?: number | undefined;
};

/**
 * Hears of events. What comes with every message has a call of its own, which saves making an
 * object for it on the Rust side.
 */
export interface CoreListener {
  event(event: CoreEvent): void;
  /** Kind 3 is presence, of an empty text if it is over; its label is the identity. */
  message(room: number, node: string, label: string, data: Uint8Array, kind: number): void;
  completed(ticket: number, code: string | undefined, outcome: CoreCompletion): void;
  fileData(stream: number, data: Uint8Array): void;
  /** Makes a record of its parts. `numbers`: its version, and when it was made, changed, ends. */
  makeRecord(
    id: string,
    kind: string,
    creator: string,
    modifier: string | undefined,
    numbers: Float64Array,
    deleted: boolean,
    header: Uint8Array,
    data: Uint8Array | undefined,
    attributes: CoreAttribute[],
  ): CoreRecord;
  record(
    group: number,
    record: CoreRecord,
    isNew: boolean,
    isOwn: boolean,
    from: string | undefined,
    watches: Iterable<number>,
  ): void;
  /** One that is not whole is the beginning of one that is. */
  storeWrite(
    op: number,
    tables: Uint8Array,
    keys: Uint8Array[],
    values: (Uint8Array | undefined)[],
    isWhole: boolean,
  ): void;
  storeErase(op: number, prefix: Uint8Array): void;
  storeRead(op: number, table: number, keys: Uint8Array[]): void;
  storeScan(
    op: number,
    table: number,
    prefix: Uint8Array,
    after: Uint8Array | undefined,
    limit: number,
  ): void;
}

/** What `new WebNode` is given. */
export interface CoreOptions {
  signaling: string[];
  iceServers?: RTCIceServer[];
  relayOnly?: boolean;
  identity?: Uint8Array;
  store?: boolean;
}

/** What a node knows about itself. What is not known is undefined. */
export interface CoreReport {
  servers: {
    url: string;
    state: "dialing" | "open" | "waiting" | "closed";
    code: string | undefined;
    retryMs: number | undefined;
  }[];
  rooms: {
    room: number;
    state: "connecting" | "open" | "offline";
    known: number;
    lazy: string[];
  }[];
  groups: {
    group: number;
    held: number;
    waiting: number;
    aside: number;
    unsaved: string | undefined;
    neighbors: CoreNeighbor[];
  }[];
  remotes: {
    node: string;
    peer: string | undefined;
    state: "connecting" | "direct" | "relayed" | "recovering" | "indirect";
    rooms: number[];
    route: "server" | "mesh" | "manual" | undefined;
    failures: number;
    code: string | undefined;
    retryMs: number | undefined;
    waitingBytes: number;
    rttMs: number | undefined;
    local: "host" | "srflx" | "prflx" | "relay" | "peer" | undefined;
    remote: "host" | "srflx" | "prflx" | "relay" | "peer" | undefined;
    restarts: number | undefined;
    silentMs: number | undefined;
  }[];
  sockets: number;
  connections: number;
  spareConnections: number;
}

/** A linked member of a group, and what is to be sent either way. */
export interface CoreNeighbor {
  node: string;
  introduced: boolean;
  lazy: boolean;
  compared: boolean;
  missing: number;
  sending: number;
}

/**
 * A running node. Methods that take a ticket complete it exactly once, by an event; they may also
 * throw an object with a `code` when the call is refused on the spot. Rooms and groups, and files
 * that are sent, have numbers of the caller too, of which each is greater than those before.
 */
export interface CoreNode {
  peer_id(): string;
  node_id(): string;
  join(ticket: number, room: number, link: string, timeoutMs: number): void;
  leave(room: number): void;
  pair(written: number, linked: number, room: number, offer: string | undefined): void;
  complete_pairing(linked: number, answer: string): void;
  /** To one node, or to each node of an identity. */
  send(
    ticket: number,
    room: number,
    to: string,
    label: string,
    data: Uint8Array,
    priority: number,
    until: number,
  ): void;
  broadcast(ticket: number, room: number, label: string, data: Uint8Array, mode: number): void;
  /** What is empty says nothing any more. */
  set_presence(room: number, value: Uint8Array): void;
  request(
    ticket: number,
    room: number,
    node: string,
    label: string,
    data: Uint8Array,
    timeoutMs: number,
  ): void;
  /** Answers a request, or refuses it with a code. */
  respond(request: number, data: Uint8Array, code: string): void;
  open_file(
    ticket: number,
    stream: number,
    room: number,
    node: string,
    name: string,
    mediaType: string,
    size: number,
  ): void;
  write(ticket: number, stream: number, chunk: Uint8Array): void;
  finish(ticket: number, stream: number): void;
  accept_file(stream: number): void;
  grant(stream: number, bytes: number): void;
  cancel_stream(stream: number, code: string): void;
  cancel(ticket: number): void;
  /** The page is visible or online again (0), put aside (1), back (2), or closed (3). */
  page(change: 0 | 1 | 2 | 3): void;
  diagnose(): CoreReport;
  stored_groups(ticket: number): void;
  create_group(
    ticket: number,
    group: number,
    properties: CoreNewProperties,
    servers: string[],
  ): void;
  /**
   * As whatever opens a group: where it is open under another number, this refuses with the code
   * `group-open`, and has that as `number`.
   */
  open_group(ticket: number, group: number, id: string): void;
  join_group(ticket: number, group: number, text: string, timeoutMs: number, looks: boolean): void;
  connect_group(ticket: number, group: number, timeoutMs: number): void;
  /** Disconnects a group, and closes it unless it stays open. */
  close_group(group: number, stays: boolean): void;
  delete_group(ticket: number, group: number): void;
  add_record(
    ticket: number,
    group: number,
    kind: string,
    attributes: CoreAttribute[],
    data: Uint8Array,
    expires: number | undefined,
  ): string;
  update_record(
    ticket: number,
    group: number,
    header: Uint8Array,
    attributes: CoreAttribute[],
    data: Uint8Array,
    expires: number | undefined,
  ): void;
  delete_record(ticket: number, group: number, header: Uint8Array): void;
  read_record(ticket: number, group: number, id: string): void;
  query_records(
    ticket: number,
    group: number,
    kind: string | undefined,
    filter: CoreFilter | undefined,
  ): void;
  count_records(group: number, kind: string | undefined, creator: string | undefined): number;
  page_records(
    ticket: number,
    group: number,
    kind: string | undefined,
    filter: CoreFilter | undefined,
    newestFirst: boolean,
    credit: number,
  ): void;
  page_on(ticket: number, group: number, count: number): void;
  watch_records(
    group: number,
    watch: number,
    kind: string | undefined,
    filter: CoreFilter | undefined,
  ): void;
  unwatch_records(group: number, watch: number): void;
  invite(group: number, peer: string, roles: number, memberForMs: number | undefined): string;
  invite_anybody(
    group: number,
    roles: number,
    expiresMs: number | undefined,
    memberForMs: number | undefined,
    uses: number,
    exact: boolean,
  ): string;
  group_invitations(group: number): CoreOpenInvitation[];
  end_invitation(ticket: number, group: number, id: string): void;
  set_roles(
    ticket: number,
    group: number,
    peer: string,
    roles: number,
    memberForMs: number | undefined,
  ): void;
  revoke(
    ticket: number,
    group: number,
    peer: string,
    keepInvitations: boolean,
    undo: boolean,
  ): void;
  name_actions(ticket: number, group: number, peer: string): void;
  rename_group(ticket: number, group: number, name: string, comment: string | undefined): void;
  prefer_records(group: number, kinds: string[]): void;
  approve_records(group: number, kinds: string[]): void;
  answer_approval(group: number, number: number, accept: boolean): void;
  export_group(ticket: number, group: number): void;
  import_group(ticket: number, group: number, begins: Uint8Array): void;
  import_file(group: number, file: number, bytes: Uint8Array, isLast: boolean): number;
  group_stored(ticket: number, group: number): void;
  clock_correction(group: number): number;
  group_sync(group: number, kind: string | undefined): CoreSync;
  group_members(group: number): CoreMember[];
  set_servers(ticket: number, group: number, servers: string[]): void;
  group_info(group: number): CoreGroupInfo;
  roles_at(group: number, peer: string, at: number): number;
  stored(op: number): void;
  store_values(op: number, values: (Uint8Array | undefined)[]): void;
  store_page(op: number, packed: Uint8Array): void;
  store_failed(op: number, code: string): void;
  close(ticket: number): void;
  free(): void;
}

/** An invitation as `parse_invitation` gives it. `kind` discriminates. */
export type CoreInvitation =
  | { kind: "link"; group: string; servers: string[] }
  | {
      kind: "bound";
      group: string;
      name: string;
      peerId: string;
      inviter: string;
      roles: number;
      starts: number;
      until?: number | null;
      servers: string[];
    };

/** The functions and the class that a loaded module offers. */
export interface CoreModule {
  create_room_link(servers: string[], secret?: Uint8Array): string;
  parse_room_link(text: string): { servers: string[]; fingerprint: string };
  make_card(identity: Uint8Array, name: string): string;
  parse_card(text: string): unknown;
  parse_invitation(text: string): CoreInvitation;
  error_codes(): string[];
  rehearse(): void;
  WebNode: new (options: CoreOptions, listener: CoreListener) => CoreNode;
}
