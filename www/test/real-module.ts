import { readFileSync } from "node:fs";
import type { CoreModule } from "../src/core.js";

const FILE = new URL("../wasm/lacis_bg.wasm", import.meta.url);

/** An identity that is nobody's here: that of a secret of 32 times 7. */
export function somebody(module: CoreModule): string {
  const card = module.make_card(new Uint8Array(32).fill(7), "Somebody");
  return (module.parse_card(card) as { peerId: string }).peerId;
}

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
