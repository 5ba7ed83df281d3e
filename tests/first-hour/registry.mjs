// A registry as the one of npm, on this machine. It has the packages of this repository, as if they
// were published, and those that a lock file names: `npm install` finds the same ones every time.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { basename, join } from "node:path";

/** Packages by name, each as the registry tells of it. */
export class Registry {
  #packages = new Map();
  #files = new Map();
  #server = createServer((request, response) => this.#answer(request, response));
  url;

  async start() {
    await new Promise((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    this.url = `http://127.0.0.1:${this.#server.address().port}`;
  }

  stop() {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(resolve));
  }

  /** Adds a package that was packed. */
  add(tarball) {
    const words = ["-xzOf", tarball, "package/package.json"];
    const manifest = JSON.parse(execFileSync("tar", words, { encoding: "utf8" }));
    const integrity = createHash("sha512").update(readFileSync(tarball)).digest("base64");
    this.#add(manifest, `sha512-${integrity}`, tarball);
  }

  /** Adds the packages of a lock file; npm brings those tarballs that are not in the folder. */
  addLocked(lock, folder) {
    mkdirSync(folder, { recursive: true });
    const { packages } = JSON.parse(readFileSync(lock, "utf8"));
    const missing = [];
    for (const [path, entry] of Object.entries(packages).filter(([path]) => path !== "")) {
      const name = path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
      const file = `${name.replace("@", "").replace("/", "-")}-${entry.version}.tgz`;
      const tarball = join(folder, file);
      if (fits(entry) && !existsSync(tarball)) missing.push(`${name}@${entry.version}`);
      this.#add({ ...entry, name }, entry.integrity, tarball);
    }
    if (missing.length === 0) return;
    const words = ["pack", "--silent", "--ignore-scripts", "--pack-destination", folder];
    execFileSync("npm", [...words, ...missing], { stdio: ["ignore", "ignore", "inherit"] });
  }

  #add({ name, version, ...manifest }, integrity, tarball) {
    if (this.#packages.has(name)) throw new Error(`two versions of ${name}`);
    const path = `/-/${basename(tarball)}`;
    this.#files.set(path, tarball);
    this.#packages.set(name, (url) => ({
      name,
      "dist-tags": { latest: version },
      versions: {
        [version]: { ...manifest, name, version, dist: { integrity, tarball: `${url}${path}` } },
      },
    }));
  }

  #answer({ url }, response) {
    const file = this.#files.get(url);
    const found = this.#packages.get(decodeURIComponent(url.slice(1)));
    if (file !== undefined && existsSync(file)) response.end(readFileSync(file));
    else if (found !== undefined) response.end(JSON.stringify(found(this.url)));
    else response.writeHead(404).end("{}");
  }
}

/** Whether npm would install it on this machine. */
const fits = ({ os, cpu }) =>
  (os?.includes(process.platform) ?? true) && (cpu?.includes(process.arch) ?? true);
