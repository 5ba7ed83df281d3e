import { Answer } from "./body.js";
import { bytesOf, type Content } from "./bytes.js";
import { checked } from "./check.js";
import { asyncDispose } from "./dispose.js";
import { errorOfThrown, invalid, PeerError } from "./errors.js";
import { emit, TypedEventTarget } from "./events.js";
import type { NodeId } from "./ids.js";
import type {
  Answered,
  Asked,
  At,
  Given,
  Labels,
  MessageLabel,
  Outcome,
  RequestLabel,
} from "./labels.js";
import type { MessageOf } from "./message.js";
import { beginPairing, type Pairing } from "./pairing.js";
import { Presence } from "./presence.js";
import type { IncomingFile } from "./receive-file.js";
import type { Remote } from "./remote.js";
import type { RoomEvents, RoomState } from "./room-events.js";
import { type RequestHandler, RoomFeed } from "./room-feed.js";
import {
  type BroadcastOptions,
  DEFAULT_TIMEOUT_MS,
  type MessagesOptions,
  PRIORITIES,
  type ReadyOptions,
  type RequestOptions,
  type SendOptions,
  UNTIL,
  type WaitOptions,
} from "./room-options.js";
import { type FileSource, type SendFileOptions, type SentFile, sendFile } from "./send-file.js";
import type { Session } from "./session.js";
import { NO_ROOM } from "./tickets.js";
import { waitFor } from "./wait.js";

/**
 * A room that this page has joined. `peer.join` makes it.
 *
 * @example
 * ```ts
 * const room = await peer.join(link);
 * room.addEventListener("remotejoin", ({ detail: remote }) => {
 *   room.send(remote.id, "hello", "bonjour").catch(console.warn);
 * });
 * for await (const message of room.messages()) console.log(message.text());
 * ```
 */
export class Room<Types extends object = Labels> extends TypedEventTarget<RoomEvents<Types>> {
  /** The room's link, as text: whoever has it can join. That of a group's room is empty. */
  readonly link: string;
  /** A short public tag of the room, which does not give it away; of a group's room, its id. */
  readonly fingerprint: string;
  /** What the pages that are here say of themselves; in a group it is `group.presence`. */
  readonly presence: Presence;
  readonly #session: Session;
  readonly #onLeave: () => void;
  readonly #feed: RoomFeed;
  readonly #ownsPresence: boolean;
  #number = NO_ROOM;
  #holders = 1;
  #gone: PeerError | undefined;

