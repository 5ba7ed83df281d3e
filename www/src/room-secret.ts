/**
 * Rooms by name and password, beside those by secret link. It is a module of its own: most pages
 * need none of it.
 *
 * @example
 * ```ts
 * import { createPeer, createRoomLink } from "lacis";
 * import { roomSecret } from "lacis/room-secret";
 *
 * const secret = await roomSecret({ app: "org.example.chess", name: "table 7", password: "e2e4" });
 * const room = await (await createPeer()).join(await createRoomLink({ secret }));
 * ```
 *
 * @module
 */
import { argon2idAsync } from "@noble/hashes/argon2.js";
import { check } from "./check.js";
import { errorOfAbort } from "./errors.js";
import { subtle } from "./subtle.js";

/** Options of `roomSecret`. */
export interface RoomSecretOptions {
  /** What keeps rooms of one application apart from those of others, such as its domain. */
  readonly app: string;
  /** What people call the room. Upper and lower case differ, and so do spaces. */
  readonly name: string;
  /**
   * What only those know who are to come in. Without one, whoever guesses the name is in the room,
   * and the server can find the name by trying. Default: none.
   */
  readonly password?: string | undefined;
  /** Called with what is done, from 0 to 1. */
  readonly onProgress?: ((done: number) => void) | undefined;
  /** Gives up. */
  readonly signal?: AbortSignal | undefined;
}

// The second choice of RFC 9106, section 4. A guess costs others about as much as it costs here.
const COST = { t: 3, m: 64 * 1024, p: 4, dkLen: 16 };

/**
 * Makes the secret of a room of a name and a password, for `createRoomLink`: the same ones give the
 * same room everywhere. It takes a second or several and 64 MiB, on purpose, since a password that
 * is guessed fast is none; the page stays responsive. Texts are taken as NFC. Rejects with
 * `insecure-context` on a page that came neither by https: nor from localhost.
 *
 * By Argon2id (RFC 9106) over the password; see the protocol's page on room links.
 */
export async function roomSecret(options: RoomSecretOptions): Promise<Uint8Array> {
  check("roomSecret", [options]);
  const { app, name, password = "", onProgress, signal } = options;
  const salt = await saltOf(["lacis 2026 room 1 name", app, name]);
  return argon2idAsync(bytesOf(password), salt, {
    ...COST,
    asyncTick: 8,
    onProgress: (done) => {
      if (signal?.aborted) throw errorOfAbort(signal);
      onProgress?.(done);
    },
  });
}

/** The parts with their lengths before them, hashed: no two lists of parts give the same bytes. */
async function saltOf(parts: readonly string[]): Promise<Uint8Array> {
  const bytes = parts.flatMap((part) => {
    const text = bytesOf(part);
    return [text.length >> 8, text.length & 255, ...text];
  });
  return new Uint8Array(await subtle().digest("SHA-256", Uint8Array.from(bytes)));
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text.normalize("NFC"));
}
