// Files in a talk. A record tells of the file and shows a small picture of it; a small file is in a
// record itself. A large one comes from whoever has it and is here, and is checked by its hash.

import { type GroupRecord, type IncomingFile, PeerError } from "lacis";
import { Blobs } from "../shared/blobs.js";
import { hashOf, Pieces } from "../shared/hash.js";
import { dataUrl, shrink } from "../shared/images.js";
import { plainName } from "../shared/names.js";
import { Said } from "../shared/reasons.js";
import { jsonOf, kept } from "../shared/records.js";
import type { Space } from "../shared/space.js";
import { readableSize, texts } from "../shared/texts/index.js";

export const FILE_TYPE = "chat.file";
const BYTES_TYPE = "chat.bytes";
const WANT = "chat.want";
/** Answers to that. */
const COMING = "coming";
const NONE = "none";

/** Up to this a file is a record, which whoever is a member has. */
const INLINE_MAX = 200_000;
/** More than that fills the share of the disk that a browser gives to a page on small devices. */
export const FILE_MAX = 512 * 1024 * 1024;
const PREVIEW = { edge: 320, bytes: 24_000 };
const PREVIEW_MAX = 40_000;
const NAME_MAX = 200;
const GATHER_MS = 200;
/** Of whom less than that comes in that time, no more is awaited: another may have it, too. */
const SLOW = { ms: 20_000, bytes: 16 * 1024 };

/** What is told of a file. */
export interface FileNote {
  readonly name: string;
  readonly size: number;
  readonly mediaType: string;
  /** Of all its pieces, as `hash.ts` makes it, in hexadecimal digits. */
  readonly hash: string;
  /** A small picture, as a `data:` address. */
  readonly preview: string | undefined;
}

/** Reads what a member tells of a file; it may have written anything. */
export function readFileNote(value: Record<string, unknown>): FileNote | undefined {
  const { name, size, mediaType, hash, preview } = value;
  const isFine =
    typeof name === "string" &&
    Number.isSafeInteger(size) &&
    (size as number) >= 0 &&
    typeof mediaType === "string" &&
    typeof hash === "string" &&
    /^[0-9a-f]{64}$/.test(hash);
  if (!isFine) return undefined;
  const isPicture = typeof preview === "string" && preview.length <= PREVIEW_MAX;
  const shown = isPicture && /^data:image\/(png|jpeg|webp);base64,/.test(preview);
  return {
    name: plainName(name, NAME_MAX) || texts.fileWithoutName,
    size: size as number,
    mediaType,
    hash,
    preview: shown ? preview : undefined,
  };
}

type Progress = (done: number, all: number) => void;

/** An offer that is waited for: from that node alone. */
interface Awaited {
  readonly nodeId: string;
  readonly take: (file: IncomingFile) => void;
}

/** The files of a group. */
export function filesOf(space: Space): Files {
  return space.part("files", () => new Files(space));
}

/** The files of a group: those kept here, and those that others have. */
export class Files {
  readonly #space: Space;
  readonly #blobs: Blobs;
  readonly #awaited = new Map<string, Awaited>();
  /** What is being fetched, by hash: one at a time. */
  readonly #fetching = new Map<string, Promise<Blob>>();
  /** Hashes of what is kept here already, and not yet told of. */
  readonly #posting = new Set<string>();
  #sweeping: Promise<void> | undefined;
  #isSweepDue = false;

