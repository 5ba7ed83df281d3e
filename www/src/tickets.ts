import { errorOfAbort, errorOfCode, errorOfThrown, type PeerError } from "./errors.js";

interface Open {
  readonly scope: number;
  readonly resolve: (outcome: unknown) => void;
  readonly reject: (error: PeerError) => void;
  readonly release: (() => void) | undefined;
}

/** The scope of tickets that belong to no room, and the number of a room that was never opened. */
export const NO_ROOM = -1;

/**
 * The scope of tickets of a group, which go on when its room is left: it has the number of that
 * room.
 */
export function scopeOfGroup(group: number): number {
  return NO_ROOM - 1 - group;
}

/**
 * Whether what belongs to a room ends when that of `scope` does; with everything if none is given.
 * What belongs to no room is nobody's: a room that could not be opened ends nothing of others.
 */
export function endsWith(scope: number | undefined, room: number): boolean {
  return scope === undefined || (scope !== NO_ROOM && scope === room);
}

/**
 * Turns the tickets of the core into promises.
 *
 * A ticket is a number that is chosen here, registered, and then handed to the core, which settles
 * it by one event. Each promise settles exactly once: by that event, by its signal, by
 * {@link Tickets.rejectAll}, or because the call itself was refused. An event for a ticket that is
 * no longer open is ignored, so whoever comes second loses.
 */
export class Tickets {
  readonly #cancel: (ticket: number) => void;
  readonly #open = new Map<number, Open>();
  #last = 0;

  /** `cancel` tells the core that nobody waits for a ticket any more. */
  constructor(cancel: (ticket: number) => void) {
    this.#cancel = cancel;
  }

  /** How many promises are unsettled. */
  get size(): number {
    return this.#open.size;
  }

  /**
   * Registers a ticket, makes the call that uses it, and returns the promise of its outcome.
   * `onSuccess` runs inside the event that settles it, which is earlier than any `await`.
   */
  issue<Outcome = void>(
    scope: number,
    call: (ticket: number) => void,
    signal?: AbortSignal | undefined,
    onSuccess?: (() => void) | undefined,
  ): Promise<Outcome> {
    if (signal?.aborted) return Promise.reject(errorOfAbort(signal));
    // Behind the last of 32 bits come the first again, of which some may still be open.
    do this.#last = (this.#last + 1) >>> 0;
    while (this.#open.has(this.#last));
    const ticket = this.#last;
    const promise = new Promise<Outcome>((fulfil, reject) => {
      const release = signal && this.#watch(ticket, signal);
      const resolve: Open["resolve"] = (outcome) => {
        onSuccess?.();
        // What comes of a call follows from the call: bytes for a request, nothing for most.
        fulfil(outcome as Outcome);
      };
      this.#open.set(ticket, { scope, resolve, reject, release });
    });
    try {
      call(ticket);
    } catch (thrown) {
      this.#take(ticket)?.reject(errorOfThrown(thrown));
    }
    return promise;
  }

  /** The core completed a ticket. */
  complete(ticket: number, code?: string, outcome?: unknown): void {
    const open = this.#take(ticket);
    if (code === undefined) open?.resolve(outcome);
    else open?.reject(errorOfCode(code));
  }

  /** Rejects every open ticket, or those of one room. */
  rejectAll(error: PeerError, scope?: number): void {
    for (const [ticket, open] of [...this.#open]) {
      if (endsWith(scope, open.scope)) this.#take(ticket)?.reject(error);
    }
  }

  #take(ticket: number): Open | undefined {
    const open = this.#open.get(ticket);
    if (open === undefined) return undefined;
    this.#open.delete(ticket);
    open.release?.();
    return open;
  }

  #watch(ticket: number, signal: AbortSignal): () => void {
    const onAbort = (): void => {
      // Rejected first: the core's own "aborted" then finds the ticket gone.
      this.#take(ticket)?.reject(errorOfAbort(signal));
      this.#cancel(ticket);
    };
    signal.addEventListener("abort", onAbort, { once: true });
    return () => signal.removeEventListener("abort", onAbort);
  }
}
