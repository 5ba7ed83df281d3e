import { checked } from "./check.js";
import type { CoreModule, CoreOptions, CorePreview } from "./core.js";
import { type Diagnosis, diagnosisOf } from "./diagnosis.js";
import { asyncDispose } from "./dispose.js";
import { attempted, codeOf, errorOfAbort, openNumber, PeerError } from "./errors.js";
import { emit, TypedEventTarget } from "./events.js";
import { bytesAt } from "./group/file.js";
import { Group } from "./group/group.js";
import { readInvitation } from "./group/invitation.js";
import type {
  ConnectWish,
  CreateGroupOptions,
  JoinGroupOptions,
  OpenGroupOptions,
} from "./group/options.js";
import { type InvitationPreview, termsOf } from "./group/preview.js";
import { newProperties } from "./group/properties.js";
import type { GroupTypes } from "./group/types.js";
import type { GroupId, NodeId, PeerId } from "./ids.js";
import type { Labels } from "./labels.js";
import { parseLink } from "./link.js";
import type { PeerEvents, PeerOptions, PeerState, ServerStatus } from "./peer-options.js";
import { ownServers, watchPage } from "./platform.js";
import { Room } from "./room.js";
import { DEFAULT_TIMEOUT_MS, type JoinOptions, type WaitOptions } from "./room-options.js";
import { type PeerEvent, Session } from "./session.js";
import type { Store } from "./store/store.js";
import { takeText } from "./text-kinds.js";
import { NO_ROOM } from "./tickets.js";
import { untilAborted } from "./wait.js";

/**
 * This page as a peer. `createPeer` makes it; one for a page is enough for any number of rooms.
 *
 * @example
 * ```ts
 * const peer = await createPeer({ signaling: ["wss://example.org/ws"] });
 * const room = await peer.join(link);
 * // ...
 * await peer.close();
 * ```
 */
export class Peer extends TypedEventTarget<PeerEvents> {
  /** The identity: a public key, as text. */
  readonly id: PeerId;
  /** This running page; it is new each time. */
  readonly nodeId: NodeId;
  readonly #session: Session;
  readonly #module: CoreModule;
  readonly #rooms = new Map<string, Room>();
  readonly #groups = new Map<number, Group>();
  #state: PeerState = "connecting";
  #detach: () => void = () => {};
  #closing: Promise<void> | undefined;
  readonly #closed = new AbortController();

  static {
    checked(Peer, "peer", (peer) => peer.#closing && new PeerError("closed"));
  }

  /** Use `createPeer`. */
  constructor(module: CoreModule, options: UnlockedOptions, store?: Store | undefined) {
    super();
    this.#module = module;
    const { signal } = options;
    if (signal?.aborted) throw errorOfAbort(signal);
    const onPeerEvent = (event: PeerEvent): void => this.#handle(event);
    const given = { ...coreOptions(options), store: store !== undefined };
    this.#session = attempted(
      () => new Session(module, given, onPeerEvent, store),
      "createPeer: iceServers are of stun:, or of turn: with username and credential",
    );
    const { core } = this.#session;
    this.id = core.peer_id();
    this.nodeId = core.node_id();
    const unwatch = watchPage({
      wake: () => core.page(0),
      suspend: () => this.#session.suspend(),
      resume: () => this.#session.resume(),
      leaveNow: () => this.#leaveNow(),
    });
    const onAbort = (): void => void this.close();
    signal?.addEventListener("abort", onAbort, { once: true });
    const unwatchServers = this.#session.servers.watch();
    this.#detach = () => {
      unwatch();
      unwatchServers();
      signal?.removeEventListener("abort", onAbort);
    };
    this.#session.start();
    void store?.lost?.then(() => this.#loseStore(store));
  }

  /** How the peer stands with its servers. */
  get state(): PeerState {
    return this.#state;
  }

  /** Every server that is in use, by address. */
  get servers(): ReadonlyMap<string, ServerStatus> {
    return this.#session.servers.all;
  }

