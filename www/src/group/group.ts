import { bytesOf, type Content } from "../bytes.js";
import { checked } from "../check.js";
import type { CoreGroupEvent, CoreGroupInfo } from "../core.js";
import { asyncDispose } from "../dispose.js";
import { errorOfCode, PeerError, type PeerErrorCode, report } from "../errors.js";
import { emit } from "../events.js";
import type { GroupId, PeerId, RecordId } from "../ids.js";
import type { At, Given, MessageLabel } from "../labels.js";
import type { MessageOf } from "../message.js";
import type { Pairing } from "../pairing.js";
import { Room } from "../room.js";
import {
  type BroadcastOptions,
  DEFAULT_TIMEOUT_MS,
  type MessagesOptions,
  type SendOptions,
} from "../room-options.js";
import type { RoomEvent, Session } from "../session.js";
import { NO_ROOM } from "../tickets.js";
import { attempted } from "./base.js";
import { framed, parts } from "./file.js";
import { GroupMembership } from "./membership.js";
import type {
  ConnectWish,
  CountOptions,
  FindOptions,
  GroupEvents,
  GroupProperties,
  NewRecord,
  RecordUpdate,
  RecordValidator,
  WatchOptions,
} from "./options.js";
import { PRESENCE_LABEL, Presence } from "./presence.js";
import { PRESENCE_LIFETIME_MS, presenceLifetime, propertiesOf } from "./properties.js";
import { coreAttributes, GroupRecord } from "./record.js";
import { Searches } from "./search.js";
import { connectionOf, type GroupConnection, type SyncState, syncOf } from "./standing.js";
import { tell } from "./tell.js";
import type { GroupTypes, MessagesOf, PresenceOf, RecordOf, RecordsOf, TypeName } from "./types.js";
import { isTaken } from "./validation.js";

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
export class Group<Types extends GroupTypes = GroupTypes> extends GroupMembership<Types> {
  /** What the members who are here say of themselves. */
  readonly presence = new Presence<PresenceOf<Types>>(
    (entry) => emit<GroupEvents>(this, "presence", entry),
    () => presenceLifetime(this.properties?.presenceLifetimeMs ?? PRESENCE_LIFETIME_MS),
  );
  readonly #onClose: () => void;
  readonly #searches: Searches;
  readonly #exported = new Map<number, Uint8Array<ArrayBuffer>[]>();
  readonly #validators = new Map<string, RecordValidator>();
  /** The group's id. It is not secret, and lets nobody in. */
  readonly id: GroupId;
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
    this.#searches = new Searches(session);
    this.#onClose = onClose;
    this.id = attempted(() => session.core.group_info(number)).id;
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

  /**
   * How far what is held here of a type, or of all, is what the members hold, and how old it is. So
   * "not there" can be told from "not there yet". The event `sync` tells of changes.
   *
   * @example
   * ```ts
   * const { state, at } = group.sync("issue");
   * status.textContent = state === "synced" ? "" : `as of ${at?.toLocaleString() ?? "never"}`;
   * ```
   */
  sync(type?: string): SyncState {
    return syncOf(attempted(() => this.session.core.group_sync(this.number, type)));
  }

  /** Looks for the other members and links to them; resolves once a server has answered. */
  async connect(
    options: { timeoutMs?: number; signal?: AbortSignal } = {},
  ): Promise<Room<MessagesOf<Types>>> {
    const { timeoutMs = DEFAULT_TIMEOUT_MS, signal } = options;
    const room = this.#room ?? this.#enter(timeoutMs);
    await room.ready({ timeoutMs, signal });
    return room as unknown as Room<MessagesOf<Types>>;
  }

