// Makes the tarball that is published: `npm run package -- FOLDER` leaves it there and prints its
// path. What lies a folder higher goes along, and what only developers of the package need stays
// behind. Who publishes it, and where its home is, stands in `publisher.json` if somebody does.
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const www = fileURLToPath(new URL("..", import.meta.url));
const TEXTS = ["README.md", "CHANGELOG.md", "LICENSE-APACHE", "LICENSE-MIT"];
/** What a publisher may say; anything else would change the package itself. */
const PUBLISHED_BY = ["author", "bugs", "funding", "homepage", "repository"];

function manifest() {
  const read = JSON.parse(readFileSync(join(www, "package.json"), "utf8"));
  const { private: _, scripts, devDependencies, allowScripts, ...published } = read;
  return { ...published, ...publisher() };
}

function publisher() {
  const file = join(www, "publisher.json");
  if (!existsSync(file)) return {};
  const said = JSON.parse(readFileSync(file, "utf8"));
  const foreign = Object.keys(said).filter((key) => !PUBLISHED_BY.includes(key));
  if (foreign.length > 0) throw new Error(`publisher.json: ${foreign} cannot be set there`);
  return said;
}

const destination = resolve(process.argv[2] ?? ".");
const staged = mkdtempSync(join(tmpdir(), "lacis-pack-"));
try {
  // npm itself picks from these what `files` names.
  for (const folder of ["dist", "types", "wasm"]) {
    cpSync(join(www, folder), join(staged, folder), { recursive: true });
  }
  for (const text of TEXTS) cpSync(join(www, "..", text), join(staged, text));
  writeFileSync(join(staged, "package.json"), `${JSON.stringify(manifest(), null, 2)}\n`);
  const words = ["pack", "--silent", "--ignore-scripts", "--pack-destination", destination];
  const name = execFileSync("npm", words, { cwd: staged, encoding: "utf8" }).trim();
  console.log(join(destination, name));
} finally {
  rmSync(staged, { recursive: true, force: true });
}
