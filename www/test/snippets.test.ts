// What README.md and docs/guide show is complete and fits the package: each snippet compiles,
// verbatim. That README's also run is shown in browsers, by tests/e2e/tests/readme.test.mjs and
// tests/first-hour.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const inRoot = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** The snippets of a page, by a name that says which it is. */
function snippetsOf(page: string, kinds = "ts|js"): Map<string, string> {
  const fence = new RegExp(`^\`\`\`(?:${kinds})\\n([\\s\\S]*?)^\`\`\`$`, "gm");
  const found = readFileSync(inRoot(page), "utf8").matchAll(fence);
  const name = basename(page, ".md");
  return new Map([...found].map(([, code = ""], index) => [`${name}-${index}.ts`, code]));
}

const readme = snippetsOf("README.md", "ts");
/** The first app, which people write without a compiler that looks for what may be null. */
const app = snippetsOf("README.md", "js");
const pages = readdirSync(inRoot("docs/guide")).filter((file) => file.endsWith(".md"));
const guide = new Map(pages.flatMap((page) => [...snippetsOf(`docs/guide/${page}`)]));

/** What snippets of the guide use of packages that are not here: as much as they use. */
const OTHERS = `
declare module "react" {
  export function useEffect(effect: () => void | (() => void), deps?: readonly unknown[]): void;
  export function useState<S>(initial: S | (() => S)): [S, (next: S | ((old: S) => S)) => void];
}
declare module "yjs" {
  export class Doc {
    readonly clientID: number;
    on(name: "update", listener: (update: Uint8Array, origin: unknown) => void): void;
    off(name: "update", listener: (update: Uint8Array, origin: unknown) => void): void;
  }
  export function applyUpdate(doc: Doc, update: Uint8Array, origin?: unknown): void;
  export function encodeStateAsUpdate(doc: Doc, vector?: Uint8Array): Uint8Array;
  export function encodeStateVector(doc: Doc): Uint8Array;
}
declare module "y-protocols/awareness" {
  import type { Doc } from "yjs";
  interface Change { added: number[]; updated: number[]; removed: number[] }
  export class Awareness {
    constructor(doc: Doc);
    on(name: "update", listener: (change: Change, origin: unknown) => void): void;
    getLocalState(): object | null;
    setLocalState(state: object | null): void;
    destroy(): void;
  }
  type Clients = number[];
  export function encodeAwarenessUpdate(awareness: Awareness, clients: Clients): Uint8Array;
  export function applyAwarenessUpdate(
    awareness: Awareness, update: Uint8Array, origin: unknown): void;
  export function removeAwarenessStates(
    awareness: Awareness, clients: Clients, origin: unknown): void;
}
declare module "@rollup/plugin-node-resolve" { export function nodeResolve(): unknown; }
declare module "@web/rollup-plugin-import-meta-assets" {
  export function importMetaAssets(): unknown;
}
`;

/** What the compiler has to say about them; nothing if all is well. */
function compiled(snippets: ReadonlyMap<string, string>, more: object = {}): string {
  const folder = mkdtempSync(join(tmpdir(), "lacis-snippets-"));
  try {
    for (const [name, code] of snippets) writeFileSync(join(folder, name), code);
    writeFileSync(join(folder, "others.d.ts"), OTHERS);
    const paths = {
      lacis: [inRoot("www/src/index.ts")],
      "lacis/inline": [inRoot("www/src/inline.ts")],
      "lacis/room-secret": [inRoot("www/src/room-secret.ts")],
      "lacis/slim": [inRoot("www/src/slim.ts")],
      zod: [inRoot("www/node_modules/zod")],
      "lacis/lacis.wasm": [inRoot("www/types/lacis.wasm.d.ts")],
    };
    const compilerOptions = { types: [], paths, rootDir: "/", ...more };
    const config = { extends: inRoot("www/tsconfig.json"), compilerOptions, include: ["*.ts"] };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
    const tsc = inRoot("www/node_modules/.bin/tsc");
    return execFileSync(tsc, ["-p", folder], { encoding: "utf8" });
  } catch (thrown) {
    return String((thrown as { stdout?: unknown }).stdout ?? thrown);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe("README.md", () => {
  test("has its snippets, and they begin with what they import", () => {
    expect(readme.size).toBeGreaterThanOrEqual(2);
    for (const code of readme.values()) expect(code).toMatch(/^import \{ .* \} from "lacis";\n/);
  });

  test("shows what compiles as it stands, with nothing from elsewhere and nothing unused", () => {
    expect(compiled(readme)).toBe("");
  }, 60_000);

  test("has a first app, of its configuration and its script, that fits the package", () => {
    expect(app.size).toBe(2);
    // The sources of the package itself are written for a strict compiler.
    const said = compiled(app, { strict: false }).split("\n");
    expect(said.filter((line) => line.includes("README-"))).toEqual([]);
  }, 60_000);
});

describe("docs/guide", () => {
  test("links each of its pages from the first", () => {
    const first = readFileSync(inRoot("docs/guide/README.md"), "utf8");
    const linked = new Set([...first.matchAll(/\]\((\w[\w-]*\.md)\)/g)].map((it) => it[1]));
    expect([...linked].sort()).toEqual(pages.filter((page) => page !== "README.md").sort());
  });

  test("has snippets, each a module of its own", () => {
    expect(guide.size).toBeGreaterThanOrEqual(10);
    for (const code of guide.values()) expect(code).toMatch(/^(import|export) /);
  });

  test("shows what compiles as it stands", () => {
    // Some end where the page would go on with what they made.
    expect(compiled(guide, { noUnusedLocals: false })).toBe("");
  }, 60_000);
});

test("nothing stands behind a loop that has no end", () => {
  for (const code of [readme, app, guide].flatMap((it) => [...it.values()])) {
    const [, loop = ""] = code.split(/^for await /m);
    expect(loop.slice(loop.indexOf("\n}\n") + 3)).toBe("");
  }
});

test("a snippet that does not fit is told", () => {
  const wrong = new Map([["wrong.ts", 'import { createPier } from "lacis";\ncreatePier();\n']]);
  expect(compiled(wrong)).toContain("createPier");
}, 60_000);

test("a signal that may be undefined is taken everywhere, by the strictest compiler", () => {
  const code = `
import { type Group, type Identities, openStore, type Peer, type Room, storeFree } from "lacis";
export async function all(
  it: { peer: Peer; room: Room; group: Group; ids: Identities; source: AbortSignal | undefined },
): Promise<void> {
  const { peer, room, group, source: signal } = it;
  const limits = { items: undefined, bytes: undefined };
  await openStore("x", { signal });
  await storeFree("x", { signal });
  await peer.groups({ signal });
  await peer.createGroup({ name: "x", signal });
  await peer.importGroup(await group.export({ signal }), { signal });
  await room.pair("x", { signal });
  await room.ready({ signal, timeoutMs: undefined });
  room.messages({ signal, limits });
  await group.pair("x", { signal });
  await group.connect({ signal, timeoutMs: undefined });
  await group.stored({ signal });
  await group.invite({ signal });
  const id = await group.add({ type: "x", data: 1 }, { signal });
  await group.delete(await group.get(id, { signal }), { signal });
  const file = { name: "x", size: 1, mediaType: undefined, stream: new ReadableStream() };
  await room.sendFile("x", file, { signal });
}
`;
  const strict = { exactOptionalPropertyTypes: true };
  expect(compiled(new Map([["signals.ts", code]]), strict)).toBe("");
}, 60_000);