  /**
   * Links to another member by texts that people carry, as {@link Room.pair} does; whoever has just
   * joined by an invitation counts. No server is needed, and `connect` need not have resolved.
   */
  async pair(offer?: string, options: { signal?: AbortSignal } = {}): Promise<Pairing> {
    return (this.#room ?? this.#enter(DEFAULT_TIMEOUT_MS)).pair(offer, options);
  }

  /** Leaves the other members; what they write is fetched after the next `connect`. */
  disconnect(): void {
    if (this.gone !== undefined) return;
    const room = this.#room;
    this.#room = undefined;
    this.presence.detach();
    room?.abandon(new PeerError("left"));
    this.#seeConnection();
    this.session.attempt(() => this.session.core.disconnect_group(this.number));
  }

  /**
   * Sends a message to one member, to each of its pages that is connected: nobody else can read it,
   * the relays on its way neither. Rejects with `not-connected` if there is none.
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
    const room = this.#connected();
    const pages = [...room.remotes.values()].filter((remote) => remote.peerId === peerId);
    if (pages.length === 0) throw new PeerError("not-connected");
    await Promise.all(
      pages.map(({ id }) => room.send(id, label as string, content as Content, options)),
    );
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

  /**
   * Writes a record. It resolves once the record is stored; members get it meanwhile. After
   * `store-full` or `store-failed` the record is held in memory and tried again, as the events
   * `unsaved` and `saved` tell: do not add it once more.
   */
  async add<Type extends TypeName<Types>>(
    record: NewRecord<RecordsOf<Types>[Type], Type>,
  ): Promise<RecordId> {
    let id = "";
    await this.issue((ticket) => {
      const { type, attributes, expires } = record;
      const data = bytesOf(record.data as Content);
      const { core } = this.session;
      const given = coreAttributes(attributes);
      id = core.add_record(ticket, this.number, type, given, data, expires?.getTime());
    });
    return id;
  }

  /** Writes a new version of a record. Only its creator and admins may. */
  update<Data>(record: GroupRecord<Data>, change: RecordUpdate<Data>): Promise<void> {
    return this.issue((ticket) => {
      const given = coreAttributes(change.attributes);
      const [data, expires] = [bytesOf(change.data as Content), change.expires?.getTime()];
      const { core } = this.session;
      core.update_record(ticket, this.number, record.header, given, data, expires);
    });
  }

  /** Deletes a record everywhere. Only its creator and admins may. */
  delete(record: GroupRecord): Promise<void> {
    return this.issue((ticket) => {
      this.session.core.delete_record(ticket, this.number, record.header);
    });
  }

  /** Reads one record; rejects with `record-unknown` if it is not held here. */
  get(id: RecordId): Promise<RecordOf<Types>> {
    return this.issue<RecordOf<Types>>((ticket) => {
      this.session.core.read_record(ticket, this.number, id);
    });
  }

  /**
   * Reads the records that are held here now and fit, the oldest first, without those that were
   * deleted. Rejects with `invalid-argument` if the query is none.
   *
   * @example
   * ```ts
   * await group.find({ type: "issue", where: { number: { gte: 3 }, title: { like: "Bon*" } } });
   * const latest = await group.find({ type: "chat", order: "newest", limit: 50 });
   * ```
   */
  async find<Type extends TypeName<Types> = TypeName<Types>>(
    options: FindOptions<Type> = {},
  ): Promise<RecordOf<Types, Type>[]> {
    return (await this.#searches.find(this.number, options)) as RecordOf<Types, Type>[];
  }

  /**
   * How many records are held here now, without those that were deleted. None of them is read.
   * Throws `invalid-argument` if the type or the creator is none.
   *
   * @example
   * ```ts
   * badge.textContent = String(group.count({ type: "issue", creator: peer.id }));
   * ```
   */
  count({ type, creator }: CountOptions = {}): number {
    return attempted(() => this.session.core.count_records(this.number, type, creator));
  }

  /**
   * The records that fit: first those that are held here, the oldest first, read as fast as they
   * are taken, however many there are; then every new version that fits as it comes, and every
   * deletion of a record of the type, whatever it was like. The iterator ends when the group is
   * closed, and with `too-slow` if 64 MiB of new versions wait for a reader that takes none. Throws
   * `invalid-argument` if the query is none.
   */
  watch<Type extends TypeName<Types> = TypeName<Types>>(
    options: WatchOptions<Type> = {},
  ): AsyncIterableIterator<RecordOf<Types, Type>, undefined> {
    return this.#searches.watch(this.number, options) as AsyncIterableIterator<never, undefined>;
  }

  /**
   * Lets `validator` say whether a record of that type that comes from others is taken: what it
   * refuses is neither kept nor passed on here. Given a schema, it is taken if its data is JSON that
   * fits; deletions have no data, and are taken. It sees records that follow all rules of the group. The
   * returned function stops that. One validator a type.
   *
   * @example
   * ```ts
   * group.validate("move", (record) => isLegal(record.json()));
   * group.validate("todo", z.object({ title: z.string(), done: z.boolean() }));
   * ```
   */
  validate<Type extends TypeName<Types>>(
    type: Type,
    validator: RecordValidator<RecordsOf<Types>[Type], Type>,
  ): () => void {
    if (this.#validators.has(type)) {
      const detail = `group.validate: records of the type "${type}" are validated already`;
      throw new PeerError("invalid-argument", { detail });
    }
    this.#validators.set(type, validator as RecordValidator);
    const tell = (): void => {
      const types = [...this.#validators.keys()];
      attempted(() => this.session.core.approve_records(this.number, types));
    };
    try {
      tell();
    } catch (error) {
      this.#validators.delete(type);
      throw error;
    }
    return () => {
      if (this.#validators.get(type) !== validator) return;
      this.#validators.delete(type);
      if (this.gone === undefined) tell();
    };
  }

  /** Has the records of these types fetched before all others, at most 16 types. */
  prioritize(types: readonly string[]): void {
    attempted(() => this.session.core.prefer_records(this.number, [...types]));
  }

  /**
   * Everything that is held of the group, as a file. What makes this identity a member is in it,
   * and can be used by this identity only; the records can be read by every member.
   */
  async export(options: { readonly signal?: AbortSignal } = {}): Promise<Blob> {
    const exported: Uint8Array<ArrayBuffer>[] = [];
    let number = 0;
    try {
      await this.issue((ticket) => {
        number = ticket;
        this.#exported.set(ticket, exported);
        this.session.core.export_group(ticket, this.number);
      }, options.signal);
    } finally {
      this.#exported.delete(number);
    }
    return new Blob(exported, { type: "application/octet-stream" });
  }

  /**
   * Takes the records of a file of this group, whoever exported it, by the same rules as those that
   * come from members. Resolves with how many are new, once they are stored; rejects with
   * `export-damaged`.
   */
  async import(file: Blob): Promise<number> {
    let count = 0;
    let isFirst = true;
    for await (const part of parts(file)) {
      this.check();
      const { core } = this.session;
      if (!isFirst) {
        if (attempted(() => core.import_record(this.number, part))) count += 1;
      } else if (attempted(() => core.group_of_file(part)) !== this.id) {
        throw new PeerError("export-damaged", {
          detail: "group.import: the file is of another group",
        });
      }
      isFirst = false;
    }
    if (isFirst) throw new PeerError("export-damaged");
    await this.stored();
    return count;
  }

  /** Closes the group here; what is stored stays. */
  close(): Promise<void> {
    if (this.gone !== undefined) return Promise.resolve();
    this.disconnect();
    this.session.attempt(() => this.session.core.close_group(this.number));
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
    opened: Promise<void>,
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
      const answer = pairing && this.pair(pairing.offer, signal && { signal });
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
    this.session.attempt(() => {
      this.#last = this.session.core.group_info(this.number);
    });
    this.gone = error;
    this.#room?.abandon(error);
    this.#room = undefined;
    this.presence.end(error);
    this.session.groups.delete(this.number);
    this.session.tickets.rejectAll(error, this.number);
    this.#searches.end();
    this.#onClose();
    emit<GroupEvents>(this, "closed", undefined);
  }

  #enter(timeoutMs: number): Room {
    const room = new Room(this.session, "", this.id, () => {
      if (this.#room !== room) return;
      this.#room = undefined;
      this.presence.detach();
      this.#seeConnection();
    });
    this.#room = room;
    this.#refusal = undefined;
    for (const change of ["statechange", "remotejoin", "remotechange", "remoteleave"] as const) {
      room.addEventListener(change, () => this.#seeConnection());
    }
    // A room that no server answers goes on trying; its state says how it stands.
    this.presence.attach(room);
    room.attach(this.number, timeoutMs, (event) => this.#intercept(room, event)).catch(() => {});
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

  /** What the members say to each other beside what the application makes them say. */
  #intercept(room: Room, event: RoomEvent): boolean {
    if (event.type !== "message" || event.label !== PRESENCE_LABEL) return false;
    const sender = room.remotes.get(event.node);
    if (sender !== undefined) this.presence.hear(sender.peerId, sender.id, event.data);
    return true;
  }

  #handle(event: CoreGroupEvent): void {
    switch (event.about) {
      case "record": {
        const { isNew, isOwn, from } = event;
        const record = new GroupRecord(event.record);
        emit<GroupEvents>(this, "record", { record, isNew, isOwn, from: from ?? undefined });
        this.#searches.tell(event.watches, record);
        break;
      }
      case "read":
        this.session.tickets.respond(event.ticket, new GroupRecord(event.record));
        break;
      case "preview":
        this.session.tickets.respond(event.ticket, event);
        break;
      case "found":
        this.#searches.hear(event.ticket, event.records);
        break;
      case "approve":
        void this.#approve(event.number, new GroupRecord(event.record));
        break;
      case "exported":
        this.#exported.get(event.ticket)?.push(framed(event.part));
        break;
      default:
        if (event.about === "refused") this.#refusal = errorOfCode(event.code).code;
        this.hear(event);
        tell(this, event);
    }
  }

  async #approve(number: number, record: GroupRecord): Promise<void> {
    let fine = true;
    try {
      fine = await isTaken(this.#validators.get(record.type), record);
    } catch (thrown) {
      // What could not be validated is not taken.
      fine = false;
      report(thrown);
    }
    if (this.gone !== undefined) return;
    this.session.attempt(() => this.session.core.answer_approval(this.number, number, fine));
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
    if (!isNew || !this.#wasAskedFor) this.session.attempt(() => core.close_group(this.number));
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
