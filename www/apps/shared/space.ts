import {
  type Group,
  type GroupEvents,
  type GroupRecord,
  type Identity,
  type Member,
  type Message,
  type OpenInvitation,
  PeerError,
  type Room,
} from "lacis";
import { APP_TYPE, type AppName, isApp, NEWS } from "./apps.js";
import { keepContact } from "./contacts.js";
import { Drafts } from "./drafts.js";
import { forgetGroup } from "./forget.js";
import { recall, remember } from "./memory.js";
import { plainName } from "./names.js";
import { colourOf, type Look, PROFILE_TYPE, type Profile, readProfile } from "./people.js";
import { texts } from "./texts/index.js";
import { Observable } from "./watch.js";

/** What a page remembers of a group between two visits. */
interface Remembered {
  unread: number;
  /** When something last happened in it, in milliseconds since 1970. */
  activeAt: number;
  /** Up to when everything was seen. */
  readAt: number;
}

/** What each page says of itself while it is here. */
export interface Here {
  readonly away?: boolean;
  readonly typing?: boolean;
}

/** What went wrong with keeping or sharing, and still does. */
export type Trouble = "unsaved" | "refused" | "revoked" | "ended";

/** A group in these pages: its people, its news, and how it stands. */
export class Space extends Observable {
  readonly group: Group;
  readonly me: Identity;
  readonly people = new Map<string, Profile>();
  /** What this person has typed here and not yet handed over. */
  readonly drafts: Drafts;
  /** The link that this page made last, and its invitation. */
  lastLink: { readonly id: string; readonly text: string } | undefined;
  /** How much of those who were shut out waits for an admin's word, by their ids. */
  readonly aside = new Map<string, number>();
  readonly #listening = new AbortController();
  readonly #parts = new Map<string, unknown>();
  readonly #look: () => Look;
  #app: AppName | undefined;
  /** When the record was made that says so. */
  #appSince = Number.POSITIVE_INFINITY;
  #remembered: Remembered;
  #trouble: { readonly kind: Trouble; readonly code: string } | undefined;
  #own: GroupRecord | undefined;
  #members: readonly Member[] = [];
  #servers: readonly string[] = [];
  #invitations: readonly OpenInvitation[] = [];
  #name = "";
  #isWatched = false;
  #here: Here = {};
  #hasSynced = false;
  /** Records that were heard of since the store was last asked. */
  #unstored = 0;
  #newSince = 0;

