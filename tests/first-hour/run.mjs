// `cargo xtask test --only first-hour`: the first app of the README, made from its words alone in
// an empty folder: from `npm install` to a list that two browsers share.
import { rmSync } from "node:fs";
import { enterNetwork } from "../e2e/support/network.mjs";

if (!process.execArgv.some((word) => word.startsWith("--test-reporter"))) {
  process.execArgv.push("--test-reporter=spec");
}
// Packages come from the network of this machine; the app runs in one that ends here.
if (process.env.LACIS_FIRST_HOUR === undefined) {
  const { prepare } = await import("./prepare.mjs");
  process.env.LACIS_FIRST_HOUR = await prepare(["vite-6", "vite-8"]);
  process.once("exit", () => rmSync(process.env.LACIS_FIRST_HOUR, { recursive: true }));
}
await enterNetwork();
await import("./first-hour.test.mjs");
