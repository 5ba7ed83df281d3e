import type { WasmSource } from "./low-level.js";

/** What of Node, Deno and Bun is used here. */
interface Runtime {
  process?: { getBuiltinModule?(name: "node:fs/promises"): { readFile(url: URL): Promise<Bytes> } };
}
type Bytes = Uint8Array<ArrayBuffer>;

/**
 * Asks for the module when `source` is an address. A file is read by the runtime's own module,
 * asked for at run time: an import would reach the bundles of pages, and `fetch` reads no files in
 * Node.
 */
export async function openSource(source: WasmSource): Promise<Exclude<WasmSource, URL | string>> {
  if (typeof source !== "string" && !isUrl(source)) return source;
  const url = addressIn(source);
  const files =
    url?.protocol === "file:"
      ? (globalThis as Runtime).process?.getBuiltinModule?.("node:fs/promises")
      : undefined;
  return url === undefined || files === undefined ? fetch(url ?? source) : files.readFile(url);
}

/** For the developer: which address was asked for, what came, and what else is known. */
export function explain(source: WasmSource, came: unknown, thrown: unknown): string {
  const url = came instanceof Response && came.url !== "" ? came.url : addressIn(source)?.href;
  const said = String(thrown);
  const lines = [`lacis.wasm ${url === undefined ? "as given" : `from ${url}`}: ${said}`];
  if (came instanceof Response) {
    const type = came.headers.get("content-type") ?? "no content type";
    lines.push(`The answer was ${came.status}, ${type}.`);
    if (type.includes("html")) lines.push("It is a page: the file is not at this address.");
  } else if (came === undefined && url !== undefined) {
    lines.push("Nothing came: is it there, and do connect-src and CORS allow it?");
  }
  if (/unsafe-eval|CSP/.test(said)) lines.push("script-src needs 'wasm-unsafe-eval'.");
  return lines.join(" ");
}

/** The whole address; none where nothing says what a relative one is relative to. */
function addressIn(source: WasmSource): URL | undefined {
  if (typeof source !== "string" && !isUrl(source)) return undefined;
  // What Next makes of `new URL` is a `URL` whose address is relative, so that it is the same on
  // its server and in the page.
  const address = typeof source === "string" ? source : source.href;
  const base = globalThis.document?.baseURI ?? globalThis.location?.href;
  return URL.canParse(address, base) ? new URL(address, base) : undefined;
}

// That of another realm, as test environments have them, is one too.
const isUrl = (source: object): source is URL => "href" in Object(source);
