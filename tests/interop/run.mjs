// The peer in this folder, which knows the protocol from docs/protocol.md alone, against the golden
// vectors, the real server, and the real package in a browser.
import { enterNetwork } from "../e2e/support/network.mjs";

// The test runner's own output, in a form for people whether or not this is a terminal.
if (!process.execArgv.some((word) => word.startsWith("--test-reporter"))) {
  process.execArgv.push("--test-reporter=spec");
}
await enterNetwork();

const { after } = await import("node:test");
const { closeBrowsers } = await import("../e2e/support/browsers.mjs");

after(closeBrowsers);
await import("./tests.mjs");
