import { readdirSync, readFileSync } from "node:fs";
import { decode, encode } from "cborg";
import { beforeAll, describe, expect, test } from "vitest";
import { init, parseCard, parseInvitation, parseRoomLink } from "../src/slim.js";
import { realModule } from "./real-module.js";

/** CBOR as the vectors write it in JSON. */
type Item = string | number | boolean | null | Item[] | { h: string } | { n: string };

interface Vector {
  readonly name: string;
  readonly hex: string;
  readonly decoded: Item;
}

const here = (path: string): URL => new URL(path, import.meta.url);

function vectors<Fields>(file: string): (Vector & Fields)[] {
  return JSON.parse(readFileSync(here(`../../tests/vectors/${file}.json`), "utf8"));
}

function tree(value: unknown): Item {
  if (value instanceof Uint8Array) return { h: Buffer.from(value).toString("hex") };
  if (Array.isArray(value)) return value.map(tree);
  return typeof value === "bigint" ? { n: `${value}` } : (value as Item);
}

function value(item: Item): unknown {
  if (Array.isArray(item)) return item.map(value);
  if (item === null || typeof item !== "object") return item;
  return "h" in item ? Uint8Array.from(Buffer.from(item.h, "hex")) : BigInt(item.n);
}

/** Every file whose vectors are frames. */
const FILES = readdirSync(here("../../tests/vectors/"))
  .filter((name) => name.endsWith(".json"))
  .map((name) => name.replace(".json", ""))
  .filter((file) => vectors(file).every(({ decoded }) => decoded !== undefined));

describe.each(FILES)("golden vectors of %s", (file) => {
  test.each(vectors(file))("$name is what another CBOR library makes of it", (vector) => {
    const { hex, decoded } = vector;
    expect(tree(decode(Buffer.from(hex, "hex")))).toEqual(decoded);
    expect(Buffer.from(encode(value(decoded))).toString("hex")).toBe(hex);
  });
});

describe("what must be refused", () => {
  beforeAll(() => init(realModule()));

  interface Refused {
    readonly name: string;
    readonly kind: string;
    readonly reason: string;
    readonly hex?: string;
    readonly text?: string;
  }

  const all: Refused[] = JSON.parse(readFileSync(here("../../tests/vectors/refused.json"), "utf8"));
  const readers: Record<string, [(text: string) => Promise<unknown>, string]> = {
    RoomLink: [parseRoomLink, "link"],
    Card: [parseCard, "card"],
    Invitation: [parseInvitation, "invitation"],
    InvitationLink: [parseInvitation, "invitation"],
  };

  test.each(all.filter(({ text }) => text !== undefined))(
    "$name, a text, is refused by the package",
    async ({ kind, text = "", reason }) => {
      const [read, codes] = readers[kind] ?? expect.fail(`nothing reads ${kind}`);
      const code = `${codes}-${reason.replace(" ", "-")}`;
      await expect(read(text)).rejects.toMatchObject({ code });
    },
  );

  test.each(all.filter(({ reason, name }) => reason === "not canonical" && !/absent/.test(name)))(
    "$name is refused by another library that is strict",
    ({ hex = "" }) => {
      expect(() => decode(Buffer.from(hex, "hex"), { strict: true })).toThrow();
    },
  );
});

describe("room links", () => {
  // The module itself, as pages load it; only the file comes from the disk.
  beforeAll(() => init(realModule()));

  test.each(vectors<{ text: string; servers: string[] }>("room_link"))(
    "$name is read by the package",
    async ({ text, servers }) => {
      const link = await parseRoomLink(`https://example.org/chat/#${text}`);
      expect(link.servers).toEqual(servers);
      expect((await parseRoomLink(text)).fingerprint).toBe(link.fingerprint);
    },
  );

  test.each([
    ["hello", "link-unknown"],
    ["", "link-unknown"],
    ["lr1abcd", "link-damaged"],
    ["lr2abcd", "link-version"],
  ])("%j is refused as %s", async (text, code) => {
    await expect(parseRoomLink(text)).rejects.toMatchObject({ code });
  });
});
