#!/usr/bin/env node
// Starts the program that the package of this platform brings, and stays out of the way: arguments,
// signals and the exit status pass through.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const require = createRequire(import.meta.url);
const { platform, arch, argv } = process;

/** Where the program is; tells the person and ends if it is nowhere. */
function find() {
  const wanted = `@lacis/signaling-${platform}-${arch}`;
  try {
    const folder = dirname(require.resolve(`${wanted}/package.json`));
    return join(folder, "bin", platform === "win32" ? "lacis-signaling.exe" : "lacis-signaling");
  } catch {
    const own = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
    const all = Object.keys(own.optionalDependencies);
    const reason = all.includes(wanted)
      ? `The package ${wanted} is not installed: optional packages were left out, it could not\n` +
        "be fetched, or it does not fit the C library of this system."
      : `There is no package for ${platform} on ${arch}. There are: ${all.join(", ")}.`;
    fail(`${reason}\nFrom the sources: cargo build --release -p lacis-signaling`);
  }
}

function fail(reason) {
  process.stderr.write(`lacis-signaling: ${reason}\n`);
  process.exit(1);
}

const program = find();
const child = spawn(program, argv.slice(2), { stdio: "inherit" });
child.on("error", (error) => fail(`${program} does not start: ${error.message}`));

const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
for (const signal of signals) {
  // A console of Windows tells both by itself, and to pass it on would be to kill.
  process.on(signal, () => platform !== "win32" && child.kill(signal));
}

child.on("exit", (status, signal) => {
  if (signal === null) process.exit(status);
  // Ends as the program did, so that whoever watches sees the same.
  for (const name of signals) process.removeAllListeners(name);
  process.kill(process.pid, signal);
});
