import { refuse } from "./check.js";
import { errorOfAbort, invalid, type PeerError, sourced } from "./errors.js";
import { sentName } from "./file-name.js";
import type { NodeId } from "./ids.js";
import type { Session } from "./session.js";
import { untilAborted } from "./wait.js";

/**
 * What can be sent as a file: something with a name, or bytes that come as a stream, of which so
 * many have to come. How long a stream is that does not say so, `new Response(stream).blob()` finds
 * out.
 */
export type FileSource =
  | Blob
  | {
      readonly name: string;
      readonly size: number;
      readonly mediaType?: string | undefined;
      readonly stream: ReadableStream<Uint8Array>;
    };

/** Options of `room.sendFile`. */
export interface SendFileOptions {
  /** Called as the receiver confirms bytes. */
  readonly onProgress?: ((confirmed: number, total: number) => void) | undefined;
  /** Cancels the transfer. */
  readonly signal?: AbortSignal | undefined;
  /** Another name than the source's own, without folders and what no list of files can show. */
  readonly name?: string | undefined;
}

/** What was sent, once the receiver has confirmed all of it. */
export interface SentFile {
  /** The name it was sent under. */
  readonly name: string;
  /** Its media type; empty for none. */
  readonly mediaType: string;
  /** Its size. */
  readonly bytes: number;
}

/** Where a file goes. */
export interface FileTarget {
  readonly room: number;
  readonly nodeId: NodeId;
}

interface Source {
  readonly name: string;
  readonly mediaType: string;
  readonly size: number;
  /** The next bytes, or undefined at the end. */
  pull(): Promise<Uint8Array | undefined>;
  /** Ends a pull that waits, and releases the source. */
  cancel(reason: unknown): void;
}

/** Sends one file and resolves when the receiver has confirmed every byte. */
export async function sendFile(
  session: Session,
  target: FileTarget,
  given: FileSource,
  options: SendFileOptions,
): Promise<SentFile> {
  const { signal } = options;
  if (signal?.aborted) throw errorOfAbort(signal);
  const source = openSource(given, options.name);
  const transfer = new Transfer(session, target, source, options);
  const onAbort = (): void => transfer.fail(errorOfAbort(signal as AbortSignal));
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    return await transfer.run();
  } catch (error) {
    source.cancel(error);
    throw error;
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}

class Transfer {
  readonly #session: Session;
  readonly #target: FileTarget;
  readonly #source: Source;
  readonly #options: SendFileOptions;
  readonly #stream: number;
  #failure: PeerError | undefined;
  #confirmed = 0;

  constructor(session: Session, target: FileTarget, source: Source, options: SendFileOptions) {
    this.#session = session;
    this.#stream = session.number();
    this.#target = target;
    this.#source = source;
    this.#options = options;
  }

  async run(): Promise<SentFile> {
    const { name, mediaType } = this.#source;
    try {
      await this.#open();
      const bytes = await this.#writeAll();
      await this.#ticket((ticket, stream) => this.#session.core.finish(ticket, stream));
      if (this.#confirmed < bytes) this.#progress(bytes);
      return { name, mediaType, bytes };
    } catch (error) {
      // A ticket that fails with the stream only repeats what the stream itself said; and that it
      // was cancelled here, which the core tells too, is no reason.
      const failure = this.#failure ?? error;
      this.#cancelStream();
      throw failure;
    } finally {
      this.#session.streams.delete(this.#stream);
    }
  }

  /** Ends the transfer from outside: the stream failed, or the caller gave up. */
  fail(error: PeerError): void {
    this.#failure ??= error;
    this.#source.cancel(error);
  }

  #open(): Promise<undefined> {
    const { core, tickets, streams } = this.#session;
    const { room, nodeId } = this.#target;
    const { name, mediaType, size } = this.#source;
    const stream = this.#stream;
    const open = (ticket: number): void => {
      streams.set(stream, {
        scope: room,
        drained: (acknowledged) => this.#progress(acknowledged),
        failed: (error) => this.fail(error),
      });
      try {
        core.open_file(ticket, stream, room, nodeId, name, mediaType, size);
      } catch (thrown) {
        // There is nothing to cancel.
        streams.delete(stream);
        throw thrown;
      }
    };
    return tickets.issue(room, open, this.#options.signal);
  }

  async #writeAll(): Promise<number> {
    const { size } = this.#source;
    let bytes = 0;
    let ahead = this.#pull();
    for (let slab = await ahead; slab !== undefined; slab = await ahead) {
      // The next read runs while this slab is being sent.
      ahead = this.#pull();
      bytes += slab.byteLength;
      if (bytes > size) break;
      for (let offset = 0; offset < slab.byteLength; offset += CHUNK_BYTES) {
        const chunk = slab.subarray(offset, offset + CHUNK_BYTES);
        await this.#ticket((ticket, stream) => this.#session.core.write(ticket, stream, chunk));
      }
    }
    if (this.#failure !== undefined) throw this.#failure;
    if (size !== bytes) {
      throw invalid(`room.sendFile: source.size is ${size}, but ${bytes} bytes came`);
    }
    return bytes;
  }

  #pull(): Promise<Uint8Array | undefined> {
    const pulled = untilAborted(this.#source.pull(), this.#options.signal);
    // Read ahead of its use: a failure is seen when it is awaited, or no longer matters.
    pulled.catch(() => {});
    return pulled;
  }

  #ticket(call: (ticket: number, stream: number) => void): Promise<undefined> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const stream = this.#stream;
    const { signal } = this.#options;
    return this.#session.tickets.issue(this.#target.room, (ticket) => call(ticket, stream), signal);
  }

  #progress(confirmed: number): void {
    this.#confirmed = confirmed;
    this.#options.onProgress?.(confirmed, this.#source.size);
  }

  #cancelStream(): void {
    const stream = this.#stream;
    if (!this.#session.streams.has(stream)) return;
    this.#session.attempt(() => this.#session.core.cancel_stream(stream, "aborted"));
  }
}

function openSource(given: FileSource, name: string | undefined): Source {
  return given instanceof Blob ? openBlob(given, name) : openStream(given, name);
}

function openBlob(blob: Blob, name: string | undefined): Source {
  let offset = 0;
  return {
    name: sentName(name ?? ("name" in blob && typeof blob.name === "string" ? blob.name : "")),
    mediaType: blob.type,
    size: blob.size,
    pull: async () => {
      if (offset >= blob.size) return undefined;
      const slab = blob.slice(offset, offset + SLAB_BYTES);
      offset += SLAB_BYTES;
      return new Uint8Array(await sourced(slab.arrayBuffer()));
    },
    cancel: () => {
      offset = blob.size;
    },
  };
}

function openStream(given: Exclude<FileSource, Blob>, name: string | undefined): Source {
  const called = sentName(name ?? given.name);
  const reader = given.stream.getReader();
  return {
    name: called,
    mediaType: given.mediaType ?? "",
    size: given.size,
    pull: async () => {
      const { value } = await sourced(reader.read());
      if (value === undefined || value instanceof Uint8Array) return value;
      return refuse("room.sendFile", "source.stream", "one of Uint8Arrays", value);
    },
    cancel: (reason) => {
      // The stream may already be finished or broken; there is nobody to tell.
      reader.cancel(reason).catch(() => {});
    },
  };
}

/** The largest chunk that the core takes at once. */
const CHUNK_BYTES = 1024 * 1024;
/** One read from a blob costs a trip to another process, so it fetches several chunks. */
const SLAB_BYTES = 1024 * 1024;
