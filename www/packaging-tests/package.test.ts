import { execFileSync, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build as esbuild } from "esbuild";
import { publint } from "publint";
import { build as vite } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const www = fileURLToPath(new URL("..", import.meta.url));
const attw = join(www, "node_modules/@arethetypeswrong/cli/dist/index.js");
/** What lies a folder higher and belongs into the package too. */
const TEXTS = ["CHANGELOG.md", "LICENSE-APACHE", "LICENSE-MIT", "README.md"];
const builtWasm = join(www, "wasm/lacis_bg.wasm");
let project = "";
let archive = "";
let packed: readonly string[] = [];

const inProject = (...parts: string[]): string => join(project, ...parts);
const inPackage = (...parts: string[]): string => inProject("node_modules/lacis", ...parts);

function node(script: string): string {
  const words = ["--input-type=module", "--eval", script];
  return execFileSync(process.execPath, words, {
    cwd: project,
    encoding: "utf8",
    timeout: 20_000,
  }).trim();
}

/** Builds the package and installs it into a project of its own, without a network. */
beforeAll(() => {
  if (!existsSync(builtWasm)) throw new Error("www/wasm is empty: `cargo xtask test` builds it");
  project = realpathSync(mkdtempSync(join(tmpdir(), "lacis-package-")));
  execFileSync("npm", ["run", "build:lib", "--silent"], { cwd: www });
  const pack = ["run", "--silent", "package", "--", project];
  archive = execFileSync("npm", pack, { cwd: www, encoding: "utf8" }).trim();
  writeFileSync(inProject("package.json"), JSON.stringify({ private: true, type: "module" }));
  const install = ["install", archive, "--offline", "--ignore-scripts", "--no-audit", "--no-fund"];
  execFileSync("npm", [...install, "--silent"], { cwd: project });
  packed = readdirSync(inPackage(), { recursive: true, withFileTypes: true, encoding: "utf8" })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(inPackage().length + 1))
    .sort();
}, 120_000);

afterAll(() => {
  if (project !== "") rmSync(project, { recursive: true, force: true });
});

describe("the package", () => {
  test("holds one script and one declaration for each source, and the module", () => {
    const files = readdirSync(join(www, "src"), { recursive: true, encoding: "utf8" });
    const scripts = files.filter((name) => name.endsWith(".ts"));
    const sources = scripts.map((name) => name.replace(/\.ts$/, ""));
    const built = sources.flatMap((name) => [`dist/${name}.d.ts`, `dist/${name}.js`]);
    const module = ["inline.d.ts", "inline.js", "lacis.js", "lacis_bg.wasm"];
    const rest = ["dist/cdn/lacis.js", "types/lacis.wasm.d.ts", "package.json", ...TEXTS];
    expect(packed).toEqual([...built, ...module.map((name) => `wasm/${name}`), ...rest].sort());
  });

  test("holds the texts of the project as they are", () => {
    for (const text of TEXTS) {
      expect(readFileSync(inPackage(text), "utf8"), text).toBe(
        readFileSync(join(www, "..", text), "utf8"),
      );
    }
  });

  test("names nobody unless a publisher has said who", () => {
    const manifest: Record<string, unknown> = JSON.parse(
      readFileSync(inPackage("package.json"), "utf8"),
    );
    const file = join(www, "publisher.json");
    const said = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
    for (const key of ["author", "bugs", "funding", "homepage", "repository"]) {
      expect(manifest[key], key).toEqual(said[key]);
    }
    expect(manifest).not.toHaveProperty("private");
    expect(manifest).not.toHaveProperty("devDependencies");
    expect(manifest.license).toBe("MIT OR Apache-2.0");
  });

  test("has nothing that publint finds fault with", async () => {
    const { messages } = await publint({ pkgDir: inPackage(), strict: true });
    expect(messages).toEqual([]);
  });

  test("has types that fit its scripts, however they are looked for", () => {
    // CommonJS loads it by `require` of Node 20.19 or by `import()`: it has no second form for it.
    const words = [attw, archive, "--ignore-rules", "cjs-resolves-to-esm", "--format", "ascii"];
    const { status, stdout } = spawnSync(process.execPath, words, { encoding: "utf8" });
    expect(stdout).toContain("No problems found");
    expect(status).toBe(0);
    // It compiles in each way that there is, which takes a busy machine a while.
  }, 60_000);

  test("brings nothing along: no dependencies and no scripts that run at installation", () => {
    const manifest: Record<string, unknown> = JSON.parse(
      readFileSync(inPackage("package.json"), "utf8"),
    );
    expect(manifest).not.toHaveProperty("dependencies");
    expect(manifest).not.toHaveProperty("peerDependencies");
    const scripts = Object.keys(manifest.scripts ?? {});
    expect(scripts.filter((name) => /install|prepare/.test(name))).toEqual([]);
    expect(readdirSync(inProject("node_modules")).filter((name) => !name.startsWith("."))).toEqual([
      "lacis",
    ]);
  });

  test("leads to a file with each of its exports, types first", () => {
    const { exports }: { exports: Record<string, string | Record<string, string>> } = JSON.parse(
      readFileSync(inPackage("package.json"), "utf8"),
    );
    expect(Object.keys(exports)).toEqual([
      ".",
      "./slim",
      "./inline",
      "./room-secret",
      "./lacis.wasm",
      "./package.json",
    ]);
    for (const target of Object.values(exports)) {
      const files = typeof target === "string" ? [target] : Object.values(target);
      for (const file of files) expect(existsSync(inPackage(file)), file).toBe(true);
      if (typeof target !== "string") expect(Object.keys(target)[0]).toBe("types");
    }
  });
});

