import { checked } from "./check.js";
import { errorOfAbort, errorOfThrown, invalid, type PeerError } from "./errors.js";
import { plainName } from "./file-name.js";
import type { Remote } from "./remote.js";
import type { Session, StreamSink } from "./session.js";

/** Options of {@link IncomingFile.blob}. */
export interface ReceiveOptions {
  /** Called as bytes arrive. */
  readonly onProgress?: ((received: number, total: number) => void) | undefined;
  /** Cancels the transfer. */
  readonly signal?: AbortSignal | undefined;
}

/** What the core says about an offered file. */
export interface FileOffer {
  readonly stream: number;
  readonly scope: number;
  readonly from: Remote;
  readonly name: string;
  readonly mediaType: string;
  readonly size: number;
}

/**
 * A file that somebody offers. Not one byte of it moves before it is accepted.
 *
 * @example
 * ```ts
 * room.addEventListener("file", async ({ detail: file }) => {
 *   if (!confirm(`Take ${file.name}?`)) return file.reject();
 *   const blob = await file.blob({ onProgress: (done, total) => bar.set(done, total) });
 *   image.src = URL.createObjectURL(blob);
 * });
 * ```
 */
export class IncomingFile {
  /** Who offers it. */
  readonly from: Remote;
  /** The name the sender gave, without folders, control characters and marks that reverse text. */
  readonly name: string;
  /** The media type the sender gave; a claim, not a fact. */
  readonly mediaType: string;
  /** The size in bytes: so many come, or the transfer fails. */
  readonly size: number;
  readonly #session: Session;
  readonly #stream: number;
  readonly #scope: number;
  readonly #gone = new AbortController();
  readonly #onTaken: (file: IncomingFile) => void;
  #taken = false;

  static {
    checked(IncomingFile, "file", (file) => file.#gone.signal.reason);
  }

  /** Rooms make these. `onTaken` runs once the offer is no longer open. */
  constructor(session: Session, offer: FileOffer, onTaken: (file: IncomingFile) => void) {
    this.from = offer.from;
    this.name = plainName(offer.name);
    this.mediaType = offer.mediaType;
    this.size = offer.size;
    this.#session = session;
    this.#stream = offer.stream;
    this.#scope = offer.scope;
    this.#onTaken = onTaken;
    session.streams.set(offer.stream, { scope: offer.scope, failed: (error) => this.#fail(error) });
  }

  /** Aborted when the transfer fails or is withdrawn, with the {@link PeerError} as its reason. */
  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  /**
   * Accepts the file as a stream of bytes. The sender is slowed down to the pace of the reader;
   * cancelling the stream cancels the transfer. A chunk may be a view of a larger buffer: use the
   * chunk itself, not its `buffer`.
   */
  accept(): ReadableStream<Uint8Array> {
    // Bytes that were handed to the stream, and of those, bytes that the sender may replace.
    let enqueued = 0;
    let granted = 0;
    const start = (controller: ReadableStreamDefaultController<Uint8Array>): void =>
      this.#take({
        scope: this.#scope,
        data: (chunk) => {
          enqueued += chunk.byteLength;
          controller.enqueue(chunk);
        },
        end: () => controller.close(),
        failed: (error) => {
          this.#fail(error);
          controller.error(error);
        },
      });
    const pull = (controller: ReadableStreamDefaultController<Uint8Array>): void => {
      const queued = STREAM_QUEUE_BYTES - (controller.desiredSize ?? 0);
      const consumed = enqueued - queued - granted;
      if (consumed <= 0) return;
      granted += consumed;
      this.#grant(consumed);
    };
    const cancel = (): void => this.#cancel("aborted");
    const strategy = new ByteLengthQueuingStrategy({ highWaterMark: STREAM_QUEUE_BYTES });
    return new ReadableStream<Uint8Array>({ start, pull, cancel }, strategy);
  }

  /**
   * Accepts the file and gathers it. The bytes go into the browser's blob store as they come,
   * which keeps large ones on disk, so the page's memory stays small.
   */
  blob(options: ReceiveOptions = {}): Promise<Blob> {
    const { signal, onProgress } = options;
    if (signal?.aborted) {
      this.reject();
      return Promise.reject(errorOfAbort(signal));
    }
    return new Promise<Blob>((resolve, reject) => {
      const parts = new BlobParts();
      const onAbort = (): void => {
        if (signal === undefined) return;
        this.#cancel("aborted");
        reject(errorOfAbort(signal));
      };
      const done = (): void => signal?.removeEventListener("abort", onAbort);
      const sink: StreamSink = {
        scope: this.#scope,
        data: (chunk) => {
          parts.add(chunk);
          this.#grant(chunk.byteLength);
          onProgress?.(parts.bytes, this.size);
        },
        end: () => {
          done();
          resolve(parts.finish(this.mediaType));
        },
        failed: (error) => {
          done();
          this.#fail(error);
          reject(error);
        },
      };
      // Inside a promise, a refusal to take the file becomes its rejection.
      this.#take(sink);
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  }

  /** Declines the file; the sender gets `rejected`. Does nothing once it was accepted. */
  reject(): void {
    if (this.#taken) return;
    this.#taken = true;
    this.#cancel("rejected");
    this.#onTaken(this);
  }

  #take(sink: StreamSink): void {
    if (this.#gone.signal.aborted) throw errorOfThrown(this.#gone.signal.reason);
    if (this.#taken) {
      throw invalid("file: it was taken already");
    }
    this.#taken = true;
    this.#session.streams.set(this.#stream, sink);
    try {
      this.#session.core.accept_file(this.#stream);
    } catch (thrown) {
      this.#session.streams.delete(this.#stream);
      throw errorOfThrown(thrown);
    } finally {
      this.#onTaken(this);
    }
  }

  #grant(bytes: number): void {
    // A reader may go on emptying the stream after the room was left.
    this.#session.attempt(() => this.#session.core.grant(this.#stream, bytes));
  }

  #cancel(code: string): void {
    this.#session.streams.delete(this.#stream);
    this.#session.attempt(() => this.#session.core.cancel_stream(this.#stream, code));
  }

  #fail(error: PeerError): void {
    if (!this.#taken) {
      this.#taken = true;
      this.#onTaken(this);
    }
    this.#gone.abort(error);
  }
}

/** Gathers chunks into blobs, so that at most one part's worth of bytes is held by the page. */
class BlobParts {
  bytes = 0;
  readonly #blobs: Blob[] = [];
  #chunks: BlobPart[] = [];
  #held = 0;

  add(chunk: Uint8Array): void {
    this.bytes += chunk.byteLength;
    this.#held += chunk.byteLength;
    this.#chunks.push(chunk as BlobPart);
    if (this.#held >= BLOB_PART_BYTES) this.#seal();
  }

  finish(type: string): Blob {
    this.#seal();
    return new Blob(this.#blobs, { type });
  }

  #seal(): void {
    if (this.#chunks.length > 0) this.#blobs.push(new Blob(this.#chunks));
    this.#chunks = [];
    this.#held = 0;
  }
}

/** More than the core lets a sender have under way, so that the stream is never over-full. */
const STREAM_QUEUE_BYTES = 4 * 1024 * 1024;
const BLOB_PART_BYTES = 4 * 1024 * 1024;
