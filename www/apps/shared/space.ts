import type {
  Group,
  GroupEvents,
  GroupRecord,
  Identity,
  Member,
  Message,
  OpenInvitation,
  Room,
} from "lacis";
import { APP_TYPE, type AppName, isApp, NEWS } from "./apps.js";
import { Drafts } from "./drafts.js";
import { forgetGroup } from "./forget.js";
import { type Here, heresOf, Roll, watchRemotes } from "./members.js";
import { recall, remember } from "./memory.js";
import { plainName } from "./names.js";
import { News } from "./news.js";
import { type Look, PROFILE_TYPE, type Profile } from "./people.js";
import { Profiles } from "./profiles.js";
import { jsonOf } from "./records.js";
import { Storing } from "./storing.js";
import { texts } from "./texts/index.js";
import { Observable } from "./watch.js";

/** What went wrong with keeping or sharing, and still does. */
export type Trouble = "unsaved" | "refused" | "revoked" | "ended";

/** For so long nobody asks the group again who is in it, unless it tells of a change. */
const ASKED_MS = 1_000;

/** A group in these pages: its people, its news, and how it stands. */
export class Space extends Observable {
  readonly group: Group;
  readonly me: Identity;
  readonly #profiles: Profiles;
  readonly news: News;
  /** What this person has typed here and not yet handed over. */
  readonly drafts: Drafts;
  /** The link that this page made last, and its invitation. */
  lastLink: { readonly id: string; readonly text: string } | undefined;
  /** How much of those who were shut out waits for an admin's word, by their ids. */
  readonly aside = new Map<string, number>();
  readonly #listening = new AbortController();
  readonly #parts = new Map<string, unknown>();
  #app: AppName | undefined;
  /** When the record was made that says so. */
  #appSince = Number.POSITIVE_INFINITY;
  #trouble: { readonly kind: Trouble; readonly code: string } | undefined;
  #members: readonly Member[] = [];
  #asked: { readonly roll: Roll; readonly at: number } | undefined;
  #heres: ReadonlyMap<string, Here> | undefined;
  #isJudging = false;
  #servers: readonly string[] = [];
  #invitations: readonly OpenInvitation[] = [];
  #name = "";
  #here: Here = {};
  #hasSynced = false;
  readonly #storing: Storing;

  constructor(group: Group, me: Identity, look: () => Look, app?: AppName | undefined) {
    super();
    this.group = group;
    this.me = me;
    this.drafts = new Drafts(me.id, group.id);
    this.#storing = new Storing(group, () => this.changed());
    this.#profiles = new Profiles(group, me, look);
    this.#app = app ?? recall<AppName | undefined>(`app.${group.id}`, undefined);
    if (app !== undefined) remember(`app.${group.id}`, app);
    this.news = new News(group.id, this.signal);
    this.on("record", (change) => {
      void this.#storing.hear();
      this.#hear(change);
    });
    this.on("member", () => this.#judgeSelfSoon());
    this.on("presence", () => {
      this.#heres = undefined;
      this.changed();
    });
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
    this.on("unlocked", () => {
      this.#asked = undefined;
      // One that ends meanwhile says so itself.
      this.#load().catch((it) => this.#trouble?.kind === "ended" || Promise.reject(it));
    });
    this.on("synced", ({ all }) => {
      if (!all) return;
      this.#hasSynced = true;
      this.changed();
    });
    this.on("unsaved", ({ code }) => this.#setTrouble({ kind: "unsaved", code }));
    this.on("saved", () => {
      this.#storing.saved();
      this.#setTrouble(undefined);
    });
    this.on("refused", ({ code }) => this.#setTrouble({ kind: "refused", code }));
    this.on("closed", () => this.#setTrouble({ kind: "ended", code: "closed" }));
    this.room?.addEventListener("statechange", () => this.changed(), this.#until);
    watchRemotes(this.room, this.signal, () => {
      this.#asked = undefined;
      this.changed();
    });
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
    return this.#storing.isStored;
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
    return this.#roll.list;
  }

  member(id: string): Member | undefined {
    return this.#roll.member(id);
  }

  /** Asked for once in a while: what changes it is told of, but for what ends by its date. */
  get #roll(): Roll {
    const now = performance.now();
    if (this.#asked === undefined || now - this.#asked.at > ASKED_MS) {
      this.#members = this.#ask(() => this.group.members, this.#members);
      this.#asked = { roll: new Roll(this.#members, this.me.id), at: now };
    }
    return this.#asked.roll;
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
    return this.#roll.self?.roles ?? [];
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

  /** The other people in it. */
  get others(): readonly Member[] {
    return this.#roll.others;
  }

  /** How many others are here now. */
  get present(): number {
    return this.#roll.present;
  }

  /** How many others can hold what is written. */
  get holders(): number {
    return this.#roll.holders;
  }

  /** How a person shows itself, whether or not it has said so. */
  person(id: string): Profile {
    return this.#profiles.person(id);
  }

  /** Those who have said so, by their ids. */
  get people(): ReadonlyMap<string, Profile> {
    return this.#profiles.all;
  }

  /** What members say of themselves, by their ids. */
  get heres(): ReadonlyMap<string, Here> {
    this.#heres ??= heresOf(this.group.presence.others);
    return this.#heres;
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
    await this.#profiles.introduce();
    this.changed();
  }

  /** Whether the person looks at it: what comes meanwhile is no news. */
  watch(isWatched: boolean): void {
    this.news.watch(isWatched);
    // What came while it was looked at was seen.
    this.markRead();
  }

  /** Everything that is here has been seen. */
  markRead(): void {
    const { unread } = this.news;
    this.news.markRead();
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

  #hear({ record, isNew, isOwn }: GroupEvents["record"]): void {
    if (record.type === PROFILE_TYPE) {
      this.#profiles.hear(record);
      this.changed();
    }
    if (record.type === APP_TYPE) this.#hearApp(record);
    const isNews = this.#app !== undefined && NEWS[this.#app].includes(record.type);
    if (!isNews || record.deleted) return;
    this.news.take(record.modified, isOwn || !isNew);
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
    await this.#profiles.load();
    this.changed();
    for (const record of await this.group.find({ type: APP_TYPE })) this.#hearApp(record);
  }

  /** Once for all that comes together. */
  #judgeSelfSoon(): void {
    this.#asked = undefined;
    if (!this.#isJudging) queueMicrotask(() => this.#judgeSelf());
    this.#isJudging = true;
  }

  #judgeSelf(): void {
    this.#isJudging = false;
    const { self } = this.#roll;
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
    if (!document.hidden && this.news.isWatched) this.markRead();
  }

  #say(here: Here): void {
    this.#here = here;
    this.#ask(() => this.group.presence.set(here), undefined);
  }
}