describe("in plain Node", () => {
  test.each(["lacis", "lacis/slim", "lacis/inline"])("importing %s does nothing", (entry) => {
    const said = node(`
      // What reads the file of a module, and the pipes of this process.
      const beganByNode = /^(FSReq|CloseReq|PipeWrap|TTYWrap)/;
      const before = Reflect.ownKeys(globalThis).length;
      const { createPeer, PeerError } = await import("${entry}");
      if (Reflect.ownKeys(globalThis).length !== before) throw new Error("it left a trace");
      const running = process.getActiveResourcesInfo().filter((kind) => !beganByNode.test(kind));
      if (running.length > 0) throw new Error("it keeps running: " + running);
      const error = await createPeer({ signaling: ["ws://127.0.0.1:1/ws"] }).catch((e) => e);
      console.log(error instanceof PeerError, error.code);`);
    expect(said).toBe("true unsupported-platform");
  });

  test("the module in it works, and both entries share it", () => {
    const said = node(`
      import { readFile } from "node:fs/promises";
      import { createRoomLink, init, PeerError } from "lacis/slim";
      import * as full from "lacis";
      await init(await readFile(new URL(import.meta.resolve("lacis/lacis.wasm"))));
      const link = await createRoomLink({ servers: ["wss://example.org/ws"] });
      console.log((await full.parseRoomLink(link)).servers[0], full.PeerError === PeerError);`);
    expect(said).toBe("wss://example.org/ws true");
  });

  test.each(["lacis", "lacis/inline", "./node_modules/lacis/dist/cdn/lacis.js"])(
    "%s finds its module by itself",
    (entry) => {
      const said = node(`
        const { createRoomLink, parseRoomLink } = await import("${entry}");
        const link = await createRoomLink({ servers: ["wss://example.org/ws"] });
        console.log((await parseRoomLink(link)).servers[0]);`);
      expect(said).toBe("wss://example.org/ws");
    },
  );

  test("require gives the same, and loads its module", () => {
    const script = `
      const { createRoomLink } = require("lacis");
      createRoomLink().then((link) => console.log(typeof link));`;
    const words = ["--input-type=commonjs", "--eval", script];
    const said = execFileSync(process.execPath, words, { cwd: project, encoding: "utf8" });
    expect(said.trim()).toBe("string");
  });

  test("what is not exported cannot be imported", () => {
    const said = node(`
      const error = await import("lacis/dist/session.js").catch((e) => e);
      console.log(error.code);`);
    expect(said).toBe("ERR_PACKAGE_PATH_NOT_EXPORTED");
  });
});

