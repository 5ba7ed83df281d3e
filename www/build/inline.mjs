// Writes the module as text, for pages that cannot fetch a file: `wasm/inline.js`, which
// `lacis/inline` is made of. Compressed first, it is 2.5 times shorter than its bare base64, and
// what a server compresses on the way stays as small as the module itself.
import { readFileSync, writeFileSync } from "node:fs";
import { constants, gzipSync } from "node:zlib";

const here = (path) => new URL(`../wasm/${path}`, import.meta.url);
const module = gzipSync(readFileSync(here("lacis_bg.wasm")), {
  level: constants.Z_BEST_COMPRESSION,
});

writeFileSync(here("inline.js"), `export default "${module.toString("base64")}";\n`);
writeFileSync(
  here("inline.d.ts"),
  `/** The module: gzip, as base64. */\ndeclare const text: string;\nexport default text;\n`,
);
