import { bytesOf, type Content, NOTHING } from "./bytes.js";
import { codeOf, errorOfAbort, errorOfCode, report } from "./errors.js";
import { emit, type TypedEventTarget } from "./events.js";
import { IncomingRequest, Message } from "./message.js";
import type { Presence } from "./presence.js";
import { EventQueue } from "./queue.js";
import { IncomingFile } from "./receive-file.js";
import { type Remote, RemoteNode } from "./remote.js";
import type { RoomEvents, RoomState } from "./room-events.js";
import { DEFAULT_LIMITS, type MessagesOptions } from "./room-options.js";
import type { RoomEvent, Session } from "./session.js";

/** Answers a question; what it returns is sent back. */
export type RequestHandler<Question = unknown, Reply = Content> = (
  request: IncomingRequest<Question>,
) => Reply | Promise<Reply>;

type EventOf<Type extends RoomEvent["type"]> = Extract<RoomEvent, { type: Type }>;

interface Subscription {
  readonly label: string | undefined;
  readonly queue: EventQueue<Message>;
}

/**
 * The incoming half of a room: keeps what the core reported (state, remotes, offers) and passes it
 * on to listeners, iterators and request handlers.
 */
export class RoomFeed {
  readonly remotes = new Map<string, RemoteNode>();
  readonly offers = new Set<IncomingFile>();
  readonly handlers = new Map<string, RequestHandler>();
  state: RoomState = "connecting";
  readonly #target: TypedEventTarget<RoomEvents> & { readonly presence: Presence };
  readonly #session: Session;
  readonly #subscriptions = new Set<Subscription>();

  constructor(
    target: TypedEventTarget<RoomEvents> & { readonly presence: Presence },
    session: Session,
  ) {
    this.#target = target;
    this.#session = session;
  }

  /** Takes one event of the core. */
  handle(event: RoomEvent): void {
    switch (event.type) {
      case "message":
        this.#onMessage(event);
        break;
      case "room":
        this.#setState(event.state);
        break;
      case "remote":
        this.#onRemote(event);
        break;
      case "remote-left":
        this.#onRemoteLeft(event.node, event.code);
        break;
      case "presence":
        this.#target.presence.hear(this.#remoteOf(event.node, event.peer), event.data);
        break;
      case "connect-failed":
        emit<RoomEvents>(this.#target, "connectfailed", {
          nodeId: event.node,
          error: errorOfCode(event.code),
        });
        break;
      case "request":
        void this.#onRequest(event);
        break;
      case "file":
        this.#onFile(event);
        break;
    }
  }

  /** Opens an iterator over the messages from now on. */
  subscribe({ label, signal, limits }: MessagesOptions): EventQueue<Message> {
    if (signal?.aborted) throw errorOfAbort(signal);
    const onAbort = (): void => queue.end(errorOfAbort(signal as AbortSignal));
    const { items = DEFAULT_LIMITS.items, bytes = DEFAULT_LIMITS.bytes } = limits ?? {};
    const queue = new EventQueue<Message>({ items, bytes }, () => {
      signal?.removeEventListener("abort", onAbort);
      this.#subscriptions.delete(subscription);
    });
    const subscription: Subscription = { label, queue };
    if (this.state === "left") {
      queue.end();
      return queue;
    }
    signal?.addEventListener("abort", onAbort, { once: true });
    this.#subscriptions.add(subscription);
    return queue;
  }

  /** Nothing more will come: iterators end, and the remotes are gone from here. */
  end(code: string): void {
    for (const subscription of [...this.#subscriptions]) subscription.queue.end();
    for (const node of [...this.remotes.keys()]) this.#onRemoteLeft(node, code);
    this.offers.clear();
    this.handlers.clear();
    this.#setState("left");
  }

  #onMessage({ node, label, data, kind }: EventOf<"message">): void {
    const message = new Message(this.#remoteOf(node), label, data, kind);
    for (const subscription of this.#subscriptions) {
      if (subscription.label !== undefined && subscription.label !== label) continue;
      subscription.queue.push(message, data.byteLength);
    }
    emit<RoomEvents>(this.#target, "message", message);
  }

  #setState(state: RoomState): void {
    if (this.state === state || this.state === "left") return;
    this.state = state;
    emit<RoomEvents>(this.#target, "statechange", state);
  }

  #onRemote({ node, peer, state, rttMs }: EventOf<"remote">): void {
    const known = this.remotes.get(node);
    if (known === undefined) {
      const remote = new RemoteNode(node, peer ?? "", state, rttMs);
      this.remotes.set(node, remote);
      emit<RoomEvents>(this.#target, "remotejoin", remote);
      return;
    }
    if (peer !== undefined) known.peerId = peer;
    known.state = state;
    known.rttMs = rttMs ?? known.rttMs;
    emit<RoomEvents>(this.#target, "remotechange", known);
  }

  #onRemoteLeft(node: string, code: string): void {
    const remote = this.remotes.get(node);
    if (remote === undefined) return;
    this.remotes.delete(node);
    remote.state = "left";
    emit<RoomEvents>(this.#target, "remoteleave", { remote, code: codeOf(code) });
  }

  async #onRequest({ request, node, label, data }: EventOf<"request">): Promise<void> {
    const respond = (answer: Uint8Array, code = ""): void =>
      this.#session.attempt(() => this.#session.core.respond(request, answer, code));
    const handler = this.handlers.get(label);
    if (handler === undefined) {
      respond(NOTHING, "no-handler");
      return;
    }
    try {
      const incoming = new IncomingRequest(this.#remoteOf(node), label, data);
      respond(bytesOf(await handler(incoming)));
    } catch (thrown) {
      respond(NOTHING, "handler-failed");
      // The asking side learns only that it failed; what failed belongs in this page's console.
      report(thrown);
    }
  }

  #onFile({ stream, room, node, name, mediaType, size }: EventOf<"file">): void {
    const offer = { stream, scope: room, from: this.#remoteOf(node), name, mediaType, size };
    const file = new IncomingFile(this.#session, offer, (taken) => this.offers.delete(taken));
    this.offers.add(file);
    emit<RoomEvents>(this.#target, "file", file);
  }

  // What arrived last from somebody who has just left still names its sender.
  #remoteOf(node: string, peer = ""): Remote {
    return this.remotes.get(node) ?? new RemoteNode(node, peer, "left", undefined);
  }
}
