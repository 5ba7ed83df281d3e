// Where the set-ups are put together and run: outside of the repository's sources.
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
/** The folder of all set-ups; `cargo xtask` names one in its target folder. */
const ROOT = process.env.LACIS_BUNDLERS ?? here("../../target/bundlers");
/** What was built from another package, or for another row, is in the way. */
const STALE = [
  "dist",
  "node_modules/lacis",
  "node_modules/.astro",
  "node_modules/.vite",
  ".astro",
  ".browserslistrc",
  ".next",
  ".parcel-cache",
  ".svelte-kit",
];
/** Programs say nothing in colours, and nothing to those who made them. */
const QUIET = {
  NO_COLOR: "1",
  FORCE_COLOR: "0",
  ASTRO_TELEMETRY_DISABLED: "1",
  NEXT_TELEMETRY_DISABLED: "1",
};

/** The folder of a set-up, with what runs in it; `signaling` is the address of a server. */
export function placeOf({ folder }, signaling) {
  const path = (...parts) => join(ROOT, folder, ...parts);
  const env = { ...process.env, ...QUIET, SIGNALING: signaling };
  const run = (file, ...words) =>
    execFileSync(process.execPath, [path(file), ...words], {
      cwd: path(),
      encoding: "utf8",
      env: { ...env, NODE_ENV: "production" },
    });
  return { path, run, env };
}

/** Installs what the lock file of a set-up names, unless it is there, and the package. */
export function install(setup, tarball) {
  const { path } = placeOf(setup);
  mkdirSync(path(), { recursive: true });
  cpSync(here(setup.folder), path(), { recursive: true });
  if (existsSync(path("package-lock.json"))) installLocked(path);
  for (const stale of STALE) rmSync(path(stale), { recursive: true, force: true });
  mkdirSync(path("node_modules/lacis"), { recursive: true });
  const words = ["-xzf", tarball, "--strip-components=1", "-C", path("node_modules/lacis")];
  execFileSync("tar", words);
}

function installLocked(path) {
  // Written last, so that a broken installation is not taken for one.
  const stamp = path("node_modules/.installed-package-lock.json");
  const wanted = readFileSync(path("package-lock.json"), "utf8");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  const words = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  execFileSync("npm", words, { cwd: path(), stdio: ["ignore", "ignore", "inherit"] });
  writeFileSync(stamp, wanted);
}

/** Puts the page of a set-up into its folder, fresh: the one before may share the folder. */
export function preparePage(setup) {
  const { path } = placeOf(setup);
  for (const stale of STALE.filter((name) => name !== "node_modules/lacis")) {
    rmSync(path(stale), { recursive: true, force: true });
  }
  cpSync(here("page"), path(), { recursive: true });
  if (setup.from === undefined) return;
  const script = readFileSync(path("greet.js"), "utf8");
  writeFileSync(path("greet.js"), script.replace('from "lacis"', `from "${setup.from}"`));
}

/** Fails if a line that the table shows is not what the set-up is really configured with. */
export function checkLines({ folder, config, lines = [] }) {
  if (lines.length === 0) return;
  const text = readFileSync(here(join(folder, config)), "utf8");
  const missing = lines.filter((line) => !text.includes(line));
  if (missing.length > 0) throw new Error(`${folder}/${config} does not say ${missing}`);
}
