// One tab at a time uses an identity: two that wrote into one store would overwrite each other.
// The newest tab asks the older one to stop, and takes over by force if that one is frozen.

const PATIENCE_MS = 3_000;

/** Waits for the turn of this tab; `onLost` runs when another one takes over. */
export async function takeTurn(identity: string, onLost: () => Promise<void>): Promise<void> {
  const name = `lacis-turn-${identity}`;
  const channel = new BroadcastChannel(name);
  let hold: ((lock: Lock | null) => Promise<void>) | undefined;
  const held = new Promise<void>((resolve) => {
    hold = (lock) => {
      if (lock === null) return Promise.resolve();
      resolve();
      return new Promise((release) => {
        const onAsked = async (): Promise<void> => {
          channel.removeEventListener("message", onAsked);
          channel.close();
          await onLost();
          release();
        };
        channel.addEventListener("message", onAsked);
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
  await held;
}
