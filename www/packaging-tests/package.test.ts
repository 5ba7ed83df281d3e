import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build as esbuild } from "esbuild";
import { build as vite } from "vite";
import { afterAll, beforeAll, expect, test } from "vitest";

const www = fileURLToPath(new URL("..", import.meta.url));
let project = "";

/** Builds the package and puts it into a project as `npm install` would, without a network. */
beforeAll(() => {
  execFileSync("npm", ["run", "build:lib", "--silent"], { cwd: www });
  project = mkdtempSync(join(tmpdir(), "lacis-package-"));
  const words = ["pack", "--silent", "--json", "--pack-destination", project];
  const packed: unknown = JSON.parse(execFileSync("npm", words, { cwd: www, encoding: "utf8" }));
  const [entry] = Object.values(packed as Record<string, { filename: string }>);
  const target = join(project, "node_modules/lacis");
  mkdirSync(target, { recursive: true });
  const archive = join(project, entry?.filename ?? "");
  execFileSync("tar", ["xzf", archive, "--strip-components=1", "-C", target]);
  writeFileSync(join(project, "package.json"), JSON.stringify({ type: "module" }));
  const page = 'import { createPeer } from "lacis"; createPeer().then(console.info);';
  writeFileSync(join(project, "main.js"), page);
  writeFileSync(join(project, "index.html"), '<script type="module" src="main.js"></script>');
}, 60_000);

afterAll(() => rmSync(project, { recursive: true, force: true }));

test("the package holds what it needs and nothing else", () => {
  const root = join(project, "node_modules/lacis");
  const kinds = readdirSync(root, { recursive: true, encoding: "utf8" }).sort();
  expect(kinds).toContain(join("wasm", "lacis_bg.wasm"));
  expect(kinds).toContain(join("dist", "index.d.ts"));
  const unexpected = (name: string): boolean =>
    !/^(dist|wasm|package\.json|LICENSE|README)/.test(name);
  expect(kinds.filter(unexpected)).toEqual([]);
  expect(kinds.filter((name) => /test|apps/.test(name))).toEqual([]);
});

test("importing it in Node does nothing, and a peer is refused with a code", () => {
  const script = `
    const before = Object.keys(globalThis).length;
    const { createPeer, PeerError } = await import("lacis");
    if (Object.keys(globalThis).length !== before) throw new Error("importing left a trace");
    const error = await createPeer({ signaling: ["ws://127.0.0.1:1/ws"] }).catch((e) => e);
    console.log(error instanceof PeerError, error.code);`;
  const words = ["--input-type=module", "--eval", script];
  const said = execFileSync(process.execPath, words, { cwd: project, encoding: "utf8" });
  expect(said.trim()).toBe("true unsupported-platform");
});

test("Vite bundles it and carries the module along", async () => {
  await vite({ root: project, logLevel: "error", build: { outDir: "out-vite" } });
  const assets = readdirSync(join(project, "out-vite/assets"));
  expect(assets.filter((name) => name.endsWith(".wasm"))).toHaveLength(1);
});

test("esbuild bundles it for browsers", async () => {
  const result = await esbuild({
    absWorkingDir: project,
    entryPoints: ["main.js"],
    bundle: true,
    format: "esm",
    platform: "browser",
    outdir: "out-esbuild",
    metafile: true,
    logLevel: "silent",
  });
  expect(result.errors).toEqual([]);
  const bytes = Object.values(result.metafile.outputs)[0]?.bytes ?? 0;
  expect(bytes).toBeGreaterThan(10_000);
});

test("the slim entry bundles with a module that the application brings along", async () => {
  const page = `
    import wasm from "lacis/lacis.wasm";
    import { createPeer, init } from "lacis/slim";
    init(wasm).then(() => createPeer()).then(console.info);`;
  writeFileSync(join(project, "slim.js"), page);
  const result = await esbuild({
    absWorkingDir: project,
    entryPoints: ["slim.js"],
    bundle: true,
    format: "esm",
    platform: "browser",
    loader: { ".wasm": "file" },
    outdir: "out-slim",
    logLevel: "silent",
  });
  expect(result.warnings).toEqual([]);
  const files = readdirSync(join(project, "out-slim"));
  expect(files.filter((name) => name.endsWith(".wasm"))).toHaveLength(1);
  expect(files).toContain("slim.js");
});
