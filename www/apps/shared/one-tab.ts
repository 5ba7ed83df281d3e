// One tab at a time uses an identity: two that wrote into one store would overwrite each other.
// The newest tab asks the older one to stop, and takes over by force if that one is frozen.

const PATIENCE_MS = 3_000;
/** A tab that is reloaded gives its turn away and asks for it again: it is left that long. */
const RELOAD_MS = 1_500;

const lockOf = (identity: string): string => `lacis-turn-${identity}`;

/**
 * Waits for the turn of this tab; `onLost` runs when another one takes over. Resolves with what
 * gives the turn back, as closing this tab does.
 */
export async function takeTurn(identity: string, onLost: () => Promise<void>): Promise<() => void> {
  const name = lockOf(identity);
  const channel = new BroadcastChannel(name);
  let hold: ((lock: Lock | null) => Promise<void>) | undefined;
  const held = new Promise<() => void>((resolve) => {
    hold = (lock) => {
      if (lock === null) return Promise.resolve();
      return new Promise((release) => {
        const end = (): void => {
          channel.removeEventListener("message", onAsked);
          channel.close();
        };
        const onAsked = async (): Promise<void> => {
          end();
          await onLost();
          release();
        };
        channel.addEventListener("message", onAsked);
        resolve(() => {
          end();
          release();
        });
      });
    };
  });
  const take = (options: LockOptions): Promise<unknown> =>
    navigator.locks.request(name, options, hold as (lock: Lock | null) => Promise<void>);
  channel.postMessage("yours?");
  take({ signal: AbortSignal.timeout(PATIENCE_MS) }).catch((error: DOMException) => {
    if (error.name === "TimeoutError") return take({ steal: true }).catch(() => onLost());
    // Somebody took it by force: this tab had been frozen.
    return onLost();
  });
  return held;
}

/**
 * Resolves once no tab has the turn: the one that had it was closed. Whoever asks for the turn
 * meanwhile goes first. Resolves with whether it is free, or `signal` has ended the waiting.
 */
export async function turnIsFree(identity: string, signal: AbortSignal): Promise<boolean> {
  const name = lockOf(identity);
  const channel = new BroadcastChannel(name);
  try {
    while (!signal.aborted) {
      const round = new AbortController();
      const asked = (): void => round.abort();
      channel.onmessage = asked;
      signal.addEventListener("abort", asked);
      const isFree = await navigator.locks
        .request(name, { signal: round.signal }, () => true)
        .catch(() => false);
      if (isFree && (await passes(RELOAD_MS, round.signal))) return true;
      signal.removeEventListener("abort", asked);
    }
    return false;
  } finally {
    channel.close();
  }
}

/** Whether that time passes before the signal ends it. */
function passes(ms: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(!signal.aborted), ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve(false);
    });
    if (signal.aborted) resolve(false);
  });
}
