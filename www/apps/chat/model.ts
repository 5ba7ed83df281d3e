import { type GroupRecord, PeerError, type Remote } from "lacis";
import { isKeptAnyway, jsonOf } from "../shared/records.js";
import { Shown } from "../shared/shown.js";
import type { Space } from "../shared/space.js";
import type { FileNote } from "./files.js";
import { FILE_TYPE, filesOf, readFileNote } from "./files.js";

export const LINE_TYPE = "chat.line";
const HAVE = "chat.have";
const WHISPER = "chat.whisper";
/** The answer to that. */
const HELD = "held";

/** A line is as long as one may read at a glance; more is a file. */
export const LINE_MAX = 8_000;
/** Of that many lines of an author the others tell whether they hold them. */
const TOLD_MAX = 200;
/** What follows within that time is told together. */
const GATHER_MS = 60;
const MENTIONS_MAX = 32;

/** One line, as it is shown. */
export interface Line {
  readonly id: string;
  readonly author: string;
  readonly at: number;
  readonly text: string;
  readonly mentions: readonly string[];
  readonly replyTo: string | undefined;
  /** Who wrote what stands there now, if the line was changed. */
  readonly editor: string | undefined;
  /** A name that its author gave it before it was a record. */
  readonly key: string | undefined;
  readonly file: FileNote | undefined;
  /** Nothing for a whisper, which is no record. */
  readonly record: GroupRecord | undefined;
  /** To whom alone it was said. */
  readonly whisperTo: string | undefined;
}

/** How far a line of one's own has come; what it says is known, not hoped. */
export type Delivery =
  | { readonly state: "storing" }
  | { readonly state: "stored" }
  | { readonly state: "failed"; readonly reason: unknown }
  | { readonly state: "delivered"; readonly count: number; readonly of: number };

interface Draft {
  readonly text: string;
  readonly mentions: readonly string[];
  readonly replyTo?: string | undefined;
}

/** A line that is not stored yet. */
interface Pending {
  readonly line: Line;
  readonly failure: unknown;
  /** The record that it has become already, though it is not stored. */
  readonly recordId: string | undefined;
}

/** Where lines are kept that were sent and are not stored: they outlast a crash on their way. */
const SENT = "sent.";

interface Sent extends Draft {
  readonly at: number;
  /** To whom alone it is said. */
  readonly to?: string | undefined;
}

/** The talk of a group. */
export function talkOf(space: Space): Talk {
  return space.part("talk", () => new Talk(space));
}

/** The talk of a group: its lines in order, and what is known of their delivery. */
export class Talk extends Shown {
  readonly #lines = new Map<string, Line>();
  /** Of each line of this person, who has said that it has it. */
  readonly #holders = new Map<string, Set<string>>();
  /** Lines on their way into the store, by a name of their own. */
  readonly #pending = new Map<string, Pending>();
  readonly #telling = new Map<string, Set<string>>();
  /** The nodes that are connected. */
  readonly #here = new Set<string>();
  #sorted: Line[] | undefined;
  #hasResumed = false;

