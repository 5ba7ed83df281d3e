import { invalid, PeerError } from "./errors.js";

/** What the page's life cycle tells the core. */
export interface PageListener {
  /** The page was shown again: look at the clock and the servers now. */
  wake(): void;
  /** The page is put aside and may come back with all it has in memory. */
  suspend(): void;
  /** It is back. */
  resume(): void;
  /** The page is going away: say goodbye, without waiting. */
  leaveNow(): void;
}

let probed = false;

/**
 * Throws `unsupported-platform` or `webrtc-blocked` when no peer can run here.
 *
 * Extensions and policies block WebRTC by letting its constructor throw, which only a try can
 * show. The probe runs once a page; the first connection then finds the engine warmed up.
 */
export function checkPlatform(): void {
  if (
    typeof WebAssembly === "undefined" ||
    typeof RTCPeerConnection === "undefined" ||
    typeof WebSocket === "undefined"
  ) {
    throw new PeerError("unsupported-platform");
  }
  if (probed) return;
  try {
    new RTCPeerConnection().close();
  } catch (thrown) {
    // What Chromium says, and says of nothing else, to a page that holds 500 connections.
    const isFull = thrown instanceof DOMException && thrown.name === "UnknownError";
    throw new PeerError(isFull ? "busy" : "webrtc-blocked", { cause: thrown });
  }
  probed = true;
}

/**
 * Starts the engine while the module is on its way. Whether a peer can run is asked once more when
 * one is started: a page may hold too many connections by then.
 */
export function warmUp(): void {
  try {
    new RTCPeerConnection().close();
  } catch {
    // No peer is asked for yet.
  }
}

/** The server that sent this page: the same host and port, at `/ws`. */
export function ownServers(): string[] {
  const here = globalThis.location;
  if (here === undefined || !here.protocol.startsWith("http")) {
    throw invalid("createPeer: this page came from no server, so name some in options.signaling");
  }
  return [`${here.protocol === "https:" ? "wss:" : "ws:"}//${here.host}/ws`];
}

/** Listens to the page; the returned function detaches every listener. */
export function watchPage(listener: PageListener): () => void {
  const detach: (() => void)[] = [];
  const on = (target: EventTarget | undefined, type: string, run: (event: Event) => void): void => {
    if (target === undefined) return;
    target.addEventListener(type, run);
    detach.push(() => target.removeEventListener(type, run));
  };
  const page = typeof window === "undefined" ? undefined : window;
  const shown = typeof document === "undefined" ? undefined : document;
  // `persisted`: into the back-forward cache or out of it. The first `pageshow` belongs to loading.
  const isCached = (event: Event): boolean => (event as PageTransitionEvent).persisted;
  on(page, "pagehide", (event) => (isCached(event) ? listener.suspend() : listener.leaveNow()));
  on(page, "pageshow", (event) => {
    if (isCached(event)) listener.resume();
  });
  on(page, "online", () => listener.wake());
  // A laptop that was opened shows a page that was never hidden.
  on(page, "focus", () => listener.wake());
  on(shown, "visibilitychange", () => {
    if (shown?.visibilityState === "visible") listener.wake();
  });
  // Chromium freezes hidden tabs and tells when they run again.
  on(shown, "resume", () => listener.wake());
  return () => {
    for (const undo of detach.splice(0)) undo();
  };
}
