// Makes the packages that npm publishes: `lacis-signaling`, and the one with the program for a
// platform. With a program that was built:
//   node signaling/npm/fill.mjs PROGRAM FOLDER [PLATFORM]
// writes FOLDER/lacis-signaling and FOLDER/signaling-PLATFORM; PLATFORM is that of this machine,
// if not given, and looks like linux-x64. Each is published by `npm publish` in it, those of the
// platforms first.
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const read = (path) => JSON.parse(readFileSync(path, "utf8"));

/** Both packages, ready to be packed; says where they are. */
export function fill(program, folder, platform = `${process.platform}-${process.arch}`) {
  const own = read(here("lacis-signaling/package.json"));
  const name = `@lacis/signaling-${platform}`;
  if (own.optionalDependencies[name] !== own.version) {
    throw new Error(`lacis-signaling ${own.version} does not ask for ${name} of its own version`);
  }
  const launcher = join(folder, "lacis-signaling");
  const filled = join(folder, `signaling-${platform}`);
  const parts = [
    ["lacis-signaling", launcher],
    ["platform", filled],
  ];
  for (const [from, to] of parts) {
    rmSync(to, { recursive: true, force: true });
    cpSync(here(from), to, { recursive: true });
    for (const license of ["LICENSE-APACHE", "LICENSE-MIT"]) {
      copyFileSync(here(`../../${license}`), join(to, license));
    }
  }
  const template = read(join(filled, "package.json"));
  const description = template.description.replace("PLATFORM", platform);
  const [os, cpu] = platform.split("-");
  const bytes = readFileSync(program);
  // Linked against the C library of most Linux systems, it does not run on the others.
  const libc = os === "linux" && bytes.includes("/ld-linux") ? { libc: ["glibc"] } : {};
  const fits = { os: [os], cpu: [cpu], ...libc };
  const manifest = { ...template, name, version: own.version, description, ...fits };
  writeFileSync(join(filled, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  mkdirSync(join(filled, "bin"));
  const file = join(filled, "bin", os === "win32" ? "lacis-signaling.exe" : "lacis-signaling");
  writeFileSync(file, bytes);
  chmodSync(file, 0o755);
  return { launcher, filled };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const [program, folder, platform] = process.argv.slice(2);
  if (folder === undefined) {
    process.stderr.write("node signaling/npm/fill.mjs PROGRAM FOLDER [PLATFORM]\n");
    process.exit(1);
  }
  const { launcher, filled } = fill(program, folder, platform);
  process.stdout.write(`${filled}\n${launcher}\n`);
}
