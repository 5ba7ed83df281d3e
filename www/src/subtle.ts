import { PeerError } from "./errors.js";

/** The browser's own cryptography, which it gives to secure pages only. */
export function subtle(): SubtleCrypto {
  const given = globalThis.crypto?.subtle as SubtleCrypto | undefined;
  if (given !== undefined) return given;
  const detail = "crypto.subtle is for pages by https: or from localhost";
  throw new PeerError("insecure-context", { detail });
}
