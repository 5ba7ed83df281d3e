import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { scenario } from "../support/scenario.mjs";

scenario(
  "outside of a browser the package can be imported, and says what it cannot do",
  async (stage) => {
    const entry = new URL(`file://${stage.pages}/lacis/dist/index.js`);
    const script = `
    const before = Object.keys(globalThis).length;
    const lacis = await import(${JSON.stringify(entry.href)});
    const failure = await lacis.createPeer().catch((error) => error);
    const link = await lacis.createRoomLink();
    console.log(JSON.stringify({
      code: failure.code,
      isPeerError: failure instanceof lacis.PeerError,
      link: link.slice(0, 3),
      globals: Object.keys(globalThis).length - before,
    }));`;
    // A process that has nothing left to do ends by itself: the import has started nothing.
    const said = execFileSync(process.execPath, ["--input-type=module", "--eval", script], {
      encoding: "utf8",
      timeout: 10_000,
      cwd: fileURLToPath(new URL(".", import.meta.url)),
    });
    assert.deepEqual(JSON.parse(said), {
      code: "unsupported-platform",
      isPeerError: true,
      link: "lr1",
      globals: 0,
    });
  },
);
