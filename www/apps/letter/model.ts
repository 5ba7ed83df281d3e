import type { GroupEvents, GroupRecord } from "lacis";
import { Shown } from "../shared/shown.js";
import { jsonOf, type Space } from "../shared/space.js";
import { ISSUE_TYPE, sourcesOf } from "./guard.js";

export const IMAGE_TYPE = "letter.image";
const TITLE_MAX = 200;
/** Together with its title it must fit into a record. */
export const TEXT_MAX = 200_000;

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
  readonly #pictures = new Map<string, Promise<string | undefined>>();

  constructor(space: Space) {
    super(space);
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

  async publish(title: string, text: string): Promise<string> {
    return this.space.group.add({ type: ISSUE_TYPE, data: { title: title.trim(), text } });
  }

  async correct(issue: Issue, title: string, text: string): Promise<void> {
    await this.space.group.update(issue.record, { data: { title: title.trim(), text } });
  }

  async withdraw(issue: Issue): Promise<void> {
    await this.space.group.delete(issue.record);
  }

  /** Keeps a picture; resolves with what stands for it in the text. */
  async addPicture(picture: Blob): Promise<string> {
    const data = new Uint8Array(await picture.arrayBuffer());
    const attributes = { mediatype: picture.type };
    return `lacis:${await this.space.group.add({ type: IMAGE_TYPE, data, attributes })}`;
  }

  /** The address of a picture in this page; undefined if it is not here (yet). */
  picture(id: string): Promise<string | undefined> {
    let picture = this.#pictures.get(id);
    if (picture === undefined) {
      picture = this.#loadPicture(id);
      this.#pictures.set(id, picture);
      // It may come later.
      picture.then((found) => found === undefined && this.#pictures.delete(id));
    }
    return picture;
  }

  async #loadPicture(id: string): Promise<string | undefined> {
    try {
      const { data, attributes, type } = await this.space.group.get(id);
      const mediaType = String(attributes.mediatype);
      // Nothing that could hold a script.
      const isFine = type === IMAGE_TYPE && /^image\/(png|jpeg|webp|gif)$/.test(mediaType);
      if (!isFine || data === undefined) return undefined;
      return URL.createObjectURL(new Blob([new Uint8Array(data)], { type: mediaType }));
    } catch {
      return undefined;
    }
  }

  #take({ record }: GroupEvents["record"]): void {
    // An issue whose pictures come after it is drawn again.
    if (record.type === IMAGE_TYPE) this.changed();
    if (record.type !== ISSUE_TYPE) return;
    if (record.deleted) this.#drop(record.id);
    else this.#read(record);
    this.changed();
  }

  #read(record: GroupRecord): void {
    const value = (jsonOf(record) ?? {}) as Record<string, unknown>;
    const { title, text } = value;
    if (typeof title !== "string" || typeof text !== "string") return;
    const { id, author, created, modified, version } = record;
    this.#issues.set(id, {
      ...{ id, author, version, record },
      title: title.slice(0, TITLE_MAX),
      text,
      published: created,
      corrected: version > 1 ? modified : undefined,
    });
  }

  #drop(id: string): void {
    if (this.#issues.delete(id)) this.changed();
  }
}