  constructor(space: Space) {
    super(space);
    space.on("record", ({ record }) => this.#take(record, true));
    space.on("gone", ({ id }) => this.#drop(id));
    space.on("saved", () => {
      this.#forgetStored();
      this.#tellPresent();
    });
    space.onMessage(HAVE, (peer, data) => this.#hearHave(peer, data));
    const unbind = space.room?.respond(WHISPER, (it) => this.#hearWhisper(it.from.peerId, it.data));
    space.signal.addEventListener("abort", () => unbind?.());
    // Whoever comes is told which of its lines are held here. Who is here is told once all is read.
    for (const remote of space.room?.remotes.values() ?? []) this.#isNewHere(remote);
    space.room?.addEventListener("remotechange", ({ detail }) => {
      if (this.#isNewHere(detail)) this.#tellAll(detail.peerId);
    });
    space.room?.addEventListener("remoteleave", ({ detail }) => this.#isNewHere(detail.remote));
  }

  protected async read(): Promise<void> {
    for (const type of [LINE_TYPE, FILE_TYPE]) {
      for (const record of await this.space.group.find({ type })) this.#take(record, false);
    }
    this.#resume();
    this.#tellPresent();
  }

  /** All lines, the oldest first; those that are not stored yet are the last. */
  get lines(): readonly Line[] {
    this.#sorted ??= [...this.#lines.values()].sort(
      (a, b) => a.at - b.at || (a.id < b.id ? -1 : 1),
    );
    const pending = [...this.#pending.values()].filter(({ recordId }) => recordId === undefined);
    return pending.length === 0 ? this.#sorted : [...this.#sorted, ...pending.map(lineIn)];
  }

  line(id: string): Line | undefined {
    return this.#lines.get(id);
  }

  /** What is known of a line of one's own. */
  deliveryOf(line: Line): Delivery {
    const isAbout = ({ recordId }: Pending): boolean => recordId === line.id;
    const pending = this.#pending.get(line.id) ?? [...this.#pending.values()].find(isAbout);
    if (pending !== undefined) {
      const { failure } = pending;
      return failure === undefined ? { state: "storing" } : { state: "failed", reason: failure };
    }
    if (line.whisperTo !== undefined) return { state: "delivered", count: 1, of: 1 };
    const count = this.#holders.get(line.id)?.size ?? 0;
    if (count === 0) return { state: "stored" };
    return { state: "delivered", count, of: Math.max(count, this.space.holders) };
  }

  /**
   * Says something to all. A line that could not be stored stays to be tried again, also when the
   * page is opened anew.
   */
  async say(draft: Draft): Promise<void> {
    const key = crypto.randomUUID();
    const sent: Sent = { ...draft, at: Date.now() };
    this.space.drafts.keep(SENT + key, sent);
    await this.#send(key, sent);
  }

  async sayAgain(id: string): Promise<void> {
    const pending = this.#pending.get(id);
    if (pending?.failure === undefined) return;
    this.#pending.set(id, { ...pending, failure: undefined });
    this.changed();
    await this.#store(id, pending.line);
  }

  /** Gives a line up that could not be stored. */
  discard(id: string): void {
    if (this.#pending.get(id)?.failure === undefined) return;
    this.#pending.delete(id);
    this.space.drafts.drop(SENT + id);
    this.changed();
  }

  /** Says something to one member alone; it stays to be tried again until a page of it has it. */
  async whisper(to: string, text: string): Promise<void> {
    const key = crypto.randomUUID();
    const sent: Sent = { text, mentions: [], at: Date.now(), to };
    this.space.drafts.keep(SENT + key, sent);
    await this.#send(key, sent);
  }

  async edit(line: Line, draft: Draft): Promise<void> {
    if (line.record === undefined) return;
    const { record, key } = this.#lines.get(line.id) ?? line;
    await this.space.group.update(record ?? line.record, { data: contentOf({ ...draft, key }) });
  }

  async delete(line: Line): Promise<void> {
    const { record, file } = line;
    if (record === undefined) return;
    if (file === undefined) await this.space.group.delete(record);
    else await filesOf(this.space).delete(record, file);
  }

  /** Says again what an earlier page had not stored. */
  #resume(): void {
    if (this.#hasResumed) return;
    this.#hasResumed = true;
    this.#forgetStored();
    const { drafts } = this.space;
    const all = drafts.under(SENT).map((place) => [place, drafts.get<Sent>(place)] as const);
    all.sort(([, a], [, b]) => (a?.at ?? 0) - (b?.at ?? 0));
    for (const [place, sent] of all) {
      const key = place.slice(SENT.length);
      if (sent !== undefined && !this.#pending.has(key)) void this.#send(key, sent);
    }
  }

  /** What is a record needs no draft any more. */
  #forgetStored(): void {
    for (const { key, author } of this.#lines.values()) {
      if (key !== undefined && author === this.space.me.id) this.#forgetSent(key);
    }
  }

  #forgetSent(key: string): void {
    if (this.space.drafts.get(SENT + key) !== undefined) this.space.drafts.drop(SENT + key);
  }

  #send(key: string, { text, mentions, replyTo, at, to }: Sent): Promise<void> {
    const line = { ...this.#lineOf(key, text, mentions, replyTo), key, at, whisperTo: to };
    this.#pending.set(key, { line, failure: undefined, recordId: undefined });
    this.changed();
    return this.#store(key, line);
  }

  async #store(id: string, line: Line): Promise<void> {
    const { whisperTo, text } = line;
    try {
      if (whisperTo === undefined) {
        await this.space.group.add({ type: LINE_TYPE, data: contentOf(line) });
      } else {
        const content = JSON.stringify({ id, text });
        // Not the page but its talk says that it has it: the page may not have opened that yet.
        const answer = await this.space.group.request(whisperTo, WHISPER, content);
        if (answer.text() !== HELD) throw new PeerError("handler-failed");
        this.#keepWhisper(id, this.space.me.id, whisperTo, text);
      }
      this.#pending.delete(id);
      this.#forgetSent(id);
    } catch (failure) {
      // What only the store refused is a record all the same: it is kept in memory and tried again,
      // which the bar above says. Again would be twice. Its draft goes once it is safe.
      if (isKeptAnyway(failure)) this.#pending.delete(id);
      else this.#pending.set(id, { line, failure, recordId: undefined });
    }
    this.changed();
  }

  #lineOf(
    id: string,
    text: string,
    mentions: readonly string[],
    replyTo: string | undefined,
  ): Line {
    const fixed = { file: undefined, record: undefined, whisperTo: undefined };
    const fresh = { editor: undefined, key: undefined, ...fixed };
    return { id, author: this.space.me.id, at: Date.now(), text, mentions, replyTo, ...fresh };
  }

  #take(record: GroupRecord, isLive: boolean): void {
    if (record.type !== LINE_TYPE && record.type !== FILE_TYPE) return;
    const line = record.deleted ? undefined : lineOf(record);
    if (line === undefined) {
      if (record.deleted) this.#drop(record.id);
      return;
    }
    this.#lines.set(line.id, line);
    this.#sorted = undefined;
    if (isLive && line.author !== this.space.me.id) this.#tell(line.author, [line.id]);
    else if (isLive) this.#settle(line);
    this.changed();
  }

  /** A line of one's own has become a record. */
  #settle({ id, key = "" }: Line): void {
    const pending = this.#pending.get(key);
    if (pending !== undefined) this.#pending.set(key, { ...pending, recordId: id });
  }

  #drop(id: string): void {
    const { key, author } = this.#lines.get(id) ?? {};
    // It was said, and taken back: a draft that waits for the store must not say it anew.
    if (key !== undefined && author === this.space.me.id) this.#forgetSent(key);
    if (!this.#lines.delete(id)) return;
    this.#sorted = undefined;
    this.changed();
  }

  /** Whether a node is connected that was not: round trips are told of as changes, too. */
  #isNewHere({ id, peerId, connected }: Remote): boolean {
    if (!connected) this.#here.delete(id);
    if (!connected || peerId === "" || this.#here.has(id)) return false;
    this.#here.add(id);
    return true;
  }

  #tellPresent(): void {
    for (const { id, present } of this.space.members) if (present) this.#tellAll(id);
  }

  #tellAll(peer: string): void {
    if (!this.isLoaded || peer === this.space.me.id) return;
    const theirs = this.lines.filter(({ author, record }) => author === peer && record);
    this.#tell(
      peer,
      theirs.slice(-TOLD_MAX).map(({ id }) => id),
    );
  }

  /** Tells an author that these lines are held here: that they are stored, not only shown. */
  #tell(author: string, ids: readonly string[]): void {
    if (ids.length === 0) return;
    const waiting = this.#telling.get(author);
    for (const id of ids) waiting?.add(id);
    if (waiting !== undefined) return;
    this.#telling.set(author, new Set(ids));
    setTimeout(() => {
      const told = [...(this.#telling.get(author) ?? [])];
      this.#telling.delete(author);
      // Who is not connected is told when it comes; what cannot be stored yet, when it is.
      this.space.group
        .stored()
        .then(() => this.space.group.send(author, HAVE, JSON.stringify(told)))
        .catch(() => {});
    }, GATHER_MS);
  }

  #hearHave(peer: string, data: Uint8Array): void {
    const ids = parsed(data);
    if (!Array.isArray(ids)) return;
    for (const id of ids.slice(0, TOLD_MAX)) {
      // Of lines that are none of ours nobody wants to know.
      if (this.#lines.get(id)?.author !== this.space.me.id) continue;
      const holders = this.#holders.get(id) ?? new Set();
      this.#holders.set(id, holders.add(peer));
    }
    this.changed();
  }

  #hearWhisper(peer: string, data: Uint8Array): string {
    const { id, text } = (parsed(data) ?? {}) as { id?: unknown; text?: unknown };
    if (typeof id !== "string" || typeof text !== "string") return "";
    const known = this.#lines.get(id);
    // It is told again where the answer to the first time was lost.
    if (known !== undefined) return known.author === peer && known.record === undefined ? HELD : "";
    this.#keepWhisper(id, peer, this.space.me.id, text.slice(0, LINE_MAX));
    this.space.news.take(new Date(), false);
    this.space.changed();
    return HELD;
  }

  /** Whispers are no records: they are with the two who had them, until their pages close. */
  #keepWhisper(id: string, author: string, to: string, text: string): void {
    this.#lines.set(id, { ...this.#lineOf(id, text, [], undefined), author, whisperTo: to });
    this.#sorted = undefined;
    this.changed();
  }
}

