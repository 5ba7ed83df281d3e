import { codeOf, PeerError } from "./errors.js";
import type { ServerStatus } from "./peer-options.js";
import type { PeerEvent } from "./session.js";

/** How long servers may take before a page in development is told. */
const SILENCE_MS = 2_000;

/** The servers of a peer, by address, and how each stands. */
export class Servers {
  readonly all = new Map<string, ServerStatus>();

  /** Takes what the core tells of one. */
  take({ url, state, code, retryMs }: Extract<PeerEvent, { type: "server" }>): ServerStatus {
    const retryAt = retryMs === undefined ? undefined : Date.now() + retryMs;
    const status: ServerStatus = { url, state, code: codeOf(code), retryAt };
    if (state === "closed") this.all.delete(url);
    else this.all.set(url, status);
    return status;
  }

  /** Whether one is in that state. */
  some(state: ServerStatus["state"]): boolean {
    return [...this.all.values()].some((server) => server.state === state);
  }

  /** That no server was reached, with what became of each. */
  unreachable(): PeerError {
    const each = [...this.all.values()].map(({ url, state, code }) => `${url} (${code ?? state})`);
    const detail = `no signaling server answers: ${each.join(", ") || "there is none"}`;
    return new PeerError("signaling-unreachable", { detail });
  }

  /**
   * Tells the developer of a page, and nobody else, that no server answers: whoever founds a room
   * would notice nothing, and wait. The returned function stops that.
   */
  watch(): () => void {
    if (!isInDevelopment()) return () => {};
    const timer = setTimeout(() => {
      if (this.some("open")) return;
      console.warn(
        `lacis: ${this.unreachable().detail}. Start one: npx lacis-signaling; then pass /ws on ` +
          "to it, or name it: createPeer({ signaling })",
      );
    }, SILENCE_MS);
    return () => clearTimeout(timer);
  }
}

/** Whether the page came from the developer's own device. */
function isInDevelopment(): boolean {
  const host = globalThis.location?.hostname ?? "";
  return /^(.*\.)?localhost$|^127\.|^\[::1\]$/.test(host);
}
