import { createHash } from "node:crypto";
import { argon2id } from "hash-wasm";
import { beforeAll, describe, expect, test } from "vitest";
import { roomSecret } from "../src/room-secret.js";
import { createRoomLink, init, parseRoomLink } from "../src/slim.js";
import { realModule } from "./real-module.js";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const options = { app: "org.example.chess", name: "table 7", password: "correct horse" };

/** As the protocol says it, by other libraries. */
function again(app: string, name: string, password: string): Promise<string> {
  const parts = ["lacis 2026 room 1 name", app, name].map((part) => {
    const text = Buffer.from(part.normalize("NFC"));
    const length = Buffer.alloc(2);
    length.writeUInt16BE(text.length);
    return Buffer.concat([length, text]);
  });
  const salt = createHash("sha256").update(Buffer.concat(parts)).digest();
  const cost = { memorySize: 65_536, iterations: 3, parallelism: 4, hashLength: 16 };
  return argon2id({ ...cost, password: password.normalize("NFC"), salt, outputType: "hex" });
}

describe("the secret of a room by name", { timeout: 60_000 }, () => {
  beforeAll(() => init(realModule()));

  test("is what another library makes of it, and what the protocol's page gives", async () => {
    const secret = hex(await roomSecret(options));
    expect(secret).toBe(await again(options.app, options.name, options.password));
    expect(secret).toBe("8c6bf727227d34f8fecc66b45629ecc4");
  });

  test("is the same room for all who know it, and another one for everybody else", async () => {
    const fingerprint = async (given: Partial<typeof options>): Promise<string> => {
      const secret = await roomSecret({ ...options, ...given });
      return (await parseRoomLink(await createRoomLink({ secret }))).fingerprint;
    };
    const one = await fingerprint({});
    expect(await fingerprint({})).toBe(one);
    const others = [
      await fingerprint({ app: "org.example.ches", name: "stable 7" }),
      await fingerprint({ name: "Table 7" }),
      await fingerprint({ password: "correct horse " }),
      await fingerprint({ password: undefined }),
    ];
    expect(new Set([one, ...others]).size).toBe(5);
  });

  test("does not depend on how an accent was typed", async () => {
    const composed = await roomSecret({ ...options, name: "caf\u00e9" });
    expect(hex(await roomSecret({ ...options, name: "cafe\u0301" }))).toBe(hex(composed));
  });

  test("tells how far it is, lets the page go on meanwhile, and can be given up", async () => {
    const told: number[] = [];
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
    }, 0);
    await roomSecret({ ...options, onProgress: (done) => void told.push(done) });
    clearInterval(timer);
    expect(turns).toBeGreaterThan(3);
    expect(told.at(-1)).toBe(1);
    const ending = new AbortController();
    const onProgress = (): void => ending.abort();
    const refused = roomSecret({ ...options, onProgress, signal: ending.signal });
    await expect(refused).rejects.toMatchObject({ code: "aborted" });
  });

  test("is refused without a name", async () => {
    await expect(roomSecret({ ...options, name: "" })).rejects.toMatchObject({
      code: "invalid-argument",
      detail: expect.stringMatching(/options\.name must be a text of 1 to 255 bytes/),
    });
  });
});
