import type { Answer } from "../body.js";
import { bytesOf, type Content } from "../bytes.js";
import { checked } from "../check.js";
import type { CoreGroupEvent, CoreGroupInfo } from "../core.js";
import { asyncDispose } from "../dispose.js";
import { attempted, errorOfCode, PeerError, type PeerErrorCode } from "../errors.js";
import { emit } from "../events.js";
import type { PeerId } from "../ids.js";
import type { Answered, Asked, At, Given, MessageLabel, RequestLabel } from "../labels.js";
import type { MessageOf } from "../message.js";
import type { Pairing } from "../pairing.js";
import { Presence } from "../presence.js";
import { Room } from "../room.js";
import type { RoomEvents } from "../room-events.js";
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
} from "../room-options.js";
import type { Session } from "../session.js";
import { NO_ROOM, scopeOfGroup } from "../tickets.js";
import type { ConnectWish, GroupEvents, GroupProperties } from "./options.js";
import { propertiesOf } from "./properties.js";
import { GroupRecords } from "./records.js";
import { connectionOf, type GroupConnection } from "./standing.js";
import { tell } from "./tell.js";
import type { GroupTypes, MessagesOf, PresenceOf } from "./types.js";

/** How long a link is kept for somebody who has looked at an invitation. */
const LOOK_MS = 10_000;

/**
 * A group: identities that share signed records. It is read and written whether it is connected or
 * not; `peer.createGroup`, `peer.joinGroup` and `peer.openGroup` make it.
 *
 * @example
 * ```ts
 * const group = await peer.createGroup({ name: "Board" });
 * const link = await group.invite({ expires: "7d" });
 * await group.add({ type: "chat", data: "bonjour" });
 * for await (const record of group.watch({ type: "chat" })) console.log(record.text());
 * ```
 */
