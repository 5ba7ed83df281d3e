// The set-ups, one row of the table each. Folders hold what a set-up needs beside the page: its
// packages with their lock file, and its configuration. `docs/guide/bundlers.md` tells people
// of the same lines.
import { execFileSync } from "node:child_process";
import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * @typedef {object} Setup
 * @property {string} name
 * @property {string} folder Where its packages are; several set-ups may share one.
 * @property {string} [from] What the page imports in place of `lacis`.
 * @property {string[]} [lines] What somebody has to write for it, found in `config` word for word.
 * @property {string} [config] The file that holds these lines.
 * @property {boolean} [quick] Whether `--quick` runs it.
 * @property {(place: Place) => void} [build] Makes `dist`, which the signaling server hands out.
 * @property {boolean} [hasInlineScript] Whether a page of it holds a script, which the signaling
 *   server's own policy refuses: another server hands it out.
 * @property {(place: Place) => string[]} [serve] Words for Node that start a server: one for
 *   development, or with `build` the one that hands out what was built.
 * @property {boolean} [runsTwice] Whether each effect is set up, cleaned up and set up again.
 * @property {(place: Place) => string} [print] Runs it without a page; gives what was printed.
 *
 * @typedef {{ path: (...parts: string[]) => string, run: Run }} Place
 * @typedef {(file: string, ...words: string[]) => string} Run Runs a script by Node, in the folder.
 */

const vite = "node_modules/vite/bin/vite.js";
const EXCLUDE = 'optimizeDeps: { exclude: ["lacis"] },';
const PROXY = 'server: { proxy: { "/ws": { target: process.env.SIGNALING, ws: true } } },';
const TARGET = 'build: { target: "es2022" },';

const astro = "node_modules/astro/astro.js";
const next = "node_modules/next/dist/bin/next";
const REWRITE = 'rewrites: async () => [{ source: "/ws", destination }],';

const nextBuilt = (name, ...words) => ({
  name,
  folder: "next",
  config: "next.config.js",
  lines: [REWRITE],
  build: ({ run }) => run(next, "build", ...words),
  serve: () => [next, "start", "--hostname", "127.0.0.1", "--port", "0"],
});

const viteDev = (major, lines, more) => ({
  name: `Vite ${major}, dev`,
  folder: `vite-${major}`,
  config: "vite.config.js",
  lines,
  serve: () => [vite, "--host", "127.0.0.1", "--port", "0"],
  ...more,
});

const viteBuild = (major, lines) => ({
  name: `Vite ${major}, build`,
  folder: `vite-${major}`,
  config: "vite.config.js",
  lines,
  build: ({ run }) => run(vite, "build", "--logLevel", "error"),
});

/** Copies the page that was written for a script beside it into the built folder. */
const addPage = ({ path }) => copyFileSync(path("index.html"), path("dist/index.html"));

/** One page that holds everything, as it can be mailed or put on a stick. */
function intoOneFile({ path }, script) {
  const page = readFileSync(path("index.html"), "utf8");
  const tag = '<script type="module" src="./main.js"></script>';
  if (!page.includes(tag)) throw new Error("the page has no place for its script");
  mkdirSync(path("dist"), { recursive: true });
  const whole = page.replace(tag, () => `<script type="module">${script}</script>`);
  writeFileSync(path("dist/index.html"), whole);
}

/** Programs are called by their files: npm ran no script of theirs that could have moved them. */
const esbuild = ({ path }, ...words) => {
  const program = path(
    "node_modules/@esbuild",
    `${process.platform}-${process.arch}`,
    "bin/esbuild",
  );
  const all = ["main.js", "--bundle", "--minify", "--format=esm", "--log-level=warning", ...words];
  return execFileSync(program, all, { cwd: path(), encoding: "utf8", maxBuffer: 1 << 24 });
};
const bun = ({ path }, ...words) => {
  const program = path("node_modules/@oven", `bun-${process.platform}-${process.arch}`, "bin/bun");
  return execFileSync(program, words, { cwd: path(), encoding: "utf8" });
};

const parcel = ({ run }) => {
  const words = ["--dist-dir", "dist", "--no-cache", "--no-source-maps", "--log-level", "error"];
  run("node_modules/parcel/lib/bin.js", "build", "index.html", ...words);
};

function withoutBundler({ path }, page, from, to) {
  mkdirSync(path("dist"), { recursive: true });
  copyFileSync(path(page), path("dist/index.html"));
  for (const script of ["main.js", "greet.js"]) copyFileSync(path(script), path("dist", script));
  cpSync(path("node_modules/lacis", from), path("dist", to), { recursive: true });
}

