// Installs what the set-ups need. Apart from running them, because that happens in a network that
// ends at this machine.
import { parseArgs } from "node:util";
import { install } from "./place.mjs";
import { chosen } from "./setups.mjs";

const { values } = parseArgs({
  options: {
    quick: { type: "boolean" },
    only: { type: "string" },
    package: { type: "string" },
  },
});
const ready = new Set();
for (const setup of chosen(values)) {
  if (ready.has(setup.folder)) continue;
  ready.add(setup.folder);
  console.error(`    installing ${setup.folder}`);
  install(setup, values.package);
}
