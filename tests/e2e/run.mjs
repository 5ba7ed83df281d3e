// The end-to-end tests: real server, real package, real browsers. Words on the command line choose
// test files by part of their name.
import { enterNetwork } from "./support/network.mjs";

// The test runner's own output, in a form for people whether or not this is a terminal.
if (!process.execArgv.some((word) => word.startsWith("--test-reporter"))) {
  process.execArgv.push("--test-reporter=spec");
}
await enterNetwork();

const { readdirSync } = await import("node:fs");
const { after } = await import("node:test");
const { closeBrowsers } = await import("./support/browsers.mjs");

const wanted = process.argv.slice(2);
const folder = new URL("tests/", import.meta.url);
const files = readdirSync(folder)
  .filter((name) => name.endsWith(".test.mjs"))
  .filter((name) => wanted.length === 0 || wanted.some((word) => name.includes(word)))
  .sort();
if (files.length === 0) throw new Error(`no test is named like ${wanted.join(" or ")}`);

after(closeBrowsers);
for (const file of files) await import(new URL(file, folder));
