import { bytesOf, type Content } from "../bytes.js";
import type { CoreGroupEvent, CoreRecord } from "../core.js";
import { attempted, invalid, PeerError, report } from "../errors.js";
import { emit } from "../events.js";
import type { RecordId } from "../ids.js";
import type { WaitOptions } from "../room-options.js";
import type { Session } from "../session.js";
import { untilAborted } from "../wait.js";
import { bytesAt } from "./file.js";
import { GroupMembership } from "./membership.js";
import type {
  CountOptions,
  FindOptions,
  GroupEvents,
  NewRecord,
  RecordUpdate,
  RecordValidator,
  WatchOptions,
} from "./options.js";
import { coreAttributes, GroupRecord } from "./record.js";
import { Searches } from "./search.js";
import { type SyncState, syncOf } from "./standing.js";
import type { GroupTypes, RecordOf, RecordsOf, TypeName } from "./types.js";
import { isTaken } from "./validation.js";

/** What the core tells of records, and what answers a call that is about them. */
type Told = Extract<CoreGroupEvent, { about: "record" | "found" | "approve" | "exported" }>;

/** What may be wrong with what was checked already. */
const EXPIRES_RULE =
  "expires must be ahead of group.time(), and within ten years of record.created";

/** The part of a group that is about its records: written, read, watched, carried as a file. */
export abstract class GroupRecords<
  Types extends GroupTypes = GroupTypes,
