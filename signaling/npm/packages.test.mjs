// The server as npm brings it: packed, installed without a network, started, ended.
import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { fill } from "./fill.mjs";

const fromRoot = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const PROGRAM = process.env.LACIS_SERVER ?? fromRoot("target/debug/lacis-signaling");
const manifest = JSON.parse(readFileSync(fromRoot("signaling/npm/lacis-signaling/package.json")));
const LISTEN = ["--listen", "127.0.0.1:0"];

const room = mkdtempSync(join(tmpdir(), "lacis-signaling-"));
const project = join(room, "project");
/** What npm makes of `bin`. */
const command = join(project, "node_modules/.bin/lacis-signaling");
// Whatever is not in the tarballs must not be looked for anywhere.
const env = { ...process.env, npm_config_cache: join(room, "cache"), npm_config_offline: "true" };

const npm = (words, cwd) => execFileSync("npm", words, { cwd, env, encoding: "utf8" });

before(() => {
  assert.ok(existsSync(PROGRAM), `${PROGRAM} is missing: cargo build -p lacis-signaling`);
  const { launcher, filled } = fill(PROGRAM, room);
  const packed = [launcher, filled].map((it) =>
    join(room, JSON.parse(npm(["pack", "--json", "--pack-destination", room], it))[0].filename),
  );
  mkdirSync(project);
  writeFileSync(join(project, "package.json"), '{ "private": true }');
  npm(["install", "--no-audit", "--no-fund", ...packed], project);
});

/** Groups of processes that were started. */
const started = [];

after(() => {
  for (const group of started) {
    try {
      process.kill(-group, "SIGKILL");
    } catch {
      // It has ended, as it should have.
    }
  }
  rmSync(room, { recursive: true, force: true });
});

/** Starts the server as `command words...` and waits until it listens. */
async function start(command, words) {
  const stdio = ["ignore", "pipe", "inherit"];
  const child = spawn(command, words, { cwd: project, env, stdio, detached: true });
  started.push(child.pid);
  const ended = once(child, "exit");
  const line = await Promise.race([once(createInterface(child.stdout), "line"), ended]);
  const [, url] = /^listening on (http:\S+)$/.exec(line[0]) ?? assert.fail(`it says ${line}`);
  return { child, ended, url };
}

/** Whether something still answers there. */
const answers = (url) =>
  fetch(`${url}/health/live`).then(
    () => true,
    () => false,
  );

/** Nothing here takes long; what does has failed. */
const timeout = 60_000;

test("npx starts it, and Ctrl-C ends it", { timeout }, async () => {
  const { child, ended, url } = await start("npx", ["lacis-signaling", ...LISTEN]);
  const health = await (await fetch(`${url}/health`)).json();
  assert.equal(health.status, "ok");
  // A terminal tells everything in it. npx has a status of its own, and does not wait.
  process.kill(-child.pid, "SIGINT");
  await ended;
  while (await answers(url));
});

test("a signal to the launcher alone reaches the program", { timeout }, async () => {
  for (const signal of ["SIGINT", "SIGTERM"]) {
    const { child, ended, url } = await start(command, LISTEN);
    assert.equal(await answers(url), true);
    child.kill(signal);
    assert.deepEqual(await ended, [0, null], signal);
    assert.equal(await answers(url), false, "it has ended, and not its launcher alone");
  }
});

test("arguments and exit statuses pass through", () => {
  const run = (...words) => spawnSync(command, words, { encoding: "utf8" });
  const { version } = manifest;
  assert.equal(run("--version").stdout, `lacis-signaling ${version}\n`);
  const shown = JSON.parse(run("--print-config", "--allow-origin", "https://a.test").stdout);
  assert.deepEqual(shown["allow-origin"], ["https://a.test"]);
  assert.equal(run("--no-such-option").status, 2);
  const failed = run(...LISTEN, "--pages", "/nowhere at all");
  assert.equal(failed.status, 1);
  assert.match(failed.stderr, /cannot serve pages from \/nowhere at all/);
});

test("every part has the version of the crates", () => {
  const crates = /^version = "(.+)"$/m.exec(readFileSync(fromRoot("Cargo.toml"), "utf8"))[1];
  assert.equal(manifest.version, crates);
  assert.deepEqual([...new Set(Object.values(manifest.optionalDependencies))], [crates]);
});

test("where there is no program it says what there is", () => {
  const scope = join(project, "node_modules/@lacis");
  const own = fileURLToPath(new URL("lacis-signaling/bin/lacis-signaling.js", import.meta.url));
  assert.ok(existsSync(scope));
  // In the sources no package of a platform is beside the launcher.
  const missing = spawnSync(process.execPath, [own], { encoding: "utf8" });
  assert.equal(missing.status, 1);
  assert.match(missing.stderr, /is not installed[\s\S]*cargo build --release -p lacis-signaling/);
  const elsewhere = 'Object.defineProperty(process, "arch", { value: "pdp11" })';
  const words = ["--import", `data:text/javascript,${encodeURIComponent(elsewhere)}`, own];
  const unknown = spawnSync(process.execPath, words, { encoding: "utf8" });
  assert.equal(unknown.status, 1);
  assert.match(unknown.stderr, /no package for \w+ on pdp11\. There are: @lacis\/signaling-darwin/);
});
