// Puts the hashing that `lacis/room-secret` needs into its script, so that the package needs no
// other one. What it shares with the rest of the package stays apart: errors must be of one class.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const script = fileURLToPath(new URL("../dist/room-secret.js", import.meta.url));
const licence = new URL("../node_modules/@noble/hashes/LICENSE", import.meta.url);
const ours = {
  name: "ours stays apart",
  setup: ({ onResolve }) =>
    onResolve({ filter: /^\.\// }, ({ importer, path }) =>
      importer === script ? { path, external: true } : undefined,
    ),
};
await build({
  entryPoints: [script],
  outfile: script,
  allowOverwrite: true,
  bundle: true,
  format: "esm",
  target: "es2022",
  banner: { js: `/*! @noble/hashes is in here:\n\n${readFileSync(licence, "utf8")}*/` },
  logLevel: "warning",
  plugins: [ours],
});