  constructor(space: Space) {
    this.#space = space;
    this.#blobs = new Blobs(space.me.id, space.id, space.signal);
    space.on("record", ({ record }) => {
      if (record.type === FILE_TYPE && record.deleted) this.#sweepSoon();
    });
    space.on("gone", () => this.#sweepSoon());
    this.#sweepSoon();
    const { room } = space;
    if (room === undefined) return;
    const unbind = room.respond(WANT, (request) => this.#serve(request.from.id, request.text()));
    const onFile = ({ detail }: CustomEvent<IncomingFile>): void => {
      const awaited = this.#awaited.get(detail.name);
      if (awaited?.nodeId !== detail.from.id) detail.reject();
      else {
        this.#awaited.delete(detail.name);
        awaited.take(detail);
      }
    };
    room.addEventListener("file", onFile);
    space.signal.addEventListener("abort", () => {
      unbind();
      room.removeEventListener("file", onFile);
    });
  }

  /** Keeps a file here and tells the group of it. */
  async post(file: File): Promise<void> {
    if (file.size > FILE_MAX) throw tooLarge(file.size);
    const hash = await hashOf(file);
    const preview = file.type.startsWith("image/") ? await previewOf(file) : undefined;
    const { name, size, type: mediaType } = file;
    const { group } = this.#space;
    this.#posting.add(hash);
    try {
      if (size <= INLINE_MAX) {
        const data = new Uint8Array(await file.arrayBuffer());
        await kept(group.add({ type: BYTES_TYPE, data, attributes: { hash } }));
      } else await this.#keep(hash, new Blob([file], { type: mediaType }));
      await kept(group.add({ type: FILE_TYPE, data: { name, size, mediaType, hash, preview } }));
    } finally {
      this.#posting.delete(hash);
    }
  }

  /**
   * Deletes a line of one's own that tells of a file, and the file's bytes with it: as records from
   * everybody, and what is kept beside them as soon as each page hears of it.
   */
  async delete(line: GroupRecord, { hash }: FileNote): Promise<void> {
    const { group, me } = this.#space;
    const mine = ({ creator }: GroupRecord): boolean => creator === me.id;
    const lines = (await group.find({ type: FILE_TYPE })).filter(mine);
    const isLast = lines.every((other) => other.id === line.id || noteOf(other)?.hash !== hash);
    // First, so that deleting it can be tried again if the page dies meanwhile.
    if (isLast && !this.#posting.has(hash)) {
      const found = await group.find({ type: BYTES_TYPE, where: { hash } });
      for (const record of found.filter(mine)) await kept(group.delete(record));
    }
    await group.delete(line);
  }

  /** The bytes if they are here. */
  async held(note: FileNote): Promise<Blob | undefined> {
    const { hash, size, mediaType } = note;
    const kept = await this.#blobs.get(hash);
    if (kept !== undefined) return kept;
    // Anybody may call anything by that hash; one that is what it says is enough.
    for (const { data } of await this.#space.group.find({ type: BYTES_TYPE, where: { hash } })) {
      if (data?.length !== size) continue;
      const bytes = new Blob([new Uint8Array(data)], { type: mediaType });
      if ((await hashOf(bytes)) === hash) return bytes;
    }
    return undefined;
  }

  /** Gets the bytes from here or from whoever has them; rejects with `not-connected` if nobody. */
  async fetch(note: FileNote, onProgress: Progress, signal: AbortSignal): Promise<Blob> {
    const earlier = this.#fetching.get(note.hash);
    const fetching = this.#fetchAfter(earlier, note, onProgress, signal);
    this.#fetching.set(note.hash, fetching);
    try {
      return await fetching;
    } finally {
      if (this.#fetching.get(note.hash) === fetching) this.#fetching.delete(note.hash);
    }
  }

  async #fetchAfter(
    earlier: Promise<Blob> | undefined,
    note: FileNote,
    onProgress: Progress,
    signal: AbortSignal,
  ): Promise<Blob> {
    // Whoever asked for the same before may have given up: then it is asked for again.
    await Promise.race([earlier?.catch(() => {}), rejectedBy(signal)]);
    const here = await this.held(note);
    if (here !== undefined) return here;
    // Whoever tells of a file may tell of any size; nothing of it is asked for then.
    if (note.size > FILE_MAX) throw tooLarge(note.size);
    let failure: unknown = new PeerError("not-connected");
    for (const member of this.#space.room?.remotes.values() ?? []) {
      if (!member.connected) continue;
      try {
        return await this.#fetchFrom(member.id, note, onProgress, signal);
      } catch (thrown) {
        if (signal.aborted) throw thrown;
        failure = thrown;
      }
    }
    throw failure;
  }

  /** Browsers have many names for what does not fit, and for a disk that fails. */
  async #keep(hash: string, blob: Blob): Promise<void> {
    try {
      await this.#blobs.set(hash, blob);
    } catch (cause) {
      const isFull = cause instanceof DOMException && cause.name === "QuotaExceededError";
      throw new PeerError(isFull ? "store-full" : "store-failed", { cause });
    }
  }

  async #fetchFrom(
    nodeId: string,
    note: FileNote,
    onProgress: Progress,
    signal: AbortSignal,
  ): Promise<Blob> {
    const { room } = this.#space;
    if (room === undefined) throw new PeerError("not-connected");
    const offered = new Promise<IncomingFile>((take) => {
      this.#awaited.set(note.hash, { nodeId, take });
    });
    let isTaken = false;
    try {
      const answer = await room.request(nodeId, WANT, note.hash, { signal });
      if (answer.text() !== COMING) throw new PeerError("not-connected");
      const file = await Promise.race([offered, rejectedAfter(10_000, signal)]);
      if (file.size !== note.size) throw new PeerError("protocol");
      isTaken = true;
      const whole = await gathered(file.accept(), note, onProgress, signal);
      await this.#keep(note.hash, whole);
      return whole;
    } finally {
      this.#awaited.delete(note.hash);
      // One that came as nobody waited any more.
      if (!isTaken) void offered.then((file) => file.reject());
    }
  }