const lineIn = ({ line }: Pending): Line => line;

function contentOf({ text, mentions, replyTo, key }: Draft & { key?: string | undefined }): object {
  const extra = { ...(mentions.length > 0 && { mentions }), ...(replyTo && { replyTo }) };
  return { text, ...extra, ...(key && { key }) };
}

/** Reads a record, which another program may have written in another way. */
export function lineOf(record: GroupRecord): Line | undefined {
  const value = (jsonOf(record) ?? {}) as Record<string, unknown>;
  const file = record.type === FILE_TYPE ? readFileNote(value) : undefined;
  const text = typeof value.text === "string" ? value.text.slice(0, LINE_MAX) : "";
  if (record.type === FILE_TYPE ? file === undefined : text === "") return undefined;
  const mentions = Array.isArray(value.mentions) ? value.mentions : [];
  const { replyTo, key } = value;
  return {
    id: record.id,
    author: record.creator,
    at: record.created.getTime(),
    text,
    mentions: mentions.filter((id) => typeof id === "string").slice(0, MENTIONS_MAX),
    replyTo: typeof replyTo === "string" ? replyTo : undefined,
    editor: record.version > 1 ? record.author : undefined,
    key: typeof key === "string" ? key : undefined,
    file,
    record,
    whisperTo: undefined,
  };
}

function parsed(data: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(data));
  } catch {
    return undefined;
  }
}
