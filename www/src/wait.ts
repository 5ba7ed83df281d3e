import { errorOfAbort, type PeerError } from "./errors.js";

/** What ends a wait besides the condition itself. */
export interface WaitLimits {
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  /** Makes the error when the time is over. */
  readonly onTimeout: () => PeerError;
}

/**
 * Waits until `check` returns true or throws; it is asked at once and after each event. Every
 * listener and the timer are gone when the promise settles.
 */
export function waitFor(
  typed: object,
  type: string,
  check: () => boolean,
  { timeoutMs, signal, onTimeout }: WaitLimits,
): Promise<void> {
  // A typed target refuses names that are only known at run time.
  const target = typed as EventTarget;
  return new Promise<void>((resolve, reject) => {
    if (signal?.aborted) {
      reject(errorOfAbort(signal));
      return;
    }
    const settle = (finish: () => void): void => {
      clearTimeout(timer);
      target.removeEventListener(type, onEvent);
      signal?.removeEventListener("abort", onAbort);
      finish();
    };
    const onEvent = (): void => {
      try {
        if (check()) settle(resolve);
      } catch (error) {
        settle(() => reject(error));
      }
    };
    const onAbort = (): void => settle(() => reject(errorOfAbort(signal as AbortSignal)));
    const timer = setTimeout(() => settle(() => reject(onTimeout())), timeoutMs);
    target.addEventListener(type, onEvent);
    signal?.addEventListener("abort", onAbort, { once: true });
    onEvent();
  });
}

/** Waits for `promise`, or rejects as soon as `signal` is aborted. */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  if (signal.aborted) return Promise.reject(errorOfAbort(signal));
  return new Promise<T>((resolve, reject) => {
    const onAbort = (): void => reject(errorOfAbort(signal));
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}

/** Lets the page do something else. Not a timer: those wait, and are slowed in hidden pages. */
export function nextTask(): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
