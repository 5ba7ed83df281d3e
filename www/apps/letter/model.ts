import type { GroupEvents, GroupRecord } from "lacis";
import { plainName } from "../shared/names.js";
import { Pictures } from "../shared/pictures.js";
import { jsonOf } from "../shared/records.js";
import { Shown } from "../shared/shown.js";
import type { Space } from "../shared/space.js";
import { texts } from "../shared/texts/index.js";
import { ISSUE_TYPE, mightPublish, sourcesOf } from "./guard.js";

export const IMAGE_TYPE = "letter.image";
const TITLE_MAX = 200;
/** Together with its title it must fit into a record. */
export const TEXT_MAX = 200_000;

/** Begins the places of drafts of issues. */
export const DRAFT = "issue.";

/** One issue of a newsletter. */
export interface Issue {
  readonly id: string;
  readonly title: string;
  /** In Markdown; a picture's address is `lacis:` and the id of its record. */
  readonly text: string;
  /** Who signed what stands there now. */
  readonly author: string;
  readonly published: Date;
  /** When it was corrected last, if it was. */
  readonly corrected: Date | undefined;
  readonly version: number;
  /** A name that its author gave it before it was a record. */
  readonly key: string | undefined;
  readonly record: GroupRecord;
}

/** Why a draft cannot be published. */
export type Flaw = "no-title" | "no-text" | "too-long";

export function flawOf(title: string, text: string): Flaw | undefined {
  if (title.trim() === "") return "no-title";
  if (text.trim() === "") return "no-text";
  return new TextEncoder().encode(text).length > TEXT_MAX ? "too-long" : undefined;
}

/** The newsletter of a group. */
export function pressOf(space: Space): Press {
  return space.part("press", () => new Press(space));
}

/** The issues of a newsletter. Only its admins publish; whoever reads it passes it on. */
export class Press extends Shown {
  readonly #issues = new Map<string, Issue>();
  readonly pictures: Pictures;

  constructor(space: Space) {
    super(space);
    this.pictures = new Pictures(space, IMAGE_TYPE);
    // An issue whose pictures come after it is drawn again.
    this.pictures.subscribe(() => this.changed());
    space.on("record", (change) => this.#take(change));
    space.on("gone", ({ id }) => this.#drop(id));
  }

  protected async read(): Promise<void> {
    for (const record of await this.space.group.find({ type: ISSUE_TYPE })) this.#read(record);
  }

  /** All issues, the newest first. */
  get issues(): Issue[] {
    return [...this.#issues.values()].sort((a, b) => +b.published - +a.published);
  }

  /** From whom an issue came to this device; undefined for one's own. */
  sourceOf({ id }: Issue): string | undefined {
    return sourcesOf(this.space)[id];
  }

  /** The issue that its author gave that name. */
  named(key: string): Issue | undefined {
    return this.issues.find((issue) => issue.key === key && issue.author === this.space.me.id);
  }

  async publish(key: string, title: string, text: string): Promise<string> {
    return this.space.group.add({ type: ISSUE_TYPE, data: { title: title.trim(), text, key } });
  }

  async correct({ record, key }: Issue, title: string, text: string): Promise<void> {
    await this.space.group.update(record, { data: { title: title.trim(), text, key } });
  }

  /** Takes an issue back, with the pictures that are in nothing else. */
  async withdraw(issue: Issue): Promise<void> {
    await this.space.group.delete(issue.record);
    const others = this.issues.filter(({ id }) => id !== issue.id).map(({ text }) => text);
    const drafts = this.space.drafts.under(DRAFT).map((place) => {
      return this.space.drafts.get<{ text?: string }>(place)?.text ?? "";
    });
    const used = new Set([...others, ...drafts].flatMap(picturesIn));
    const unused = picturesIn(issue.text).filter((id) => !used.has(id));
    await Promise.all(unused.map((id) => this.pictures.delete(id)));
  }

  /** Keeps a picture; resolves with what stands for it in the text. */
  async addPicture(picture: Blob): Promise<string> {
    return `lacis:${await this.pictures.add(picture)}`;
  }

  #take({ record }: GroupEvents["record"]): void {
    if (record.type !== ISSUE_TYPE) return;
    if (record.deleted) this.#drop(record.id);
    else this.#read(record);
    this.changed();
  }

  #read(record: GroupRecord): void {
    const value = (jsonOf(record) ?? {}) as Record<string, unknown>;
    const { title, text, key } = value;
    if (typeof title !== "string" || typeof text !== "string") return;
    // What came before anybody watched is none, either.
    if (!mightPublish(this.space.group, record)) return;
    const { id, author, created, modified, version } = record;
    this.#issues.set(id, {
      ...{ id, author, version, record },
      title: plainName(title, TITLE_MAX) || texts.noTitle,
      key: typeof key === "string" ? key : undefined,
      text,
      published: created,
      corrected: version > 1 ? modified : undefined,
    });
  }

  #drop(id: string): void {
    if (this.#issues.delete(id)) this.changed();
  }
}

/** The ids of the pictures that a text shows. */
function picturesIn(text: string): string[] {
  return [...text.matchAll(/lacis:([a-z0-9]+)/g)].flatMap(([, id]) => id ?? []);
}
