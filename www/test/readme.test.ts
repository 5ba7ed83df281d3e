// What README.md shows is complete and fits the package: each of its snippets compiles, verbatim.
// That they also run is shown in a browser, by tests/e2e/tests/readme.test.mjs.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const inRoot = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const readme = readFileSync(inRoot("README.md"), "utf8");
const snippets = [...readme.matchAll(/^```(?:ts|js)\n([\s\S]*?)^```$/gm)].map(
  ([, code = ""]) => code,
);

test("the snippets are there, and begin with what they import", () => {
  expect(snippets.length).toBeGreaterThanOrEqual(2);
  for (const code of snippets) expect(code).toMatch(/^import \{ .* \} from "lacis";\n/);
});

test("each compiles as it stands, with nothing from elsewhere and nothing unused", () => {
  const folder = mkdtempSync(join(tmpdir(), "lacis-readme-"));
  try {
    for (const [index, code] of snippets.entries()) {
      writeFileSync(join(folder, `snippet-${index}.ts`), code);
    }
    const paths = { lacis: [inRoot("www/src/index.ts")] };
    const compilerOptions = { types: [], paths, rootDir: "/" };
    const config = { extends: inRoot("www/tsconfig.json"), compilerOptions, include: ["*.ts"] };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
    const tsc = inRoot("www/node_modules/.bin/tsc");
    const run = (): string => {
      try {
        return execFileSync(tsc, ["-p", folder], { encoding: "utf8" });
      } catch (thrown) {
        return String((thrown as { stdout?: unknown }).stdout ?? thrown);
      }
    };
    expect(run()).toBe("");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 60_000);

test("nothing stands behind a loop that has no end", () => {
  for (const code of snippets) {
    const [, loop = ""] = code.split(/^for await /m);
    expect(loop.slice(loop.indexOf("\n}\n") + 3)).toBe("");
  }
});
