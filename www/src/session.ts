import type { CoreEvent, CoreGroupEvent, CoreModule, CoreNode, CoreOptions } from "./core.js";
import { errorOfCode, errorOfThrown, PeerError, report } from "./errors.js";
import { FailedConnects } from "./failed-connects.js";
import { Inbox } from "./inbox.js";
import { recordOf } from "./record-parts.js";
import { Servers } from "./servers.js";
import { StoreKeeper } from "./store/keeper.js";
import type { Store } from "./store/store.js";
import { endsWith, NO_ROOM, Tickets } from "./tickets.js";

/** Where the events of one file transfer go. */
export interface StreamSink {
  /** The room it belongs to. */
  readonly scope: number;
  /** Bytes arrived (receiver). */
  data?(chunk: Uint8Array): void;
  /** All bytes arrived (receiver). */
  end?(): void;
  /** The receiver confirmed bytes (sender). */
  drained?(acknowledged: number): void;
  /** The transfer is over, without success. */
  failed(error: PeerError): void;
}

/** What belongs to a room. */
export type RoomEvent = Extract<CoreEvent, { room: number }>;
/** What belongs to the peer as a whole. */
export type PeerEvent = Extract<CoreEvent, { type: "server" | "online" | "warning" }>;

/**
 * One running node together with what waits for it: tickets, rooms, file transfers. Routes every
 * event of the core to the one place that it concerns; knows nothing of the public objects.
 */
export class Session {
  readonly tickets: Tickets;
  readonly inbox = new Inbox((event) => this.#route(event));
  readonly servers = new Servers();
  readonly failedConnects = new FailedConnects();
  readonly streams = new Map<number, StreamSink>();
  readonly rooms = new Map<number, (event: RoomEvent) => void>();
  readonly groups = new Map<number, (event: CoreGroupEvent) => void>();
  readonly #keeper: StoreKeeper | undefined;
  readonly #onPeerEvent: (event: PeerEvent) => void;
  readonly #core: CoreNode;
  #last = 0;
  #isOver = false;
  #freed = false;

  constructor(
    module: CoreModule,
    options: CoreOptions,
    onPeerEvent: (event: PeerEvent) => void,
    store?: Store | undefined,
  ) {
    this.#onPeerEvent = onPeerEvent;
    this.#keeper = store && new StoreKeeper(store, (give) => this.attempt(() => give(this.#core)));
    this.tickets = new Tickets((ticket) => this.attempt(() => this.#core.cancel(ticket)));
    this.#core = new module.WebNode(options, {
      event: (event) => this.inbox.take(event),
      message: (room, node, label, data, code) => {
        const kind = KINDS[code];
        const event = { room, node, data };
        if (kind === undefined) this.inbox.take({ type: "presence", ...event, peer: label });
        else this.inbox.take({ type: "message", ...event, label, kind });
      },
      completed: (ticket, code, outcome) => {
        if (this.inbox.isIdle) this.tickets.complete(ticket, code, outcome);
        else this.inbox.take({ type: "completed", ticket, code, outcome });
      },
      makeRecord: recordOf,
      record: (group, record, isNew, isOwn, from, watches) => {
        const event = { about: "record", record, isNew, isOwn, from, watches } as const;
        this.inbox.take({ type: "group", group, event });
      },
      fileData: (stream, data) => this.inbox.take({ type: "file-data", stream, data }),
      storeWrite: (op, tables, keys, values, isWhole) =>
        this.#keeper?.write(op, tables, keys, values, isWhole),
      storeErase: (op, prefix) => this.#keeper?.erase(op, prefix),
      storeRead: (op, table, keys) => this.#keeper?.read(op, table, keys),
      storeScan: (op, table, prefix, after, limit) =>
        this.#keeper?.scan(op, table, prefix, after, limit),
    });
  }

  /** The node; throws `closed` once the session is over, whoever asks. */
  get core(): CoreNode {
    if (this.#isOver) throw new PeerError("closed");
    return this.#core;
  }

  /** Starts routing, once the owner can take events. */
  start(): void {
    this.inbox.open();
  }

  /**
   * A number for a room, a group or a file that is sent, which nothing else has had. The core may
   * speak of it inside the call that is given it, so whoever hears of it is registered before.
   */
  number(): number {
    this.#last += 1;
    return this.#last;
  }

  /** Makes a call whose failure means only that there is nothing left to do. */
  attempt(call: () => void): void {
    if (this.#freed) return;
    try {
      call();
    } catch (thrown) {
      // A closed node or a finished stream refuses; anything else must not pass unseen.
      if (errorOfThrown(thrown).code === "internal") throw thrown;
    }
  }

  /** Ends all that waits, in one room or everywhere. */
  abandon(error: PeerError, scope?: number): void {
    this.tickets.rejectAll(error, scope);
    for (const [stream, sink] of [...this.streams]) {
      if (!endsWith(scope, sink.scope)) continue;
      this.streams.delete(stream);
      sink.failed(error);
    }
  }

  /** The page is put aside: every connection is closed, and the store let go of. */
  suspend(): void {
    this.attempt(() => this.#core.page(1));
    this.#keeper?.suspend();
  }

  /** The page is back. */
  resume(): void {
    this.attempt(() => this.#core.page(2));
    this.#keeper?.resume();
  }

  /** The page is going away for good: says goodbye, without waiting. */
  leaveNow(): void {
    this.#isOver = true;
    this.abandon(new PeerError("closed"));
    this.attempt(() => this.#core.page(3));
  }

  /** Leaves cleanly, and gives the memory of the node back. */
  async close(): Promise<void> {
    this.#isOver = true;
    this.abandon(new PeerError("closed"));
    try {
      await this.tickets.issue(NO_ROOM, (ticket) => this.#core.close(ticket));
    } finally {
      this.#freed = true;
      this.#core.free();
      this.#keeper?.close();
    }
  }

  #route(event: CoreEvent): void {
    try {
      this.#dispatch(event);
    } catch (thrown) {
      // A progress callback may throw; the events behind this one are still due.
      report(thrown);
    }
  }

  #dispatch(event: CoreEvent): void {
    switch (event.type) {
      case "completed":
        this.tickets.complete(event.ticket, event.code, event.outcome);
        break;
      case "file-data":
        this.streams.get(event.stream)?.data?.(event.data);
        break;
      case "file-end":
        this.#closeStream(event.stream)?.end?.();
        break;
      case "stream-failed":
        this.#closeStream(event.stream)?.failed(errorOfCode(event.code));
        break;
      case "drained":
        this.streams.get(event.stream)?.drained?.(event.acknowledged);
        break;
      case "group":
        this.groups.get(event.group)?.(event.event);
        break;
      case "server":
      case "online":
      case "warning":
        this.#onPeerEvent(event);
        break;
      case "connect-failed":
        this.failedConnects.take(event.node, event.code);
        this.rooms.get(event.room)?.(event);
        break;
      default:
        this.rooms.get(event.room)?.(event);
    }
  }

  #closeStream(stream: number): StreamSink | undefined {
    const sink = this.streams.get(stream);
    this.streams.delete(stream);
    return sink;
  }
}

/** The kinds of messages, by the number that the core tells. */
const KINDS = ["direct", "reliable", "ephemeral"] as const;
