import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Builds the pages. */
export default defineConfig({
  root: here("apps"),
  // Relative addresses let the same files be served from any path of any server.
  base: "./",
  // From the sources, so that the pages can never be built from an outdated package.
  resolve: { alias: { lacis: here("src/index.ts") } },
  build: {
    outDir: here("dist/apps"),
    emptyOutDir: true,
    target: "es2022",
    // Inlining would turn assets into data: addresses, which a strict content policy refuses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The service worker reads there what it has to keep.
    manifest: "files.json",
    rolldownOptions: {
      input: { start: here("apps/index.html"), inspector: here("apps/inspector.html") },
    },
  },
});
