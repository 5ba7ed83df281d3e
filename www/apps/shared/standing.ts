import type { RoomState, ServerStatus } from "lacis";
import { texts } from "./texts/index.js";

/** What to say about the servers, and whether it changes with every second. */
export interface Words {
  readonly state: RoomState;
  readonly text: string;
  readonly isCounting: boolean;
}

/** How the servers stand, in words. It remembers why each was not reached meanwhile. */
export class Standing {
  readonly #servers = new Map<string, ServerStatus>();

  /** Takes what the peer reports of one server. */
  see(status: ServerStatus): void {
    if (status.state === "closed") this.#servers.delete(status.url);
    else if (status.state === "dialing") {
      const code = this.#servers.get(status.url)?.code;
      this.#servers.set(status.url, { ...status, code });
    } else this.#servers.set(status.url, status);
  }

  /** Forgets all of them: the peer was closed. */
  clear(): void {
    this.#servers.clear();
  }

  /** The words for a room in that state, at that time of `Date.now()`. */
  words(room: RoomState, now: number): Words {
    if (room === "left") return { state: room, text: texts.left, isCounting: false };
    if (room === "open") return { state: room, text: texts.online, isCounting: false };
    const servers = [...this.#servers.values()];
    // As long as one is being tried for the first time, there is hope.
    const isTrouble = servers.length > 0 && servers.every(({ code }) => code !== undefined);
    if (room === "connecting" && !isTrouble) {
      return { state: room, text: texts.connecting, isCounting: false };
    }
    const reason = this.#reason();
    // A server that keeps the connection and refuses the room is not dialled again.
    if (servers.length > 0 && servers.every(({ state, code }) => state === "open" && code)) {
      return { state: "offline", text: texts.refused(reason), isCounting: false };
    }
    const waits = servers.flatMap(({ retryAt }) => retryAt ?? []);
    const wait = waits.length > 0 ? Math.min(...waits) - now : 0;
    const text = texts.offline(reason, Math.max(0, Math.ceil(wait / 1000)));
    return { state: "offline", text, isCounting: true };
  }

  /** Whoever was reached and refused says more than whoever was not. */
  #reason(): string {
    const refusals: Readonly<Record<string, string>> = texts.refusals;
    const known = [...this.#servers.values()].flatMap(({ code }) => refusals[code ?? ""] ?? []);
    return known[0] ?? texts.unreachable;
  }
}