describe("bundled", () => {
  const page = 'import { createPeer } from "lacis";\nexport const peer = createPeer();\n';
  const slimPage = (wasm: string): string => `
    import wasm from "${wasm}";
    import { createPeer, init } from "lacis/slim";
    export const peer = init(wasm).then(() => createPeer());`;
  const moduleBytes = (): Buffer => readFileSync(inPackage("wasm/lacis_bg.wasm"));

  /** The one module that a bundle carries; some script of the bundle must name it. */
  function expectModule(folder: string): void {
    const all = readdirSync(folder, { recursive: true, encoding: "utf8" });
    const modules = all.filter((name) => name.endsWith(".wasm"));
    expect(modules).toHaveLength(1);
    expect(readFileSync(join(folder, modules[0] ?? "")).equals(moduleBytes())).toBe(true);
    const scripts = all.filter((name) => /\.m?js$/.test(name));
    const texts = scripts.map((name) => readFileSync(join(folder, name), "utf8"));
    const name = modules[0]?.split("/").at(-1) ?? "";
    expect(texts.filter((text) => text.includes(name))).toHaveLength(1);
  }

  async function bundleWithVite(name: string, script: string): Promise<void> {
    writeFileSync(inProject(`${name}.js`), script);
    writeFileSync(inProject("index.html"), `<script type="module" src="${name}.js"></script>`);
    const build = { outDir: `out-${name}`, target: "es2022" };
    await vite({ root: project, configFile: false, logLevel: "error", build });
  }

  async function bundleWithEsbuild(name: string, script: string): Promise<string[]> {
    writeFileSync(inProject(`${name}.js`), script);
    const result = await esbuild({
      absWorkingDir: project,
      entryPoints: [`${name}.js`],
      bundle: true,
      format: "esm",
      platform: "browser",
      target: "es2022",
      outdir: `out-${name}`,
      loader: { ".wasm": "file" },
      logLevel: "silent",
    });
    return [...result.errors, ...result.warnings].map((message) => message.text);
  }

  test("by Vite, it carries the module along", async () => {
    await bundleWithVite("vite-full", page);
    expectModule(inProject("out-vite-full"));
  });

  test("by Vite, the slim entry carries the module that the page names", async () => {
    await bundleWithVite("vite-slim", slimPage("lacis/lacis.wasm?url"));
    expectModule(inProject("out-vite-slim"));
  });

  test("by esbuild, it looks for the module beside the bundle", async () => {
    expect(await bundleWithEsbuild("esbuild-full", page)).toEqual([]);
    const bundle = readFileSync(inProject("out-esbuild-full/esbuild-full.js"), "utf8");
    expect(bundle).toContain('new URL("../wasm/lacis_bg.wasm", import.meta.url)');
    expect(bundle).not.toMatch(/from "lacis|require\(/);
  });

  test("by esbuild, the slim entry carries the module that the page names", async () => {
    expect(await bundleWithEsbuild("esbuild-slim", slimPage("lacis/lacis.wasm"))).toEqual([]);
    expectModule(inProject("out-esbuild-slim"));
  });

  test("by esbuild, the entry with the module inside needs no other file", async () => {
    const script = page.replace('"lacis"', '"lacis/inline"');
    expect(await bundleWithEsbuild("esbuild-inline", script)).toEqual([]);
    expect(readdirSync(inProject("out-esbuild-inline"))).toEqual(["esbuild-inline.js"]);
    const bundle = readFileSync(inProject("out-esbuild-inline/esbuild-inline.js"), "utf8");
    expect(bundle).not.toContain("import.meta");
  });

  test("it still runs: a bundle in Node refuses a peer with a code", () => {
    const said = node(`
      const { peer } = await import("./out-esbuild-full/esbuild-full.js");
      console.log((await peer.catch((e) => e)).code);`);
    expect(said).toBe("unsupported-platform");
  });
});

describe("its types", () => {
  // Every line that must not compile says so; the compiler complains about one that does.
  const consumer = `
    import { createPeer, createRoomLink, init, PeerError, type Remote, type Room } from "lacis";
    import type { Group, Peer, Schema } from "lacis";
    import type { PeerErrorCode, SentFile } from "lacis";
    import { createPeer as slimPeer, init as slimInit } from "lacis/slim";
    import { createPeer as inlinePeer } from "lacis/inline";
    import address from "lacis/lacis.wasm";

    export async function use(bytes: Uint8Array<ArrayBuffer>): Promise<SentFile> {
      await init();
      await slimInit(bytes);
      await slimInit(address);
      await inlinePeer();
      // @ts-expect-error The slim entry has no module of its own.
      await slimInit();
      await using peer = await createPeer({ signaling: ["wss://example.org/ws"], wasm: bytes });
      // @ts-expect-error There is no such option.
      await slimPeer({ signalling: [] });
      const room: Room = await peer.join(await createRoomLink(), { timeoutMs: 5, wait: false });
      room.addEventListener("remotejoin", ({ detail }) => greet(detail));
      // @ts-expect-error There is no such event.
      room.addEventListener("memberjoined", () => {});
      for await (const message of room.messages({ label: "chat" })) {
        const text: string = message.text();
        await room.send(message.from.id, "chat", text, { priority: "bulk", until: "delivered" });
        await room.send(message.from.id, "chat", { text, at: [3, 4] });
        // @ts-expect-error JSON knows no such numbers.
        await room.send(message.from.id, "chat", 7n);
        // @ts-expect-error An identity is no page.
        await room.send(message.from.peerId, "chat", text);
        // @ts-expect-error JSON from elsewhere can be anything.
        const name: string = message.json();
        console.info(name);
      }
      const { data: answer } = await room.request("id", "time");
      // @ts-expect-error Members change by what happens, not by the page.
      room.remotes.clear();
      return room.sendFile("id", new Blob([answer as BlobPart]), { onProgress: (n) => n + 1 });
    }

    function greet(member: Remote): string {
      // @ts-expect-error There is no such state.
      return member.state === "gone" ? "" : member.id;
    }

    type Game = { move: { from: string; to: string }; time: (zone: string) => { ms: number } };

    export async function play(room: Room<Game>): Promise<number> {
      await room.broadcast("move", { from: "e2", to: "e4" });
      // @ts-expect-error A move has two ends.
      await room.broadcast("move", { from: "e2" });
      // @ts-expect-error It is asked for, not told.
      await room.broadcast("time", "UTC");
      // @ts-expect-error There is no such label.
      await room.broadcast("mvoe", { from: "e2", to: "e4" });
      room.respond("time", (asked) => ({ ms: asked.text().length }));
      // @ts-expect-error That is no time.
      room.respond("time", () => "noon");
      for await (const { label, json } of room.messages()) console.info(label === "move", json);
      return (await room.request("id", "time", "UTC")).json().ms;
    }

    interface Todos {
      records: { todo: { title: string; done: boolean }; chat: string };
      presence: { cursor: [number, number] };
      messages: { wave: string };
    }

    export async function list(peer: Peer, schema: Schema<Todos["records"]["todo"]>) {
      const group: Group<Todos> = await peer.createGroup<Todos>({ name: "List" });
      await group.add({ type: "todo", data: { title: "Write", done: false } });
      await group.add({ type: "chat", data: "bonjour" });
      // @ts-expect-error Something is missing.
      await group.add({ type: "todo", data: { title: "Write" } });
      // @ts-expect-error There is no such type.
      await group.add({ type: "tood", data: { title: "Write", done: false } });
      group.presence.set({ cursor: [3, 4] });
      // @ts-expect-error That is no cursor.
      group.presence.set({ cursor: 3 });
      group.validate("todo", schema);
      group.validate("chat", (record) => record.text().length < 100);
      for (const todo of await group.find({ type: "todo" })) {
        const { title, done } = todo.json();
        await group.update(todo, { data: { title, done: !done } });
        // @ts-expect-error The data of a todo is another one.
        await group.update(todo, { data: "done" });
        console.info(todo.json(schema).title);
      }
      for await (const record of group.watch()) {
        if (record.type === "todo") console.info(record.json().title);
      }
      // @ts-expect-error A page is no identity.
      await group.revoke(peer.nodeId);
      await group.send(peer.id, "wave", "hello");
      return everywhere(group);
    }

    const everywhere = (group: Group<any>): string => group.id;

    export function codeOf(error: unknown): PeerErrorCode | undefined {
      return error instanceof PeerError ? error.code : undefined;
    }`;

  test.each([
    ["bundler", "ESNext"],
    ["nodenext", "NodeNext"],
  ])("are found and say what they should with the resolution of %s", (moduleResolution, module) => {
    const compilerOptions = {
      strict: true,
      exactOptionalPropertyTypes: true,
      noEmit: true,
      // The package's own declarations are checked too.
      skipLibCheck: false,
      target: "ES2022",
      lib: ["ES2022", "ESNext.Disposable", "DOM", "DOM.Iterable", "DOM.AsyncIterable"],
      types: [],
      module,
      moduleResolution,
    };
    writeFileSync(inProject("consumer.ts"), consumer);
    const config = inProject(`tsconfig.${moduleResolution}.json`);
    writeFileSync(config, JSON.stringify({ compilerOptions, files: ["consumer.ts"] }));
    expect(compile(config)).toBe("");
  });

  function compile(config: string): string {
    const compiler = join(www, "node_modules/typescript/bin/tsc");
    const words = [compiler, "--project", config, "--pretty", "false"];
    const { stdout } = spawnSync(process.execPath, words, { cwd: project, encoding: "utf8" });
    return stdout.trim();
  }
});