/** @type {Setup[]} */
export const SETUPS = [
  viteDev(6, [EXCLUDE, PROXY], { quick: true }),
  {
    name: "webpack 5",
    folder: "webpack-5",
    quick: true,
    build: (place) => {
      const words = ["--mode", "production", "--entry", "./main.js", "--no-stats"];
      place.run("node_modules/webpack-cli/bin/cli.js", "build", ...words);
      addPage(place);
    },
  },
  {
    name: "esbuild",
    folder: "esbuild",
    from: "lacis/inline",
    quick: true,
    build: (place) => {
      esbuild(place, "--outdir=dist");
      addPage(place);
    },
  },
  {
    name: "import map, no bundler",
    folder: "no-bundler",
    quick: true,
    config: "import-map.html",
    lines: ['{ "imports": { "lacis": "./lacis/dist/index.js" } }'],
    hasInlineScript: true,
    build: (place) => withoutBundler(place, "import-map.html", "", "lacis"),
  },
  {
    name: "one script, as of a CDN",
    folder: "no-bundler",
    config: "cdn.html",
    lines: ['{ "imports": { "lacis": "./lacis.js" } }'],
    hasInlineScript: true,
    build: (place) => withoutBundler(place, "cdn.html", "dist/cdn/lacis.js", "lacis.js"),
  },
  {
    name: "one page of one file",
    folder: "esbuild",
    from: "lacis/inline",
    hasInlineScript: true,
    build: (place) => intoOneFile(place, esbuild(place)),
  },
  {
    name: "esbuild, lacis/slim",
    folder: "esbuild",
    from: "lacis/slim",
    config: "slim.js",
    lines: ['import wasm from "lacis/lacis.wasm";'],
    build: (place) => {
      copyFileSync(place.path("slim.js"), place.path("main.js"));
      esbuild(place, "--outdir=dist", "--loader:.wasm=file");
      addPage(place);
    },
  },
  viteDev(5, [EXCLUDE, PROXY]),
  viteDev(6, [PROXY], {
    name: "Vite 6, dev, lacis/inline",
    from: "lacis/inline",
    config: "inline.config.js",
    serve: () => [vite, "--config", "inline.config.js", "--host", "127.0.0.1", "--port", "0"],
  }),
  viteDev(7, [EXCLUDE, PROXY]),
  viteDev(8, [PROXY]),
  viteBuild(5, [TARGET]),
  viteBuild(6, [TARGET]),
  viteBuild(7, []),
  viteBuild(8, []),
  {
    name: "Rollup 4",
    folder: "rollup",
    config: "rollup.config.js",
    lines: ["plugins: [nodeResolve(), importMetaAssets()],"],
    build: (place) => {
      place.run("node_modules/rollup/dist/bin/rollup", "--config", "--silent");
      addPage(place);
    },
  },
  {
    name: "Parcel 2",
    folder: "parcel",
    // It writes an import map into the page by itself.
    hasInlineScript: true,
    build: parcel,
  },
  {
    name: "Parcel 2, no import map",
    folder: "parcel",
    config: "older-browsers",
    lines: ["chrome >= 104, firefox >= 104, safari >= 16"],
    build: (place) => {
      copyFileSync(place.path("older-browsers"), place.path(".browserslistrc"));
      parcel(place);
    },
  },
  {
    name: "Next 16, dev",
    folder: "next",
    config: "next.config.js",
    lines: [REWRITE],
    runsTwice: true,
    serve: () => [next, "dev", "--hostname", "127.0.0.1", "--port", "0"],
  },
  nextBuilt("Next 16, build and start"),
  nextBuilt("Next 16, build --webpack", "--webpack"),
  {
    name: "SvelteKit 2, dev",
    folder: "sveltekit",
    config: "vite.config.js",
    lines: [PROXY],
    serve: () => [vite, "dev", "--host", "127.0.0.1", "--port", "0"],
  },
  {
    name: "SvelteKit 2, build",
    folder: "sveltekit",
    // Each of its pages begins with a script.
    hasInlineScript: true,
    build: ({ run }) => run(vite, "build", "--logLevel", "error"),
  },
  {
    name: "Astro 5, dev",
    folder: "astro",
    config: "astro.config.mjs",
    lines: [EXCLUDE, PROXY],
    serve: () => [astro, "dev", "--host", "127.0.0.1", "--port", "0"],
  },
  {
    name: "Astro 5, build",
    folder: "astro",
    build: ({ run }) => run(astro, "build", "--silent"),
  },
  {
    name: "Bun, build",
    folder: "bun",
    from: "lacis/inline",
    build: (place) => bun(place, "build", "index.html", "--minify", "--outdir=dist"),
  },
  { name: "Bun, run", folder: "bun", print: (place) => bun(place, "run", "import.js") },
  { name: "Node, import", folder: "node", print: ({ run }) => run("import.js") },
  { name: "Node, require", folder: "node", print: ({ run }) => run("require.cjs") },
  {
    name: "Deno, run",
    folder: "deno",
    print: ({ path }) => {
      const os = { linux: "linux", darwin: "darwin", win32: "win32" }[process.platform];
      const libc = os === "linux" ? "-glibc" : "";
      const program = path("node_modules/@deno", `${os}-${process.arch}${libc}`, "deno");
      const words = ["run", "--allow-read", "import.js"];
      return execFileSync(program, words, { cwd: path(), encoding: "utf8" });
    },
  },
  {
    name: "Jest 30",
    folder: "jest",
    lines: ["node --experimental-vm-modules node_modules/jest/bin/jest.js"],
    config: "package.json",
    print: ({ path }) => {
      const words = ["--experimental-vm-modules", "node_modules/jest/bin/jest.js", "--json"];
      return execFileSync(process.execPath, words, { cwd: path(), encoding: "utf8" });
    },
  },
  {
    name: "vitest",
    folder: "vitest",
    print: ({ run }) => run("node_modules/vitest/vitest.mjs", "run", "--reporter=json"),
  },
];

/** The set-ups that are asked for: by a part of their name, or the quick ones, or all. */
export function chosen({ quick, only }) {
  const isChosen = ({ name, quick: isQuick }) =>
    only === undefined ? !quick || isQuick : name.toLowerCase().includes(only.toLowerCase());
  const found = SETUPS.filter(isChosen);
  if (found.length > 0) return found;
  const folders = readdirSync(join(import.meta.dirname)).join(", ");
  throw new Error(`no set-up is called ${only}; there are ${folders}`);
}
