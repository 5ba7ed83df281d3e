import init, * as bindings from "../wasm/lacis.js";
import type { CoreModule } from "./core.js";
import { PeerError } from "./errors.js";
import { explain, openSource } from "./wasm-source.js";

/** Where the WebAssembly module comes from: its address, a response, its bytes, or compiled. */
export type WasmSource = URL | string | Response | BufferSource | WebAssembly.Module;

// The compiler checks here that the generated bindings fit the hand-written types.
const bound: CoreModule = bindings;

let loading: Promise<CoreModule> | undefined;
let ready = false;

/**
 * Loads the module once; later calls share the first result and ignore their source. A failed
 * attempt is forgotten, so that the next call tries again.
 */
export function load(source: WasmSource): Promise<CoreModule> {
  loading ??= instantiate(source);
  return loading;
}

async function instantiate(source: WasmSource): Promise<CoreModule> {
  let came: unknown;
  try {
    if (typeof WebAssembly === "undefined") throw new PeerError("unsupported-platform");
    const opened = await openSource(source);
    came = opened;
    await init({ module_or_path: opened });
    ready = true;
    return bound;
  } catch (thrown) {
    loading = undefined;
    if (thrown instanceof PeerError) throw thrown;
    throw new PeerError("wasm-failed", { detail: explain(source, came, thrown), cause: thrown });
  }
}

/** The loaded module; throws `not-initialized` before {@link load} has finished. */
export function loaded(): CoreModule {
  if (!ready)
    throw new PeerError("not-initialized", { detail: "give the module first: await init(wasm)" });
  return bound;
}