  constructor(group: Group, me: Identity, look: () => Look, app?: AppName | undefined) {
    super();
    this.group = group;
    this.me = me;
    this.drafts = new Drafts(me.id, group.id);
    this.#look = look;
    this.#app = app ?? recall<AppName | undefined>(`app.${group.id}`, undefined);
    if (app !== undefined) remember(`app.${group.id}`, app);
    const fresh = { unread: 0, activeAt: Date.now(), readAt: 0 };
    this.#remembered = { ...fresh, ...recall(`space.${group.id}`, {}) };
    this.on("record", (change) => {
      this.#seeStored();
      this.#hear(change);
    });
    this.on("member", () => this.#judgeSelf());
    this.on("presence", () => this.changed());
    for (const name of ["invitations", "keyold", "clock"] as const) {
      this.on(name, () => this.changed());
    }
    this.on("servers", () => {
      // It leads to where the group met before.
      this.lastLink = undefined;
      this.changed();
    });
    this.on("setaside", ({ author, count }) => {
      this.aside.set(author, (this.aside.get(author) ?? 0) + count);
      this.changed();
    });
    this.on("unlocked", () => void this.#load());
    this.on("synced", ({ all }) => {
      if (!all) return;
      this.#hasSynced = true;
      this.changed();
    });
    this.on("unsaved", ({ code }) => this.#setTrouble({ kind: "unsaved", code }));
    this.on("saved", () => {
      this.#unstored = 0;
      this.#setTrouble(undefined);
    });
    this.on("refused", ({ code }) => this.#setTrouble({ kind: "refused", code }));
    this.on("closed", () => this.#setTrouble({ kind: "ended", code: "closed" }));
    this.room?.addEventListener("statechange", () => this.changed(), this.#until);
    for (const name of ["remotejoin", "remotechange", "remoteleave"] as const) {
      this.room?.addEventListener(name, () => this.changed(), this.#until);
    }
    this.group.presence.set(this.#here);
    document.addEventListener("visibilitychange", () => this.#seeWhetherAway(), this.#until);
  }

  /** What an application makes of the group: made once, and kept while the group is open. */
  part<T>(name: string, make: () => T): T {
    if (!this.#parts.has(name)) this.#parts.set(name, make());
    return this.#parts.get(name) as T;
  }

  /** Listens to the group for as long as it is open, or until the result is called. */
  on<Name extends keyof GroupEvents & string>(
    name: Name,
    listener: (detail: GroupEvents[Name]) => void,
  ): () => void {
    const hear = (event: CustomEvent<GroupEvents[Name]>): void => listener(event.detail);
    this.group.addEventListener(name, hear as never, this.#until);
    return () => this.group.removeEventListener(name, hear as never);
  }

  /** Hears what members send under that label, directly or to all, for as long as it is open. */
  onMessage(label: string, listener: (peer: string, data: Uint8Array) => void): void {
    const hear = ({ detail }: CustomEvent<Message>): void => {
      if (detail.label !== label) return;
      try {
        listener(detail.from.peerId, detail.data);
      } catch (thrown) {
        // Whatever a member may send, it is no failure of this page that a person must be told of.
        console.warn(`${label}: ${thrown}`);
      }
    };
    this.room?.addEventListener("message", hear, this.#until);
  }

  /** Ends with the space. */
  get signal(): AbortSignal {
    return this.#listening.signal;
  }

  get id(): string {
    return this.group.id;
  }

  get room(): Room | undefined {
    return this.group.room;
  }

  /** Which application the group is for; undefined until an admin's word has arrived. */
  get app(): AppName | undefined {
    return this.#app;
  }

  get name(): string {
    this.#name = this.#ask(() => plainName(this.group.name), this.#name);
    return this.#name || texts.noTitle;
  }

  /** Whether everything that is shown outlasts this page. */
  get isStored(): boolean {
    return this.#unstored === 0;
  }

  /** Asks the store once for many records that come together. */
  async #seeStored(): Promise<void> {
    this.#unstored += 1;
    if (this.#unstored > 1) return;
    try {
      for (let asked = 0; asked < this.#unstored; ) {
        asked = this.#unstored;
        await this.group.stored();
      }
      this.#unstored = 0;
      this.changed();
    } catch {
      // The event "unsaved" has told, and "saved" will.
    }
  }

  get unread(): number {
    return this.#remembered.unread;
  }

  get activeAt(): Date {
    return new Date(this.#remembered.activeAt);
  }

  /** Up to when this person had seen everything before it began to look; 0 for never. */
  get newSince(): number {
    // Whoever is just about to look asks before it is known that somebody does.
    return this.#isWatched ? this.#newSince : this.#remembered.readAt;
  }

  get trouble(): { readonly kind: Trouble; readonly code: string } | undefined {
    return this.#trouble;
  }

  /** Whether somebody has given all that it held, since this page was opened. */
  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  /** The links by which somebody may still come in. */
  get invitations(): readonly OpenInvitation[] {
    this.#invitations = this.#ask(() => this.group.invitations(), this.#invitations);
    return this.#invitations;
  }

  /** Lets stand what somebody did who was shut out. */
  async nameActions(author: string): Promise<void> {
    await this.group.nameActions(author);
    this.aside.delete(author);
    this.changed();
  }

  get members(): readonly Member[] {
    this.#members = this.#ask(() => this.group.members, this.#members);
    return this.#members;
  }

  /** The servers at which the members meet; none if each page has those that it was opened with. */
  get servers(): readonly string[] {
    this.#servers = this.#ask(() => this.group.servers, this.#servers);
    return this.#servers;
  }

  /** Asks the group something; one that has ended under this page says what it said last. */
  #ask<T>(ask: () => T, last: T): T {
    if (this.#trouble?.kind === "ended") return last;
    try {
      return ask();
    } catch {
      // After what is being drawn now: this may be asked for while a page is drawn.
      queueMicrotask(() => this.#setTrouble({ kind: "ended", code: "closed" }));
      return last;
    }
  }

  /** What this person may do here. */
  get roles(): readonly string[] {
    return this.members.find(({ id }) => id === this.me.id)?.roles ?? [];
  }

  get mayWrite(): boolean {
    return this.roles.includes("member") && this.#trouble?.kind !== "revoked";
  }

  get isAdmin(): boolean {
    return this.roles.includes("admin");
  }

  get mayInvite(): boolean {
    return this.roles.some((role) => role === "admin" || role === "inviter");
  }

  /** Whether whoever wrote what stands there was an admin then. */
  wasAdmin({ author, modified }: GroupRecord): boolean {
    return this.#ask(() => this.group.rolesAt(author, modified), []).includes("admin");
  }

  /** The other people in it. A keeper is a program that reads nothing, and none of them. */
  get others(): readonly Member[] {
    return this.members.filter(({ id, role }) => id !== this.me.id && role !== "keeper");
  }

  /** How many others are here now. */
  get present(): number {
    return this.others.filter(({ present }) => present).length;
  }

  /** How a person shows itself, whether or not it has said so. */
  person(id: string): Profile {
    const known = this.people.get(id);
    if (known !== undefined) return known;
    const name = id === this.me.id ? this.me.name : texts.guest(id);
    return { name, colour: colourOf(id) };
  }

  /** What a member's pages say of themselves; the liveliest counts. */
  hereOf(id: string): Here | undefined {
    const said = this.group.presence.others.filter(({ peerId }) => peerId === id);
    const all = said.map(({ value }) => (value ?? {}) as Here);
    if (all.length === 0) return undefined;
    return {
      away: all.every(({ away }) => away === true),
      typing: all.some(({ typing }) => typing === true),
    };
  }

  /** Says whether this person is typing. */
  setTyping(typing: boolean): void {
    if ((this.#here.typing ?? false) !== typing) this.#say({ ...this.#here, typing });
  }

  /** Reads what is held here, and says who this person is. */
  async start(): Promise<void> {
    await this.#load();
    await this.introduce();
  }

  /** Tells the others how this person shows itself, if they do not know. */
  async introduce(): Promise<void> {
    if (!this.mayWrite) return;
    const { colour, picture } = this.#look();
    const wanted: Profile = { name: this.me.name, colour, picture };
    const held = this.people.get(this.me.id);
    if (held !== undefined && JSON.stringify(held) === JSON.stringify(wanted)) return;
    this.people.set(this.me.id, wanted);
    if (this.#own !== undefined) await this.group.update(this.#own, { data: wanted });
    else await this.group.add({ type: PROFILE_TYPE, data: wanted });
    this.changed();
  }

  /** Whether the person looks at it: what comes meanwhile is no news. */
  watch(isWatched: boolean): void {
    if (isWatched) this.#newSince = this.#remembered.readAt;
    this.#isWatched = isWatched;
    // What came while it was looked at was seen.
    this.markRead();
  }

  /** Everything that is here has been seen. */
  markRead(): void {
    const { unread } = this.#remembered;
    this.#keep({ unread: 0, readAt: Date.now() });
    if (unread > 0) this.changed();
  }

  /** Stops listening; the group itself is closed by whoever opened it. */
  end(): void {
    this.#listening.abort();
  }

  /** Forgets what is kept beside the group. */
  async forget(): Promise<void> {
    this.drafts.forget();
    await forgetGroup(this.me.id, this.id);
  }

  get #until(): { signal: AbortSignal } {
    return { signal: this.#listening.signal };
  }

  #keep(change: Partial<Remembered>): void {
    this.#remembered = { ...this.#remembered, ...change };
    remember(`space.${this.id}`, this.#remembered);
  }

  #hear({ record, isNew, isOwn }: GroupEvents["record"]): void {
    if (record.type === PROFILE_TYPE) this.#hearProfile(record);
    if (record.type === APP_TYPE) this.#hearApp(record);
    const isNews = this.#app !== undefined && NEWS[this.#app].includes(record.type);
    if (!isNews || record.deleted) return;
    const activeAt = Math.max(this.#remembered.activeAt, record.modified.getTime());
    const isSeen = isOwn || !isNew || (this.#isWatched && !document.hidden);
    this.#keep({ activeAt, unread: this.unread + (isSeen ? 0 : 1) });
    this.changed();
  }

  #hearProfile(record: GroupRecord): void {
    if (record.creator === this.me.id && !record.deleted) this.#own = record;
    const profile = record.data === undefined ? undefined : readProfile(jsonOf(record));
    // Only a person itself says who it is.
    if (profile === undefined || record.author !== record.creator) return;
    this.people.set(record.creator, profile);
    if (record.creator !== this.me.id) keepContact(this.me.id, record.creator, profile.name);
    this.changed();
  }

  /**
   * Admins say what a group is for, and the first of them, who has founded it, before all others:
   * a member could make a newsletter something else, and a link may say anything.
   */
  #hearApp(record: GroupRecord): void {
    const { app } = (jsonOf(record) ?? {}) as { app?: unknown };
    const since = record.created.getTime();
    if (!isApp(app) || since >= this.#appSince || !this.wasAdmin(record)) return;
    this.#appSince = since;
    if (this.#app === app) return;
    this.#app = app;
    remember(`app.${this.id}`, app);
    this.changed();
  }

  async #load(): Promise<void> {
    for (const record of await this.group.find({ type: PROFILE_TYPE })) this.#hearProfile(record);
    for (const record of await this.group.find({ type: APP_TYPE })) this.#hearApp(record);
  }

  #judgeSelf(): void {
    const self = this.members.find(({ id }) => id === this.me.id);
    if (self !== undefined && self.roles.length === 0) {
      this.#setTrouble({ kind: "revoked", code: "revoked" });
    } else if (this.#trouble?.kind === "revoked") this.#setTrouble(undefined);
    else this.changed();
  }

  #setTrouble(trouble: typeof this.trouble): void {
    if (this.#trouble?.kind === "ended") return;
    const isWorse = trouble === undefined || trouble.kind === "ended";
    if (this.#trouble?.kind === "revoked" && !isWorse) return;
    this.#trouble = trouble;
    this.changed();
  }

  #seeWhetherAway(): void {
    this.#say({ ...this.#here, away: document.hidden, typing: false });
    if (!document.hidden && this.#isWatched) this.markRead();
  }

  #say(here: Here): void {
    this.#here = here;
    this.#ask(() => this.group.presence.set(here), undefined);
  }
}

/** What a store may say that works again later: of a full disk browsers know no better word. */
const PASSING: readonly string[] = ["store-full", "store-failed", "store-unavailable"];

/** Whether a record that could not be stored is held in memory, and stored as soon as possible. */
export function isKeptAnyway(failure: unknown): boolean {
  return failure instanceof PeerError && PASSING.includes(failure.code);
}

/** Waits until something is stored, or held in memory: then the group says so as a whole. */
export async function kept(writing: Promise<unknown>): Promise<void> {
  try {
    await writing;
  } catch (thrown) {
    if (!isKeptAnyway(thrown)) throw thrown;
  }
}

/** What a record says as JSON; undefined if it is locked, deleted or says something else. */
export function jsonOf(record: GroupRecord): unknown {
  try {
    return record.data === undefined ? undefined : record.json();
  } catch {
    return undefined;
  }
}