  /**
   * Joins a room and waits until a server has answered; rejects with `signaling-unreachable` if
   * none does in time, and with what is wrong with the link.
   *
   * Joining the same room again gives the same object, which then has to be left as often as it
   * was joined.
   *
   * Until the task after the one in which this promise resolves, no event is passed on: listeners,
   * iterators and request handlers that are added right behind the `await`, before anything else is
   * awaited, miss nothing of what follows, with `wait: false` as well. Whoever was found before is
   * in `room.remotes` already. Only if more than 1,024 events or 64 MiB came in that moment would
   * the room speak earlier.
   *
   * @example
   * ```ts
   * const room = await peer.join(location.hash, { timeoutMs: 5_000 });
   * ```
   */
  async join<Types extends object = Labels>(
    link: string,
    options: JoinOptions = {},
  ): Promise<Room<Types>> {
    const { timeoutMs = DEFAULT_TIMEOUT_MS, signal, wait = true, exclusive = false } = options;
    if (signal?.aborted) throw errorOfAbort(signal);
    const { fingerprint } = parseLink(this.#module, link);
    const shared = this.#rooms.get(fingerprint);
    if (shared !== undefined && exclusive) throw new PeerError("already-joined");
    // An address carries the invitation after its last #.
    const text = link.slice(link.lastIndexOf("#") + 1).trim();
    const room = shared?.retain() ?? this.#newRoom(text, fingerprint);
    const entered = shared ? shared.ready({ timeoutMs, signal }) : room.enter(timeoutMs, signal);
    try {
      // A room that the core refused on the spot is none to return, whether or not to wait, and
      // none to share.
      if (!room.entered) this.#forgetRoom(room);
      if (wait || !room.entered) await entered;
      else entered.catch(() => {});
    } catch (error) {
      await room.leave();
      const { code } = error as Partial<PeerError>;
      throw code === "signaling-unreachable" ? this.#session.servers.unreachable() : error;
    }
    this.#session.inbox.quieten();
    return room as unknown as Room<Types>;
  }

  /** The groups that are kept in the store. */
  groups(options?: WaitOptions): Promise<{ readonly id: GroupId; readonly name: string }[]> {
    const call = (ticket: number): void => this.#session.core.stored_groups(ticket);
    return this.#session.tickets.issue(NO_ROOM, call, options?.signal);
  }

  /**
   * Founds a group, of which this identity is the first admin.
   *
   * @example
   * ```ts
   * const group = await peer.createGroup({ name: "Board" });
   * ```
   */
  async createGroup<Types extends GroupTypes = GroupTypes>(
    options: CreateGroupOptions,
  ): Promise<Group<Types>> {
    const { servers = [], connect = true } = options;
    const properties = newProperties(options);
    const { core } = this.#session;
    const call = (ticket: number, group: number): void =>
      attempted(
        () => core.create_group(ticket, group, properties, [...servers]),
        "peer.createGroup: a budget may be of 1048576 records and 64 GiB",
      );
    return this.#openGroup(call, { wanted: connect, first: false }, options.signal);
  }

  /**
   * Takes an invitation. By one for this identity it is a member at once, connected or not; by one
   * for whoever has it, as soon as a member who may admit others is reached.
   *
   * The same group is the same object, however often it is joined or opened: one that is open is
   * given as it is, and one that is kept in the store is opened with all that it has. A call that
   * fails changes nothing for the others.
   *
   * @example
   * ```ts
   * const group = await peer.joinGroup(location.hash, { signal: AbortSignal.timeout(60_000) });
   * ```
   */
  async joinGroup<Types extends GroupTypes = GroupTypes>(
    invitation: string,
    options: JoinGroupOptions = {},
  ): Promise<Group<Types>> {
    const { connect = true, pairing, signal } = options;
    const { timeoutMs = pairing === undefined ? 30_000 : 600_000 } = options;
    const text = invitation.slice(invitation.lastIndexOf("#") + 1).trim();
    const { core } = this.#session;
    const call = (ticket: number, group: number): void =>
      takeText("li", text, () => core.join_group(ticket, group, text, timeoutMs, false));
    return this.#openGroup(call, { wanted: connect, first: connect, pairing }, signal);
  }

  /**
   * Looks at an invitation without taking it: which group it is for, who invites, until when, and
   * how many may come by it. One for this identity says that itself; of a link, a member who may
   * invite is asked, and what it answers is verified.
   *
   * Rejects at once with `already-joined` for whoever is a member, and with what is wrong with the
   * text; with `not-connected` and `signaling-unreachable` where a link cannot be asked about, and
   * with `no-issuer` if nobody answers in time; and with `invitation-ended`, `-expired`,
   * `-used-up`, `-not-trusted` or `revoked` if that is the answer.
   *
   * @example
   * ```ts
   * const preview = await peer.preview(location.hash);
   * show(preview.name, preview.inviter, preview.expires, preview.uses - preview.used);
   * joinButton.onclick = async () => open(await preview.join());
   * laterButton.onclick = () => preview.close();
   * ```
   */
  async preview<Types extends GroupTypes = GroupTypes>(
    invitation: string,
    options: OpenGroupOptions = {},
  ): Promise<InvitationPreview<Types>> {
    const { connect = true, timeoutMs = 30_000, signal } = options;
    const text = invitation.slice(invitation.lastIndexOf("#") + 1).trim();
    const read = readInvitation(this.#module, text);
    const { core } = this.#session;
    const call = (ticket: number, group: number): void =>
      core.join_group(ticket, group, text, connect ? timeoutMs : 0, true);
    const isLink = read.kind === "link";
    const look = (group: Group, done: Promise<CorePreview | undefined>) =>
      group.look(done, connect && isLink);
    const { answer, release } = await this.#begin(call, signal, look);
    // What says everything itself needs nobody to be kept.
    if (!isLink) release();
    const join = (options?: JoinGroupOptions): Promise<Group<Types>> =>
      this.joinGroup<Types>(text, options).finally(release);
    return { ...termsOf(read, answer), join, close: release };
  }

  /**
   * Opens a group that is kept in the store; one that is open is the same object. Rejects with
   * `group-unknown` if it is not kept.
   */
  async openGroup<Types extends GroupTypes = GroupTypes>(
    id: GroupId,
    options: OpenGroupOptions = {},
  ): Promise<Group<Types>> {
    const { connect = true, signal } = options;
    const { core } = this.#session;
    const call = (ticket: number, group: number): void => core.open_group(ticket, group, id);
    return this.#openGroup(call, { wanted: connect, first: false }, signal);
  }

  /**
   * Opens the group of a file that this identity exported, perhaps on another device, and takes its
   * records and rights into what is held of it here. Rejects with `export-damaged`, and then the
   * group is not there unless it was before; with `not-allowed` if another identity exported it;
   * and with `source-failed` if the file cannot be read any more. Given up by its signal it leaves
   * no group open that was not; once the last byte was taken it may be kept, as `groups` says.
   */
  async importGroup<Types extends GroupTypes = GroupTypes>(
    file: Blob,
    options: OpenGroupOptions = {},
  ): Promise<Group<Types>> {
    const { connect = true, signal } = options;
    const { core } = this.#session;
    const { bytes } = await untilAborted(bytesAt(file, 0), signal);
    const call = (ticket: number, group: number): void => core.import_group(ticket, group, bytes);
    const take = (group: Group): Promise<unknown> => group.import(file, { signal });
    return this.#openGroup<Types>(call, { wanted: connect, first: false }, signal, take);
  }

  async #openGroup<Types extends GroupTypes>(
    call: (ticket: number, group: number) => void,
    connect: ConnectWish,
    signal: AbortSignal | undefined,
    take?: (group: Group) => Promise<unknown>,
  ): Promise<Group<Types>> {
    const group = await this.#begin<void, Group>(call, signal, async (opening, done) => {
      await opening.opening(take ? done.then(() => take(opening)) : done, connect, signal);
      return opening;
    });
    this.#session.inbox.quieten();
    // What its records are is known to nobody but the application.
    return group as unknown as Group<Types>;
  }

  /** Makes a call that opens a group, and uses it at once; `done` settles with the ticket. */
  async #begin<Outcome, Result>(
    call: (ticket: number, group: number) => void,
    signal: AbortSignal | undefined,
    use: (group: Group, done: Promise<Outcome>) => Promise<Result>,
  ): Promise<Result> {
    if (this.#closing !== undefined) throw new PeerError("closed");
    if (signal?.aborted) throw errorOfAbort(signal);
    let group: Group | undefined;
    const done = this.#session.tickets.issue<Outcome>(
      NO_ROOM,
      (ticket) => {
        group = this.#opened((number) => call(ticket, number));
      },
      signal,
    );
    // A call that the core refused on the spot has opened nothing.
    if (group === undefined) return done.then(() => Promise.reject(new PeerError("internal")));
    return use(group, done);
  }

  /**
   * The group that a call opens, under a new number; one that is open the core refuses to number
   * anew, and says which number it has.
   */
  #opened(call: (number: number) => void): Group {
    const number = this.#session.number();
    const group = this.#groupOf(number);
    try {
      call(number);
      group.named();
      return group;
    } catch (thrown) {
      group.abandon(new PeerError("closed"));
      const known = openNumber(thrown);
      if (known === undefined) throw thrown;
      const open = this.#groupOf(known);
      call(known);
      open.named();
      return open;
    }
  }

  /** The group of that number. */
  #groupOf(number: number): Group {
    const known = this.#groups.get(number);
    if (known !== undefined) return known;
    const group = new Group(this.#session, number, () => this.#groups.delete(number));
    this.#groups.set(number, group);
    return group;
  }

  /**
   * How everything stands: servers, rooms, groups, everybody else, and in words what is wrong or
   * worth knowing. A plain object, to look at or to attach to a bug report; it holds no secret.
   *
   * @example
   * ```ts
   * for (const { kind, message } of peer.diagnose().findings) console.log(kind, message);
   * ```
   */
  diagnose(): Diagnosis {
    const core = this.#session.core.diagnose();
    return diagnosisOf(core, {
      ...{ nodeId: this.nodeId, peerId: this.id, state: this.#state },
      rooms: [...this.#rooms.values()],
      groups: this.#groups,
      failedConnects: this.#session.failedConnects.fresh,
    });
  }

  /** Leaves every room and closes every group; what still waits fails with `closed`. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Closes the peer at the end of an `await using` block. */
  [asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#abandon();
    try {
      await this.#session.close();
    } finally {
      this.#end();
    }
  }

  #leaveNow(): void {
    if (this.#closing !== undefined) return;
    this.#closing = Promise.resolve();
    this.#abandon();
    this.#session.leaveNow();
    this.#end();
  }

  #abandon(): void {
    this.#detach();
    this.#closed.abort();
    const error = new PeerError("closed");
    for (const group of [...this.#groups.values()]) group.abandon(error);
    for (const room of [...this.#rooms.values()]) room.abandon(error);
  }

  #end(): void {
    this.#session.servers.all.clear();
    this.#setState("closed");
  }

  /** Another page has taken the store: this one keeps nothing any more, and says so. */
  #loseStore(store: Store): void {
    if (this.#closing !== undefined) return;
    emit<PeerEvents>(this, "storelost", new PeerError("store-in-use"));
    const free = store.free?.({ signal: this.#closed.signal });
    free?.then(
      () => emit<PeerEvents>(this, "storefree", undefined),
      () => {},
    );
  }

  #newRoom(link: string, fingerprint: string): Room {
    const room = new Room(this.#session, link, fingerprint, () => this.#forgetRoom(room));
    this.#rooms.set(fingerprint, room);
    return room;
  }

  #forgetRoom(room: Room): void {
    if (this.#rooms.get(room.fingerprint) === room) this.#rooms.delete(room.fingerprint);
  }

  #handle(event: PeerEvent): void {
    if (event.type === "warning") {
      emit<PeerEvents>(this, "warning", { code: codeOf(event.code), nodeId: event.node });
      return;
    }
    if (event.type === "online") this.#setState(event.online ? "online" : "offline");
    else emit<PeerEvents>(this, "server", this.#session.servers.take(event));
  }

  #setState(state: PeerState): void {
    if (this.#state === state || this.#state === "closed") return;
    this.#state = state;
    emit<PeerEvents>(this, "statechange", state);
  }
}

/** The options of a peer whose identity's secret is at hand. */
type UnlockedOptions = Omit<PeerOptions, "identity"> & {
  readonly identity?: Uint8Array | undefined;
};

function coreOptions(options: UnlockedOptions): CoreOptions {
  const { identity } = options;
  return {
    signaling: options.signaling ? [...options.signaling] : ownServers(),
    ...(options.iceServers && { iceServers: [...options.iceServers] }),
    ...(options.relayOnly !== undefined && { relayOnly: options.relayOnly }),
    ...(identity && { identity }),
  };
}
