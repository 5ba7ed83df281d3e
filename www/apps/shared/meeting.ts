// At which servers a group meets, and how an admin changes that.
import { reasonOf } from "./reasons.js";
import { kept } from "./records.js";
import { pageServers } from "./servers.js";
import type { Space } from "./space.js";
import { Observable } from "./watch.js";

/** So many servers a group may name; the package refuses more. */
export const SERVERS_MAX = 4;
/** So many bytes an address may have. */
const URL_MAX = 512;

/** What is wrong with an address that somebody has typed. */
export type ServerFlaw =
  | "none-named"
  | "no-address"
  | "not-secure"
  | "not-plain"
  | "too-long"
  | "twice";

/** One address while it is typed. */
export interface ServerField {
  readonly key: number;
  readonly text: string;
  readonly flaw: ServerFlaw | undefined;
}

/** The servers of a group as an admin changes them; what is typed outlasts the dialog. */
export class Meeting extends Observable {
  readonly #space: Space;
  #fields: readonly ServerField[] = [];
  /** What stood there when the change was begun; undefined while none is under way. */
  #begun: readonly string[] | undefined;
  #lastKey = 0;
  /** Why it could not be saved, where no address is to blame. */
  problem = "";
  /** Whether the servers of now are those that were saved here. */
  isSaved = false;

  constructor(space: Space) {
    super();
    this.#space = space;
    space.on("servers", () => {
      this.isSaved = false;
      if (this.#begun !== undefined && isSame(this.#typed, this.#begun)) this.#take();
      this.changed();
    });
  }

  get fields(): readonly ServerField[] {
    return this.#fields;
  }

  /** Where the members meet as this page sees it: there is always one. */
  get servers(): readonly string[] {
    const { servers } = this.#space;
    return servers.length > 0 ? servers : pageServers();
  }

  get mayAdd(): boolean {
    return this.#fields.length < SERVERS_MAX;
  }

  /** Whether somebody else has changed the servers while this change was being typed. */
  get isOvertaken(): boolean {
    return this.#begun !== undefined && !isSame(this.#begun, this.servers);
  }

  /** Begins a change, or goes on with one. */
  begin(): void {
    if (this.#begun === undefined) this.#take();
    this.problem = "";
    this.changed();
  }

  /** Throws away what was typed. */
  giveUp(): void {
    this.#begun = undefined;
    this.changed();
  }

  write(key: number, text: string): void {
    this.#fields = this.#fields.map((it) => (it.key === key ? field(key, text) : it));
    this.changed();
  }

  add(): void {
    if (this.mayAdd) this.#fields = [...this.#fields, this.#field("")];
    this.changed();
  }

  /** Takes one away; the last one stays, since members have to meet somewhere. */
  remove(key: number): void {
    if (this.#fields.length > 1) this.#fields = this.#fields.filter((it) => it.key !== key);
    this.changed();
  }

  /** Has the group meet there, unless something is wrong; says whether it does. */
  async save(): Promise<boolean> {
    this.problem = "";
    this.#fields = judged(this.#fields);
    this.changed();
    if (this.#fields.some(({ flaw }) => flaw !== undefined)) return false;
    const wanted = this.#typed;
    const isChange = !isSame(wanted, this.servers);
    try {
      // What only the store refused holds all the same, and the group says that it is not safe.
      if (isChange) await kept(this.#space.group.setServers(wanted));
    } catch (thrown) {
      this.problem = reasonOf(thrown);
      this.changed();
      return false;
    }
    this.isSaved = isChange;
    this.giveUp();
    return true;
  }

  get #typed(): string[] {
    return this.#fields.map(({ text }) => text.trim()).filter((text) => text !== "");
  }

  #take(): void {
    this.#begun = [...this.servers];
    this.#fields = this.#begun.map((url) => this.#field(url));
  }

  #field(text: string): ServerField {
    this.#lastKey += 1;
    return field(this.#lastKey, text);
  }
}

/** Those of a group, as long as it is open. */
export function meetingOf(space: Space): Meeting {
  return space.part("meeting", () => new Meeting(space));
}

/** What is wrong with an address: the package refuses those, and says no more. */
export function flawOf(url: string): ServerFlaw | undefined {
  const [, scheme, host = ""] = /^(wss?):\/\/([^/?]+)/.exec(url) ?? [];
  if (scheme === undefined || !/^[!-~]+$/.test(url) || host.startsWith(":")) return "no-address";
  if (/[#\\]/.test(url) || host.includes("@")) return "not-plain";
  if (!URL.canParse(url)) return "no-address";
  const isOwn = /^(localhost|127\.0\.0\.1|\[::1\])(:|$)/.test(host);
  if (scheme === "ws" && !isOwn) return "not-secure";
  return url.length > URL_MAX ? "too-long" : undefined;
}

const field = (key: number, text: string): ServerField => ({ key, text, flaw: undefined });

/** The same with what is wrong; fields without a word are left out, unless there is no other. */
function judged(fields: readonly ServerField[]): readonly ServerField[] {
  const written = fields.filter(({ text }) => text.trim() !== "");
  if (written.length === 0) return fields.slice(0, 1).map((it) => ({ ...it, flaw: "none-named" }));
  const urls = written.map(({ text }) => text.trim());
  return written.map((it, at) => {
    const url = urls[at] ?? "";
    return { ...it, flaw: urls.indexOf(url) < at ? "twice" : flawOf(url) };
  });
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((url, at) => url === b[at]);
}