  static {
    checked(Room, "room", (room) => room.#gone);
  }

  /** Use `peer.join`. */
  constructor(
    session: Session,
    link: string,
    fingerprint: string,
    onLeave: () => void,
    presence?: Presence,
  ) {
    super();
    this.#session = session;
    this.link = link;
    this.fingerprint = fingerprint;
    this.#onLeave = onLeave;
    this.presence =
      presence ??
      new Presence(
        (value) => session.core.set_presence(this.#number, value),
        (entry) => emit<RoomEvents>(this, "presence", entry),
      );
    this.#ownsPresence = presence === undefined;
    this.#feed = new RoomFeed(this, session);
  }

  /** How the room stands with the servers. */
  get state(): RoomState {
    return this.#feed.state;
  }

  /** Everybody else who is known to be here, by node id. It follows what happens. */
  get remotes(): ReadonlyMap<string, Remote> {
    return this.#feed.remotes;
  }

  /** Files that were offered and neither accepted nor declined yet. */
  get offers(): ReadonlySet<IncomingFile> {
    return this.#feed.offers;
  }

  /** Resolves once a server knows that this page is in the room. */
  ready(options: ReadyOptions = {}): Promise<void> {
    const check = (): boolean => {
      if (this.#gone !== undefined) throw this.#gone;
      return this.#feed.state === "open";
    };
    return waitFor(this, "statechange", check, {
      timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
      signal: options.signal,
      onTimeout: () => this.#session.servers.unreachable(),
    });
  }

  /**
   * Sends a message to one remote, in order with the others under the same priority. Rejects with
   * `would-block` where too much waits already, and with `remote-left` if it goes before.
   *
   * @example
   * ```ts
   * await room.send(remote.id, "chat", "bonjour", { until: "delivered" });
   * ```
   */
  send<Label extends MessageLabel<Types>>(
    nodeId: NodeId,
    label: Label,
    content: Given<At<Types, Label>>,
    options: SendOptions = {},
  ): Promise<void> {
    const { priority = "auto", until = "accepted", signal } = options;
    return this.#issue((ticket) => {
      const data = bytesOf(content as Content);
      const { core } = this.#session;
      core.send(ticket, this.#number, nodeId, label, data, PRIORITIES[priority], UNTIL[until]);
    }, signal);
  }

  /**
   * Links to somebody in the same room with no server between: people carry two texts, by copy and
   * paste or as QR. Without `offer` this page begins; with the text of the other page it answers.
   *
   * @example
   * ```ts
   * const pairing = await room.pair(); // the other page: await room.pair(thisText)
   * show(pairing.text);
   * await pairing.complete(theirText); // the other page: await pairing.linked
   * ```
   */
  pair(offer?: string, options?: WaitOptions): Promise<Pairing> {
    return beginPairing(this.#session, this.#number, offer, options?.signal);
  }

  /**
   * Sends a message to everybody in the room; resolves once it was handed to the network. Rejects
   * only if nobody gets it: `warning` tells of single remotes for whom too much waits.
   */
  broadcast<Label extends MessageLabel<Types>>(
    label: Label,
    content: Given<At<Types, Label>>,
    options: BroadcastOptions = {},
  ): Promise<void> {
    const mode = options.reliable === false ? 0 : 1;
    return this.#issue((ticket) => {
      const data = bytesOf(content as Content);
      this.#session.core.broadcast(ticket, this.#number, label, data, mode);
    }, options.signal);
  }

  /**
   * Asks one remote and waits for the answer. Rejects with `timeout`, and with `no-handler` or
   * `handler-failed` if the other page gives none.
   *
   * @example
   * ```ts
   * const time = (await room.request(remote.id, "time")).text();
   * ```
   */
  async request<Label extends RequestLabel<Types>>(
    nodeId: NodeId,
    label: Label,
    content?: Given<Asked<At<Types, Label>>>,
    options: RequestOptions = {},
  ): Promise<Answer<Answered<At<Types, Label>>>> {
    const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    const answer = await this.#issue<Uint8Array>((ticket) => {
      const data = bytesOf(content === undefined ? "" : (content as Content));
      this.#session.core.request(ticket, this.#number, nodeId, label, data, timeoutMs);
    }, options.signal);
    return new Answer(answer);
  }

  /**
   * Asks everybody who is in `remotes` now, and resolves once each has answered or failed, with an
   * outcome for each as `Promise.allSettled` gives it. One deadline holds for all, and who is not
   * heard by then has failed with `timeout`. In rooms of more than 12 others ask few of them: each
   * needs a link, of which a page has 12.
   *
   * @example
   * ```ts
   * for (const [remote, outcome] of await room.requestAll("vote", motion)) {
   *   show(remote.id, outcome.status === "fulfilled" ? outcome.value.json() : outcome.reason.code);
   * }
   * ```
   */
  async requestAll<Label extends RequestLabel<Types>>(
    label: Label,
    content?: Given<Asked<At<Types, Label>>>,
    options: RequestOptions = {},
  ): Promise<ReadonlyMap<Remote, Outcome<Answer<Answered<At<Types, Label>>>>>> {
    const remotes = [...this.#feed.remotes.values()];
    const asked = remotes.map(({ id }) => this.request(id, label, content, options));
    const outcomes = await Promise.allSettled(asked);
    return new Map(outcomes.map((outcome, at) => [remotes[at] as Remote, outcome]));
  }

  /** Answers requests under `label`; the returned function stops that. One handler a label. */
  respond<Label extends RequestLabel<Types>>(
    label: Label,
    handler: RequestHandler<Asked<At<Types, Label>>, Given<Answered<At<Types, Label>>>>,
  ): () => void {
    if (this.#feed.handlers.has(label)) {
      throw invalid(`room.respond: requests labelled "${label}" are answered already`);
    }
    this.#feed.handlers.set(label, handler as RequestHandler);
    return () => {
      if (this.#feed.handlers.get(label) === handler) this.#feed.handlers.delete(label);
    };
  }

  /**
   * Sends a file to one remote; resolves when it has confirmed every byte. Rejects with `rejected`
   * if it does not want it, and with `source-failed` if the file or stream cannot be read to its
   * end; `cause` is what the browser or the stream says then.
   *
   * @example
   * ```ts
   * await room.sendFile(remote.id, input.files[0], { onProgress: (n, all) => bar.set(n, all) });
   * ```
   */
  sendFile(nodeId: NodeId, source: FileSource, options: SendFileOptions = {}): Promise<SentFile> {
    return sendFile(this.#session, { room: this.#number, nodeId }, source, options);
  }

  /**
   * The messages that arrive from now on. The iterator ends when the room is left; it throws
   * `too-slow` instead of losing a message when its reader falls too far behind.
   */
  messages<Label extends MessageLabel<Types> = MessageLabel<Types>>(
    options: MessagesOptions<Label> = {},
  ): AsyncIterableIterator<MessageOf<Types, Label>, undefined> {
    return this.#feed.subscribe(options) as AsyncIterableIterator<never, undefined>;
  }

  /**
   * Leaves the room, and tells the others. A room that was joined several times is left when each
   * of its joins has left.
   */
  leave(): Promise<void> {
    if (this.#gone !== undefined) return Promise.resolve();
    this.#holders -= 1;
    if (this.#holders === 0) {
      const number = this.#number;
      this.#end(new PeerError("left"));
      if (number >= 0) this.#session.attempt(() => this.#session.core.leave(number));
    }
    return Promise.resolve();
  }

  /** Leaves the room at the end of an `await using` block. */
  [asyncDispose](): Promise<void> {
    return this.leave();
  }

  /** @internal Joins the room in the core; resolves when a server has answered. */
  enter(timeoutMs: number, signal: AbortSignal | undefined): Promise<undefined> {
    const { core, rooms, tickets } = this.#session;
    const number = this.#session.number();
    const call = (ticket: number): void => {
      this.#number = number;
      rooms.set(number, (event) => this.#feed.handle(event));
      try {
        core.join(ticket, number, this.link, timeoutMs);
      } catch (thrown) {
        rooms.delete(number);
        this.#number = NO_ROOM;
        throw thrown;
      }
    };
    // At once, and not behind an await: the core may have more to say in this very turn.
    return tickets.issue(NO_ROOM, call, signal, () => this.#session.inbox.quieten());
  }

  /** @internal The room of a group, which has a number already. */
  attach(number: number, timeoutMs: number): Promise<undefined> {
    const { core, rooms, tickets } = this.#session;
    const call = (ticket: number): void => {
      this.#number = number;
      rooms.set(number, (event) => this.#feed.handle(event));
      try {
        core.connect_group(ticket, number, timeoutMs);
      } catch (thrown) {
        // It is none: nobody goes on trying.
        this.abandon(errorOfThrown(thrown));
      }
    };
    return tickets.issue(number, call);
  }

  /** @internal Its number in the core. */
  get number(): number {
    return this.#number;
  }

  /** @internal Whether the core has taken the room. */
  get entered(): boolean {
    return this.#number >= 0;
  }

  /** @internal One more join shares this room. */
  retain(): this {
    this.#holders += 1;
    return this;
  }

  /** @internal The peer was closed, or the core refused the room. */
  abandon(error: PeerError): void {
    if (this.#gone === undefined) this.#end(error);
  }

  #issue<Result = void>(
    call: (ticket: number) => void,
    signal: AbortSignal | undefined,
  ): Promise<Result> {
    return this.#session.tickets.issue(this.#number, call, signal);
  }

  #end(error: PeerError): void {
    this.#gone = error;
    if (this.#ownsPresence) this.presence.end(error);
    this.#onLeave();
    this.#session.rooms.delete(this.#number);
    this.#session.abandon(error, this.#number);
    this.#feed.end(error.code);
  }
}
