// Pictures that a group keeps. One record has no room for the pixels that a screen needs, so a
// picture is several: parts, and one that names them and says what they are together.
import { hashOf } from "./hash.js";
import { jsonOf } from "./records.js";
import type { Space } from "./space.js";
import { Observable } from "./watch.js";

/** With room for what else is in a record. */
const PART_BYTES = 200_000;
/** Every member keeps every picture, so none may be larger than this. */
export const PICTURE_BYTES = 2_000_000;
/** The pixels that a sharp screen shows of a picture that fills a window. */
const EDGE = 2_048;
/** With fewer pixels than this, what is written in a picture cannot be read. */
const EDGE_MIN = 1_200;
export const PICTURE_LIMITS = { edge: EDGE, edgeMin: EDGE_MIN, bytes: PICTURE_BYTES };

const PARTS_MAX = PICTURE_BYTES / PART_BYTES;

/** What is told of a picture. */
export interface PictureNote {
  readonly size: number;
  readonly mediaType: string;
  readonly hash: string;
  /** The ids of its parts, in order. */
  readonly parts: readonly string[];
}

/** Reads what a member tells of a picture; it may have written anything. */
export function readPictureNote(value: unknown): PictureNote | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { size, mediaType, hash, parts } = value as Record<string, unknown>;
  const isFine =
    Number.isSafeInteger(size) &&
    (size as number) > 0 &&
    (size as number) <= PICTURE_BYTES &&
    // Nothing that could hold a script.
    typeof mediaType === "string" &&
    /^image\/(png|jpeg|webp|gif)$/.test(mediaType) &&
    typeof hash === "string" &&
    /^[0-9a-f]{64}$/.test(hash) &&
    Array.isArray(parts) &&
    parts.length > 0 &&
    parts.length <= PARTS_MAX &&
    parts.every((part) => typeof part === "string");
  return isFine ? { size: size as number, mediaType, hash, parts } : undefined;
}

/** The pictures of a group that are of one type; it tells when one may have become whole. */
export class Pictures extends Observable {
  readonly #space: Space;
  readonly #type: string;
  #heardCount = 0;
  readonly #urls = new Map<string, Promise<string | undefined>>();

  constructor(space: Space, type: string) {
    super();
    this.#space = space;
    this.#type = type;
    space.on("record", ({ record }) => {
      if (record.type === type || record.type === this.#partType) this.#heard();
    });
    space.on("unlocked", () => this.#heard());
    space.signal.addEventListener("abort", () => void this.#revoke());
  }

  /** Keeps a picture; resolves with its id once all of it is stored. */
  async add(picture: Blob): Promise<string> {
    const { group } = this.#space;
    const places = Array.from({ length: Math.ceil(picture.size / PART_BYTES) }, (_, at) => at);
    const parts = await Promise.all(
      places.map(async (at) => {
        const part = picture.slice(at * PART_BYTES, (at + 1) * PART_BYTES);
        const data = new Uint8Array(await part.arrayBuffer());
        return group.add({ type: this.#partType, data });
      }),
    );
    const { size, type: mediaType } = picture;
    const note: PictureNote = { size, mediaType, hash: await hashOf(picture), parts };
    return group.add({ type: this.#type, data: note });
  }

  /** The picture; undefined as long as not all of it is here. */
  async get(id: string): Promise<Blob | undefined> {
    const note = await this.#note(id);
    if (note === undefined) return undefined;
    const found = await Promise.all(note.parts.map((part) => this.#part(part)));
    const parts = found.filter((part) => part !== undefined);
    if (parts.length < found.length) return undefined;
    const picture = new Blob(parts, { type: note.mediaType });
    const isWhole = picture.size === note.size && (await hashOf(picture)) === note.hash;
    return isWhole ? picture : undefined;
  }

  /** The address of a picture in this page; undefined as long as it is not here. */
  url(id: string): Promise<string | undefined> {
    let url = this.#urls.get(id);
    if (url === undefined) {
      url = this.#load(id);
      this.#urls.set(id, url);
    }
    return url;
  }

  async #load(id: string): Promise<string | undefined> {
    const heard = this.#heardCount;
    const picture = await this.get(id);
    if (picture !== undefined) return URL.createObjectURL(picture);
    // It may come later, or has come while it was looked for.
    this.#urls.delete(id);
    if (this.#heardCount !== heard) this.changed();
    return undefined;
  }

  #heard(): void {
    this.#heardCount += 1;
    this.changed();
  }

  /** Deletes one's own picture everywhere, as far as it is here. */
  async delete(id: string): Promise<void> {
    const { group } = this.#space;
    const note = await this.#note(id);
    const ids = [id, ...(note?.parts ?? [])];
    await Promise.allSettled(ids.map(async (it) => group.delete(await group.get(it))));
  }

  get #partType(): string {
    return `${this.#type}.part`;
  }

  async #note(id: string): Promise<PictureNote | undefined> {
    try {
      const record = await this.#space.group.get(id);
      return record.type === this.#type ? readPictureNote(jsonOf(record)) : undefined;
    } catch {
      return undefined;
    }
  }

  async #part(id: string): Promise<BlobPart | undefined> {
    try {
      const { type, data } = await this.#space.group.get(id);
      return type === this.#partType ? (data as Uint8Array<ArrayBuffer> | undefined) : undefined;
    } catch {
      return undefined;
    }
  }

  async #revoke(): Promise<void> {
    for (const url of this.#urls.values()) {
      const address = await url;
      if (address !== undefined) URL.revokeObjectURL(address);
    }
    this.#urls.clear();
  }
}