export class Group<Types extends GroupTypes = GroupTypes> extends GroupRecords<Types> {
  /** What the members who are here say of themselves. */
  readonly presence = new Presence<PresenceOf<Types>>(
    (value) => this.session.core.set_presence(this.number, value),
    (entry) => {
      emit<GroupEvents>(this, "presence", entry);
      if (this.#room !== undefined) emit<RoomEvents>(this.#room, "presence", entry);
    },
  );
  readonly #onClose: () => void;
  #room: Room | undefined;
  /** What was known when the group was closed. */
  #last: CoreGroupInfo | undefined;
  #isOpen = false;
  /** Calls that wait until the group is open, or until somebody lets this identity in. */
  #openings = 0;
  /** Who has looked at an invitation to it, and might take it. */
  #looks = 0;
  /** Whether something may be kept of it that is to go if it never opens. */
  #wasAskedFor = false;
  /** What was told of it last. */
  #connection: GroupConnection = "disconnected";
  #refusal: PeerErrorCode | undefined;

  static {
    checked(Group, "group", (group) => group.gone);
  }

  /** Use `peer.createGroup`, `peer.joinGroup` or `peer.openGroup`. */
  constructor(session: Session, number: number, onClose: () => void) {
    super(session, number);
    this.#onClose = onClose;
    session.groups.set(number, (event) => this.#handle(event));
  }

  /** What the group is called. */
  get name(): string {
    return this.#info().name;
  }

  /** What people should know of the group; empty as long as its founder's word has not come. */
  get comment(): string {
    return this.properties?.comment ?? "";
  }

  /** The identity that founded the group; undefined while this one waits to be admitted. */
  get founder(): PeerId | undefined {
    return this.#info().founder ?? undefined;
  }

  /**
   * What the founder says of the group; undefined from joining until a member has passed it on. The
   * event `properties` tells of every change.
   */
  get properties(): GroupProperties | undefined {
    const { properties } = this.#info();
    return properties == null ? undefined : propertiesOf(properties);
  }

  /**
   * Signaling servers at which the members meet; none means those that each of them is made with.
   * The event `servers` tells when an admin has changed them by {@link Group.setServers}.
   */
  get servers(): readonly string[] {
    return this.#info().servers ?? [];
  }

  /**
   * The room in which connected members meet, for direct and ephemeral messages and files;
   * undefined while the group is not connected. Only members are in it.
   */
  get room(): Room<MessagesOf<Types>> | undefined {
    return this.#room as Room<MessagesOf<Types>> | undefined;
  }

  /**
   * How the group stands with its members, and so what `connect` has found. The event `connection`
   * tells of changes. See also `refusal`, and `clockAheadMs`: by a wrong clock nothing is taken.
   */
  get connection(): GroupConnection {
    return connectionOf(this.#room);
  }

  /**
   * Why others do not take this identity for a member, `revoked` or `not-member`, if one has said
   * so since it was connected or linked to a member last; the event `refused` tells.
   */
  get refusal(): PeerErrorCode | undefined {
    return this.#refusal;
  }

  /** Looks for the other members and links to them; resolves once a server has answered. */
  async connect(options: ReadyOptions = {}): Promise<Room<MessagesOf<Types>>> {
    const room = this.#room ?? this.#enter(options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
    await room.ready(options);
    return room as unknown as Room<MessagesOf<Types>>;
  }

  /**
   * Links to another member by texts that people carry, as {@link Room.pair} does; whoever has just
   * joined by an invitation counts. No server is needed, and `connect` need not have resolved.
   */
  async pair(offer?: string, options?: WaitOptions): Promise<Pairing> {
    return (this.#room ?? this.#enter(DEFAULT_TIMEOUT_MS)).pair(offer, options);
  }

  /** Leaves the other members; what they write is fetched after the next `connect`. */
  disconnect(): void {
    if (this.gone !== undefined) return;
    this.#note();
    const room = this.#room;
    this.presence.leave();
    this.#room = undefined;
    room?.abandon(new PeerError("left"));
    this.#seeConnection();
    this.session.attempt(() => this.session.core.close_group(this.number, true));
  }

  /**
   * Sends a message to one member, to each of its pages that is connected: nobody else can read it,
   * the relays on its way neither. Rejects with `member-away` if there is none, and if none of them
   * gets it.
   *
   * @example
   * ```ts
   * await group.send(record.creator, "whisper", "psst");
   * ```
   */
  async send<Label extends MessageLabel<MessagesOf<Types>>>(
    peerId: PeerId,
    label: Label,
    content: Given<At<MessagesOf<Types>, Label>>,
    options: SendOptions = {},
  ): Promise<void> {
    this.#connected();
    const { priority = "auto", until = "accepted", signal } = options;
    const { core, tickets } = this.session;
    const sent = tickets.issue(
      this.number,
      (ticket) => {
        const [to, data] = [[ticket, this.number, peerId] as const, bytesOf(content as Content)];
        core.send(...to, label, data, PRIORITIES[priority], UNTIL[until]);
      },
      signal,
    );
    await sent.catch((error: PeerError) => {
      // The group is: the core says so of the one member.
      throw error.code === "not-connected" ? new PeerError("member-away") : error;
    });
  }

  /**
   * Asks a member, as {@link Room.request} does: each of its pages that is here, and the first
   * answer counts. Rejects with `member-away` if there is none, and if none answers with why the
   * first of them did not. The other side answers by `group.room.respond`.
   *
   * @example
   * ```ts
   * const seen = await group.request(member.id, "seen", { id: record.id });
   * ```
   */
  async request<Label extends RequestLabel<MessagesOf<Types>>>(
    peerId: PeerId,
    label: Label,
    content?: Given<Asked<At<MessagesOf<Types>, Label>>>,
    options: RequestOptions = {},
  ): Promise<Answer<Answered<At<MessagesOf<Types>, Label>>>> {
    const room = this.#connected() as unknown as Room<MessagesOf<Types>>;
    const pages = [...room.remotes.values()].filter((remote) => remote.peerId === peerId);
    if (pages.length === 0) throw new PeerError("member-away");
    try {
      return await Promise.any(pages.map(({ id }) => room.request(id, label, content, options)));
    } catch (thrown) {
      throw (thrown as AggregateError).errors[0];
    }
  }

  /**
   * Sends a message to every member who is connected. It is stored nowhere. With
   * `reliable: false` it may be lost and never delays another one: for what the next one replaces.
   */
  async broadcast<Label extends MessageLabel<MessagesOf<Types>>>(
    label: Label,
    content: Given<At<MessagesOf<Types>, Label>>,
    options: BroadcastOptions = {},
  ): Promise<void> {
    await this.#connected().broadcast(label as string, content as Content, options);
  }

  /** The messages of `send` and `broadcast` that arrive from now on, until it is disconnected. */
  messages<Label extends MessageLabel<MessagesOf<Types>> = MessageLabel<MessagesOf<Types>>>(
    options: MessagesOptions<Label> = {},
  ): AsyncIterableIterator<MessageOf<MessagesOf<Types>, Label>, undefined> {
    return this.#connected().messages(options) as AsyncIterableIterator<never, undefined>;
  }

  /** Closes the group here; what is stored stays. */
  close(): Promise<void> {
    if (this.gone !== undefined) return Promise.resolve();
    this.disconnect();
    this.session.attempt(() => this.session.core.close_group(this.number, false));
    this.abandon(new PeerError("closed"));
    return Promise.resolve();
  }

  /** Deletes the group here, with all that is stored of it. Others keep it; `close` only closes. */
  async erase(): Promise<void> {
    this.disconnect();
    await this.issue((ticket) => this.session.core.delete_group(ticket, this.number));
    this.abandon(new PeerError("closed"));
  }

  /** Closes the group at the end of an `await using` block. */
  [asyncDispose](): Promise<void> {
    return this.close();
  }

  /**
   * @internal Waits for one of the calls that open the group. One that fails leaves the group to
   * the others; if it was the last, and none was successful, the group is closed.
   */
  async opening(
    opened: Promise<unknown>,
    connect: ConnectWish,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    this.#openings += 1;
    this.#wasAskedFor = true;
    opened.catch(() => {});
    try {
      // Whoever takes an open invitation meets others before being a member.
      if (connect.first && this.#room === undefined) this.#enter(DEFAULT_TIMEOUT_MS);
      const { pairing } = connect;
      const answer = pairing && this.pair(pairing.offer, { signal });
      const reached = pairing ? opened : this.#explained(opened);
      await Promise.all([reached, answer?.then(({ text }) => pairing?.onAnswer(text))]);
      this.check();
      this.#isOpen = true;
      if (connect.wanted && this.#room === undefined) this.#enter(DEFAULT_TIMEOUT_MS);
    } finally {
      this.#openings -= 1;
      this.#release();
    }
  }

  /**
   * @internal Waits for what an invitation offers, and keeps the group until the result is called,
   * so that it can be joined over the same links.
   */
  async look<Answer>(
    answer: Promise<Answer>,
    connects: boolean,
  ): Promise<{ readonly answer: Answer; readonly release: () => void }> {
    this.#openings += 1;
    answer.catch(() => {});
    let given: Answer;
    try {
      if (connects && this.#room === undefined) this.#enter(DEFAULT_TIMEOUT_MS);
      given = await this.#explained(answer);
      this.check();
      this.#looks += 1;
    } finally {
      this.#openings -= 1;
      this.#release();
    }
    // Members end the links of those who look for longer; `join` makes another one then.
    const timer = setTimeout(() => {
      if (!this.#isOpen && this.#openings === 0) this.disconnect();
    }, LOOK_MS);
    let isHeld = true;
    const release = (): void => {
      if (!isHeld) return;
      isHeld = false;
      clearTimeout(timer);
      this.#looks -= 1;
      this.#release();
    };
    return { answer: given, release };
  }

  /** Tells "nobody is there" from "no server is there who would know". */
  async #explained<Answer>(answer: Promise<Answer>): Promise<Answer> {
    try {
      return await answer;
    } catch (error) {
      if (!(error instanceof PeerError) || error.code !== "no-issuer") throw error;
      if (this.#room === undefined) throw new PeerError("not-connected");
      throw this.#room.state === "open" ? error : this.session.servers.unreachable();
    }
  }

  #release(): void {
    if (!this.#isOpen && this.#openings + this.#looks === 0) this.#discard();
  }

  /** @internal The peer was closed, or the group was. */
  abandon(error: PeerError): void {
    if (this.gone !== undefined) return;
    this.#note();
    this.gone = error;
    this.#room?.abandon(error);
    this.#room = undefined;
    this.presence.end(error);
    this.session.groups.delete(this.number);
    this.session.tickets.rejectAll(error, scopeOfGroup(this.number));
    this.endSearches();
    this.#onClose();
    emit<GroupEvents>(this, "closed", undefined);
  }

  /** Notes what is known, for when the core knows it no more. */
  #note(): void {
    this.session.attempt(() => {
      this.#last = this.session.core.group_info(this.number);
    });
  }

  #enter(timeoutMs: number): Room {
    const onLeave = (): void => {
      if (this.#room !== room) return;
      this.presence.leave();
      this.#room = undefined;
      this.#seeConnection();
    };
    const room = new Room(this.session, "", this.id, onLeave, this.presence as Presence);
    this.#room = room;
    this.#refusal = undefined;
    for (const change of ["statechange", "remotejoin", "remotechange", "remoteleave"] as const) {
      room.addEventListener(change, () => this.#seeConnection());
    }
    // A room that no server answers goes on trying; its state says how it stands.
    room.attach(this.number, timeoutMs).catch(() => {});
    this.#seeConnection();
    return room;
  }

  #seeConnection(): void {
    const { connection } = this;
    if (connection === this.#connection) return;
    if (connection === "connected") this.#refusal = undefined;
    this.#connection = connection;
    emit<GroupEvents>(this, "connection", connection);
  }

  #handle(event: CoreGroupEvent): void {
    if (this.hearRecords(event)) return;
    if (event.about === "closed") {
      this.abandon(new PeerError("closed"));
      return;
    }
    if (event.about === "refused") this.#refusal = errorOfCode(event.code).code;
    this.hear(event);
    tell(this, event);
  }

  /** Nobody waits for the group any more, and it never was open: what is new of it goes. */
  #discard(): void {
    if (this.gone !== undefined) return;
    const { core, tickets } = this.session;
    let isNew = false;
    this.session.attempt(() => {
      isNew = core.group_members(this.number).length === 0;
    });
    this.disconnect();
    if (!isNew || !this.#wasAskedFor)
      this.session.attempt(() => core.close_group(this.number, false));
    // An invitation that let nobody in leaves nothing behind.
    else tickets.issue(NO_ROOM, (it) => core.delete_group(it, this.number)).catch(() => {});
    this.abandon(new PeerError("closed"));
  }

  #connected(): Room {
    this.check();
    if (this.#room === undefined) throw new PeerError("not-connected");
    return this.#room;
  }

  #info(): CoreGroupInfo {
    if (this.gone !== undefined) return this.#last ?? { id: this.id, name: "" };
    return attempted(() => this.session.core.group_info(this.number));
  }
}
