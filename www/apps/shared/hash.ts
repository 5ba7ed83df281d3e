// The hash of a file that may be larger than memory: the hash of the hashes of its pieces, so that
// nobody ever holds more than a piece of it.

/** A piece is hashed at once. */
export const PIECE_BYTES = 1024 * 1024;

/** Hashes bytes that come one after the other, and gathers them where the browser keeps files. */
export class Pieces {
  readonly #digests: Uint8Array<ArrayBuffer>[] = [];
  readonly #blobs: Blob[] = [];
  #piece = new Uint8Array(PIECE_BYTES);
  #filled = 0;
  #bytes = 0;

  /** How many bytes came so far. */
  get bytes(): number {
    return this.#bytes;
  }

  async add(chunk: Uint8Array): Promise<void> {
    this.#bytes += chunk.length;
    for (let at = 0; at < chunk.length; ) {
      const part = chunk.subarray(at, at + PIECE_BYTES - this.#filled);
      this.#piece.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled === PIECE_BYTES) await this.#seal();
    }
  }

  /** The hash, in hexadecimal digits, and all bytes. */
  async finish(type = ""): Promise<{ hash: string; blob: Blob }> {
    if (this.#filled > 0) await this.#seal();
    const all = new Uint8Array(await new Blob(this.#digests).arrayBuffer());
    return { hash: hexOf(await digest(all)), blob: new Blob(this.#blobs, { type }) };
  }

  async #seal(): Promise<void> {
    const piece = this.#piece.subarray(0, this.#filled);
    this.#digests.push(await digest(piece));
    this.#blobs.push(new Blob([piece]));
    this.#piece = new Uint8Array(PIECE_BYTES);
    this.#filled = 0;
  }
}

/** The hash of a file, read one piece at a time. */
export async function hashOf(file: Blob): Promise<string> {
  const digests: Uint8Array<ArrayBuffer>[] = [];
  for (let at = 0; at < file.size; at += PIECE_BYTES) {
    const piece = await file.slice(at, at + PIECE_BYTES).arrayBuffer();
    digests.push(await digest(new Uint8Array(piece)));
  }
  return hexOf(await digest(new Uint8Array(await new Blob(digests).arrayBuffer())));
}

async function digest(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