  async #serve(nodeId: string, hash: string): Promise<string> {
    const blob = await this.#blobs.get(hash);
    if (blob === undefined) return NONE;
    // The asker goes elsewhere if this fails.
    this.#space.room?.sendFile(nodeId, new File([blob], hash)).catch(() => {});
    return COMING;
  }

  #sweepSoon(): void {
    this.#isSweepDue = true;
    // What cannot be read or deleted now is tried when the page is opened again.
    this.#sweeping ??= this.#sweepWhileDue()
      .catch(() => {})
      .finally(() => {
        this.#sweeping = undefined;
      });
  }

  async #sweepWhileDue(): Promise<void> {
    while (this.#isSweepDue) {
      // What comes together is looked at together.
      await new Promise((resolve) => setTimeout(resolve, GATHER_MS));
      this.#isSweepDue = false;
      if (this.#space.signal.aborted) return;
      await this.#sweep();
    }
  }

  /** Deletes what is kept here of files of which no line tells any more. */
  async #sweep(): Promise<void> {
    const { group } = this.#space;
    const hashes = await this.#blobs.hashes();
    if (hashes.length === 0) return;
    const lines = await group.find({ type: FILE_TYPE });
    // One that cannot be read yet may tell of any.
    if (lines.some(({ data }) => data === undefined)) return;
    const told = new Set(lines.map((line) => noteOf(line)?.hash));
    for (const hash of hashes) {
      if (!told.has(hash) && !this.#posting.has(hash)) await this.#blobs.delete(hash);
    }
  }
}

function noteOf(record: GroupRecord): FileNote | undefined {
  return readFileNote((jsonOf(record) ?? {}) as Record<string, unknown>);
}

function rejectedAfter(ms: number, signal: AbortSignal): Promise<never> {
  const late = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new PeerError("timeout")), ms);
  });
  return Promise.race([late, rejectedBy(signal)]);
}

function rejectedBy(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const abort = (): void => reject(new PeerError("aborted"));
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
  });
}

/** Takes no more than was told, and gives it if it is what was told. */
export async function gathered(
  stream: ReadableStream<Uint8Array>,
  { size, hash, mediaType }: FileNote,
  onProgress: Progress,
  signal: AbortSignal,
): Promise<Blob> {
  const pieces = new Pieces();
  const reader = stream.getReader();
  const onAbort = (): void => void reader.cancel().catch(() => {});
  signal.addEventListener("abort", onAbort, { once: true });
  let seen = 0;
  let isSlow = false;
  const watch = setInterval(() => {
    isSlow = pieces.bytes - seen < SLOW.bytes;
    seen = pieces.bytes;
    if (isSlow) onAbort();
  }, SLOW.ms);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (signal.aborted) throw new PeerError("aborted");
      if (isSlow) throw new PeerError("timeout");
      if (done) break;
      if (pieces.bytes + value.length > size) {
        onAbort();
        throw new PeerError("protocol");
      }
      await pieces.add(value);
      onProgress(pieces.bytes, size);
    }
  } finally {
    clearInterval(watch);
    signal.removeEventListener("abort", onAbort);
  }
  const whole = await pieces.finish(mediaType);
  if (whole.hash !== hash) throw new PeerError("protocol");
  return whole.blob;
}

/** A small picture; none of what cannot be drawn, which is sent all the same. */
async function previewOf(file: File): Promise<string | undefined> {
  try {
    return await dataUrl((await shrink(file, PREVIEW)).blob);
  } catch {
    return undefined;
  }
}

function tooLarge(size: number): Said {
  return new Said(texts.fileTooLarge(readableSize(size), readableSize(FILE_MAX)));
}