> extends GroupMembership<Types> {
  readonly #searches: Searches;
  readonly #exported = new Map<number, Uint8Array<ArrayBuffer>[]>();
  #imports = 0;
  readonly #validators = new Map<string, RecordValidator>();

  /** @internal */
  constructor(session: Session, number: number) {
    super(session, number);
    this.#searches = new Searches(session);
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

  /**
   * Writes a record. It resolves once the record is stored; members get it meanwhile. It rejects
   * with `not-allowed`, `over-budget`, `too-large` or `no-key` where it cannot be written. After
   * `store-full` or `store-failed` the record is held in memory and tried again, as the events
   * `unsaved` and `saved` tell: do not add it once more. While a key is being renewed it waits, for
   * a minute at most. Its signal ends the wait only: what was begun is written all the same, as the
   * event `record` tells, unless the page goes before it has a key.
   */
  async add<Type extends TypeName<Types>>(
    record: NewRecord<RecordsOf<Types>[Type], Type>,
    options?: WaitOptions,
  ): Promise<RecordId> {
    let id = "";
    await this.issue((ticket) => {
      const { type, attributes, expires } = record;
      const data = bytesOf(record.data as Content);
      const { core } = this.session;
      const given = coreAttributes(attributes);
      id = attempted(
        () => core.add_record(ticket, this.number, type, given, data, expires?.getTime()),
        EXPIRES_RULE,
      );
    }, options);
    return id;
  }

  /**
   * Writes a new version of a record. Only its creator and admins may. Rejects with `superseded` if
   * there is a newer one than is given; read it, then try again. It waits as `add` does, and so it
   * is with its signal.
   */
  update<Data>(
    record: GroupRecord<Data>,
    change: RecordUpdate<Data>,
    options?: WaitOptions,
  ): Promise<void> {
    return this.issue((ticket) => {
      const given = coreAttributes(change.attributes);
      const [data, expires] = [bytesOf(change.data as Content), change.expires?.getTime()];
      const { core } = this.session;
      attempted(
        () => core.update_record(ticket, this.number, record.header, given, data, expires),
        EXPIRES_RULE,
      );
    }, options);
  }

  /** Deletes a record everywhere. Only its creator and admins may. */
  delete(record: GroupRecord, options?: WaitOptions): Promise<void> {
    return this.issue((ticket) => {
      this.session.core.delete_record(ticket, this.number, record.header);
    }, options);
  }

  /** Reads one record; rejects with `record-unknown` if it is not held here. */
  async get(id: RecordId, options?: WaitOptions): Promise<RecordOf<Types>> {
    const record = await this.issue<CoreRecord>((ticket) => {
      this.session.core.read_record(ticket, this.number, id);
    }, options);
    return new GroupRecord(record) as RecordOf<Types>;
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
   * refuses is neither kept nor passed on here. Given a schema, a record is taken if its data is
   * JSON that fits; deletions have no data, and are taken. A function is asked about them too; what
   * `json` and `text` throw there means no. It sees records that follow all rules of the group. The
   * returned function stops that. One validator a type.
   *
   * @example
   * ```ts
   * group.validate("move", (record) => record.deleted || isLegal(record.json()));
   * group.validate("todo", z.object({ title: z.string(), done: z.boolean() }));
   * ```
   */
  validate<Type extends TypeName<Types>>(
    type: Type,
    validator: RecordValidator<RecordsOf<Types>[Type], Type>,
  ): () => void {
    if (this.#validators.has(type)) {
      throw invalid(`group.validate: records of the type "${type}" are validated already`);
    }
    this.#validators.set(type, validator as RecordValidator);
    const tell = (): void => {
      const types = [...this.#validators.keys()];
      const { core } = this.session;
      attempted(() => core.approve_records(this.number, types), "group.validate: 16 types at most");
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
  async export(options?: WaitOptions): Promise<Blob> {
    const exported: Uint8Array<ArrayBuffer>[] = [];
    let number = 0;
    try {
      await this.issue((ticket) => {
        number = ticket;
        this.#exported.set(ticket, exported);
        this.session.core.export_group(ticket, this.number);
      }, options);
    } finally {
      this.#exported.delete(number);
    }
    return new Blob(exported, { type: "application/octet-stream" });
  }

  /**
   * Takes the records of a file of this group, whoever exported it, by the same rules as those that
   * come from members. Resolves with how many are new, once they are stored; rejects with
   * `export-damaged`, or `source-failed` if the file cannot be read any more. What was taken before
   * its signal gave it up stays.
   */
  async import(file: Blob, options?: WaitOptions): Promise<number> {
    this.#imports += 1;
    const number = this.#imports;
    const { core } = this.session;
    let count = 0;
    try {
      for (let at = 0, isOver = false; !isOver; ) {
        const { bytes, isLast } = await untilAborted(bytesAt(file, at), options?.signal);
        this.check();
        count += attempted(() => core.import_file(this.number, number, bytes, isLast));
        [at, isOver] = [at + bytes.length, isLast];
      }
    } catch (error) {
      // What could not be read to its end is not whole: it ends within a part.
      this.session.attempt(() => core.import_file(this.number, number, Uint8Array.of(0), true));
      throw error;
    }
    await this.stored(options);
    return count;
  }

  /** @internal Notes what the core tells, if it is about records. */
  protected hearRecords(event: CoreGroupEvent): event is Told {
    switch (event.about) {
      case "record": {
        const { isNew, isOwn, from } = event;
        const record = new GroupRecord(event.record);
        emit<GroupEvents>(this, "record", { record, isNew, isOwn, from });
        this.#searches.tell(event.watches, record);
        return true;
      }
      case "found":
        this.#searches.hear(event.ticket, event.records);
        return true;
      case "approve":
        void this.#approve(event.number, new GroupRecord(event.record));
        return true;
      case "exported":
        this.#exported.get(event.ticket)?.push(event.bytes);
        return true;
      default:
        return false;
    }
  }

  /** @internal Nothing more will come. */
  protected endSearches(): void {
    this.#searches.end();
  }

  async #approve(number: number, record: GroupRecord): Promise<void> {
    let fine = true;
    try {
      fine = await isTaken(this.#validators.get(record.type), record);
    } catch (thrown) {
      // What could not be validated is not taken. That it cannot be read is its author's doing.
      fine = false;
      if (!(thrown instanceof SyntaxError || thrown instanceof PeerError)) report(thrown);
    }
    if (this.gone !== undefined) return;
    this.session.attempt(() => this.session.core.answer_approval(this.number, number, fine));
  }
}
