// The folder that the server hands out to the tests: the package as it is published, the built
// apps, and an empty page that runs what a test tells it.
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const fromRoot = (path) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

/** Where failing tests leave what they saw; git ignores it. */
export const OUTPUT = fromRoot("test-output");

/** Copies everything into a new folder, so that a build meanwhile does no harm. */
export function buildPages(...folders) {
  for (const needed of ["www/dist/index.js", "www/wasm/lacis_bg.wasm"]) {
    if (!existsSync(fromRoot(needed))) throw new Error(`${needed} is missing: npm run build`);
  }
  mkdirSync(OUTPUT, { recursive: true });
  const target = mkdtempSync(join(OUTPUT, "pages-"));
  cpSync(fromRoot("www/dist"), join(target, "lacis/dist"), { recursive: true });
  cpSync(fromRoot("www/wasm"), join(target, "lacis/wasm"), { recursive: true });
  for (const folder of ["tests/e2e/pages", ...folders]) {
    cpSync(fromRoot(folder), target, { recursive: true });
  }
  process.once("exit", () => rmSync(target, { recursive: true, force: true }));
  return target;
}
