import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { isServer } from "../src/check.js";
import { loaded } from "../src/low-level.js";
import { ownServers } from "../src/platform.js";
import { createPeer, createRoomLink, init, parseRoomLink, peerErrorCodes } from "../src/slim.js";
import { realModule } from "./real-module.js";

const failsWith = (code: string): unknown => expect.objectContaining({ name: "PeerError", code });

// The order matters: nothing may be loaded while the first two run.
describe("before the module is loaded", () => {
  test("links are refused as not-initialized", async () => {
    const detail = "give the module first: await init(wasm)";
    await expect(createRoomLink()).rejects.toMatchObject({ code: "not-initialized", detail });
    await expect(parseRoomLink("lr1abcd")).rejects.toEqual(failsWith("not-initialized"));
  });

  test("what is no module is refused, and the next try can succeed", async () => {
    const broken = init(Uint8Array.of(0, 1, 2, 3));
    await expect(broken).rejects.toMatchObject({ code: "wasm-failed", retryable: true });
    await expect(createRoomLink()).rejects.toEqual(failsWith("not-initialized"));
    await init(realModule());
    expect(await createRoomLink()).toMatch(/^lr1/);
  });
});

describe("room links", () => {
  beforeAll(() => init(realModule()));

  test("are new each time, and say what they were made with", async () => {
    const servers = ["wss://signal.example.org/ws", "ws://127.0.0.1:8080/ws"];
    const links = await Promise.all(Array.from({ length: 50 }, () => createRoomLink({ servers })));
    const read = await Promise.all(links.map(parseRoomLink));
    for (const link of read) expect(link.servers).toEqual(servers);
    expect(new Set(read.map((link) => link.fingerprint)).size).toBe(links.length);
    expect((await parseRoomLink(await createRoomLink())).servers).toEqual([]);
  });

  test("survive being pasted, bare or inside of an address", async () => {
    const link = await createRoomLink();
    const { fingerprint } = await parseRoomLink(link);
    for (const pasted of [` ${link}\n`, `https://example.org/a/b?c=d#${link}`, `#${link}`]) {
      expect((await parseRoomLink(pasted)).fingerprint).toBe(fingerprint);
    }
  });

  test("with any one character changed or missing are never taken for another room", async () => {
    const link = await createRoomLink();
    for (let index = 0; index < link.length; index += 1) {
      const other = link[index] === "a" ? "b" : "a";
      const changed = link.slice(0, index) + other + link.slice(index + 1);
      const shorter = link.slice(0, index) + link.slice(index + 1);
      for (const text of [changed, shorter]) {
        const code = expect.stringMatching(/^link-/);
        await expect(parseRoomLink(text)).rejects.toMatchObject({ code });
      }
    }
  });

  test("do not show their secret in the fingerprint", async () => {
    const link = await createRoomLink();
    const { fingerprint } = await parseRoomLink(link);
    expect(fingerprint.length).toBeGreaterThanOrEqual(8);
    expect(link.toLowerCase()).not.toContain(fingerprint.toLowerCase());
  });

  test("of one secret are of one room", async () => {
    const secret = crypto.getRandomValues(new Uint8Array(16));
    const servers = ["wss://signal.example.org/ws"];
    const links = [await createRoomLink({ secret }), await createRoomLink({ secret, servers })];
    const [bare, named] = await Promise.all(links.map(parseRoomLink));
    expect(named?.fingerprint).toBe(bare?.fingerprint);
    expect(named?.servers).toEqual(servers);
    const short = createRoomLink({ secret: secret.subarray(1) });
    await expect(short).rejects.toEqual(failsWith("invalid-argument"));
  });

  test("refuse servers that are none", async () => {
    for (const server of ["http://a.example", "a.example", "", "ws://", "ws:// a", "wss:/x"]) {
      const refused = createRoomLink({ servers: [server] });
      await expect(refused).rejects.toEqual(failsWith("invalid-argument"));
    }
  });
});

test("the module gives no code that has no sentence here", async () => {
  await init(realModule());
  const codes = loaded().error_codes();
  expect(codes.length).toBeGreaterThan(30);
  expect(codes.filter((code) => !(peerErrorCodes as readonly string[]).includes(code))).toEqual([]);
});

describe("a peer outside of a browser", () => {
  test("is refused with a code, whatever it is given", async () => {
    const refused = createPeer({ signaling: ["ws://127.0.0.1:1/ws"], wasm: realModule() });
    await expect(refused).rejects.toMatchObject({ code: "unsupported-platform" });
  });
});

describe("the server of the page", () => {
  afterEach(() => void vi.unstubAllGlobals());

  test.each([
    ["https:", "example.org", "wss://example.org/ws"],
    ["http:", "127.0.0.1:8080", "ws://127.0.0.1:8080/ws"],
  ])("of %s//%s is %s", (protocol, host, server) => {
    vi.stubGlobal("location", { protocol, host });
    expect(ownServers()).toEqual([server]);
    expect(isServer(server)).toBe(true);
  });

  test("is asked for where the page came from none", () => {
    vi.stubGlobal("location", { protocol: "file:", host: "" });
    expect(() => ownServers()).toThrow(failsWith("invalid-argument"));
    vi.stubGlobal("location", undefined);
    expect(() => ownServers()).toThrow(failsWith("invalid-argument"));
  });
});
