import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { pathToFileURL } from "node:url";
import {
  afterAll,
  beforeAll,
  beforeEach,
  describe,
  expect,
  onTestFinished,
  test,
  vi,
} from "vitest";
import type { PeerError } from "../src/errors.js";
import { realModule } from "./real-module.js";

type Answer = [status: number, type: string | undefined, body: string | Uint8Array];

const MODULE = new URL("../wasm/lacis_bg.wasm", import.meta.url);
const ANSWERS: Record<string, Answer> = {
  "/lacis.wasm": [200, "application/wasm", realModule()],
  "/no-type.wasm": [200, undefined, realModule()],
  "/page.wasm": [200, "text/html", "<!doctype html><title>App</title>"],
  "/short.wasm": [200, "application/wasm", realModule().subarray(0, 1000)],
};

let server: Server;
let origin = "";

beforeAll(async () => {
  server = createServer((request, response) => {
    const missing: Answer = [404, "text/plain", "not found"];
    const [status, type, body] = ANSWERS[request.url ?? ""] ?? missing;
    response.writeHead(status, type === undefined ? {} : { "content-type": type }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => server.close());

// The module is loaded once in each copy of the package; every test gets a copy of its own.
let api: typeof import("../src/index.js");
beforeEach(async () => {
  vi.resetModules();
  api = await import("../src/index.js");
});

/** What the developer reads about a load that fails. */
async function reasonOf(wasm: string | URL | Uint8Array<ArrayBuffer>): Promise<string> {
  const error = await api.init(wasm).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: "wasm-failed", cause: expect.any(Error) });
  return (error as PeerError).detail ?? "";
}

const works = (): Promise<string> => api.createRoomLink({ servers: ["wss://example.org/ws"] });

describe("the module is loaded", () => {
  test("from the package, by its own address, which is a file here", async () => {
    await api.init();
    expect((await api.parseRoomLink(await works())).servers).toEqual(["wss://example.org/ws"]);
  });

  test.each([
    ["a URL", MODULE],
    ["a text", pathToFileURL(MODULE.pathname).href],
    ["a URL of another realm", { href: MODULE.href } as URL],
  ])("from a file named by %s", async (_, source) => {
    await api.init(source);
    expect(await works()).toMatch(/./);
  });

  test("from a server", async () => {
    await api.init(`${origin}/lacis.wasm`);
    expect(await works()).toMatch(/./);
  });

  test("from the server of the page, by a URL that is relative, as Next makes them", async () => {
    vi.stubGlobal("location", { href: `${origin}/a/page` });
    onTestFinished(() => void vi.unstubAllGlobals());
    await api.init({ href: "/lacis.wasm" } as URL);
    expect(await works()).toMatch(/./);
  });

  test("from a server that does not say what it is, with a warning", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    await api.init(new URL(`${origin}/no-type.wasm`));
    expect(await works()).toMatch(/./);
    expect(warn).toHaveBeenCalledOnce();
  });

  test("at the next attempt, when the first one fails", async () => {
    await reasonOf(`${origin}/nowhere.wasm`);
    await api.init();
    expect(await works()).toMatch(/./);
  });
});

describe("a load that fails tells", () => {
  test("the address that has nothing", async () => {
    const reason = await reasonOf(`${origin}/nowhere.wasm`);
    expect(reason).toContain(`from ${origin}/nowhere.wasm`);
    expect(reason).toContain("404, text/plain");
  });

  test("that what was given is no source", async () => {
    expect(await reasonOf(5 as never)).toContain("lacis.wasm as given");
  });

  test("that a page came in its place", async () => {
    vi.spyOn(console, "warn").mockImplementation(() => {});
    const reason = await reasonOf(`${origin}/page.wasm`);
    expect(reason).toContain(`from ${origin}/page.wasm`);
    expect(reason).toContain("200, text/html. It is a page: the file is not at this address.");
  });

  test("that what came is no module", async () => {
    const reason = await reasonOf(`${origin}/short.wasm`);
    expect(reason).toContain(`from ${origin}/short.wasm: CompileError`);
    expect(reason).toContain("200, application/wasm");
  });

  test("that nobody is at the address", async () => {
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, "127.0.0.1", resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    const reason = await reasonOf(`http://127.0.0.1:${port}/lacis.wasm`);
    expect(reason).toContain(`from http://127.0.0.1:${port}/lacis.wasm: TypeError`);
    expect(reason).toContain("connect-src");
  });

  test("the file that is not there", async () => {
    const nowhere = new URL("nowhere.wasm", MODULE);
    expect(await reasonOf(nowhere)).toContain(`from ${nowhere.href}: Error: ENOENT`);
  });

  test("the address that is none", async () => {
    expect(await reasonOf("nowhere.wasm")).toContain("as given: TypeError");
  });

  test("bytes that are no module", async () => {
    expect(await reasonOf(new Uint8Array(8))).toContain("as given: CompileError");
  });
});
