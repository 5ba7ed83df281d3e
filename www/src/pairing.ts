import { check } from "./check.js";
import type { Session } from "./session.js";
import { takeText } from "./text-kinds.js";

/** A link that two people set up by carrying texts. `room.pair` makes it. */
export interface Pairing {
  /** What the other page is to be given: some 600 to 2,000 letters and digits, in any case. */
  readonly text: string;
  /**
   * Resolves once the two pages are linked. Rejects with the reason otherwise: `no-answer` or
   * `timeout` after 10 minutes, `ice-failed` if there is no path, `aborted` by the signal.
   */
  readonly linked: Promise<void>;
  /**
   * Takes the answer of the other page, on the page that began; resolves once they are linked. A
   * text that does not belong here rejects with `pairing-mismatch` or the like, and another one may
   * follow.
   */
  complete(answer: string): Promise<void>;
  /** Gives it up. */
  cancel(): void;
}

/** Has the core write a text, and waits for it. */
export async function beginPairing(
  session: Session,
  room: number,
  offer: string | undefined,
  signal: AbortSignal | undefined,
): Promise<Pairing> {
  const { core, tickets } = session;
  let ticket = 0;
  const note = (number: number): void => {
    ticket = number;
  };
  const linked = tickets.issue(room, note, signal);
  // Whoever wants to know asks for it; nobody has to.
  linked.catch(() => {});
  const write = (written: number): void =>
    takeText("lp", offer ?? "", () => core.pair(written, ticket, room, offer));
  try {
    const text = await tickets.issue<Uint8Array>(room, write, signal);
    return {
      text: new TextDecoder().decode(text),
      linked,
      complete: async (answer) => {
        check("pairing.complete", [answer]);
        takeText("lp", answer, () => session.core.complete_pairing(ticket, answer));
        await linked;
      },
      cancel: () => session.attempt(() => session.core.cancel(ticket)),
    };
  } catch (thrown) {
    // What the core refused at once it does not know.
    tickets.complete(ticket, "aborted");
    throw thrown;
  }
}
