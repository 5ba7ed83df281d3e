import { readFileSync } from "node:fs";

const FILE = new URL("../wasm/lacis_bg.wasm", import.meta.url);

/** The bytes of the module that pages load; what it does here, it does there. */
export function realModule(): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.from(readFileSync(FILE));
  } catch (cause) {
    throw new Error("www/wasm/lacis_bg.wasm is missing: `cargo xtask test` builds it", {
      cause,
    });
  }
}
