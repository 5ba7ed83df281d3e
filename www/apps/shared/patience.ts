// What waits for somebody who is away goes on by itself when that person comes.
import { PeerError, type PeerErrorCode } from "lacis";

/** Failures that mean no more than that somebody, or a server, is not there yet. */
const WAITING: ReadonlySet<PeerErrorCode> = new Set([
  "no-issuer",
  "no-answer",
  "timeout",
  "busy",
  "link-lost",
  "replaced",
  "suspended",
  "signaling-unreachable",
  "signaling-lost",
  "server-full",
  "rate-limited",
]);
/** What fails at once is not tried more often than this. */
const PAUSE_MS = 2_000;

/** Does something until it succeeds, fails for good, or `signal` ends it. */
export async function patiently<T>(run: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (;;) {
    const begun = Date.now();
    try {
      return await run();
    } catch (thrown) {
      const isPassing = thrown instanceof PeerError && WAITING.has(thrown.code);
      if (!isPassing || signal.aborted) throw thrown;
    }
    const left = PAUSE_MS - (Date.now() - begun);
    if (left > 0) await new Promise((resolve) => setTimeout(resolve, left));
  }
}
