// From an empty folder to an app that can be started.
import { execFile, execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { fill } from "../../signaling/npm/fill.mjs";
import { files, install } from "./readme.mjs";
import { Registry } from "./registry.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const { LACIS_PACKAGE: PACKAGE, LACIS_SERVER: PROGRAM, LACIS_TARBALLS: TARBALLS } = process.env;

/**
 * Does what the README says, up to its files, with each of these versions of Vite; gives the folder
 * of it all, in which each version has one.
 */
export async function prepare(versions) {
  const room = mkdtempSync(join(tmpdir(), "lacis-first-hour-"));
  const own = [PACKAGE, ...packServer(room)];
  for (const version of versions) {
    const registry = new Registry();
    for (const tarball of own) registry.add(tarball);
    registry.addLocked(here(`../bundlers/${version}/package-lock.json`), TARBALLS);
    await registry.start();
    try {
      await make(join(room, version), {
        ...process.env,
        // As on a machine that has never seen any of it.
        npm_config_cache: join(room, "cache"),
        npm_config_registry: registry.url,
      });
    } finally {
      await registry.stop();
    }
  }
  return room;
}

async function make(cwd, env) {
  mkdirSync(cwd);
  for (const line of install) {
    const [program, ...words] = line.split(" ");
    await promisify(execFile)(program, words, { cwd, env });
  }
  for (const [name, text] of files) writeFileSync(join(cwd, name), text);
}

/** The packages of the server. */
function packServer(room) {
  const filled = join(room, "server");
  const packed = join(room, "packed");
  mkdirSync(packed);
  for (const folder of Object.values(fill(PROGRAM, filled))) {
    const words = ["pack", "--silent", "--pack-destination", packed];
    execFileSync("npm", words, { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
  }
  return readdirSync(packed).map((name) => join(packed, name));
}
