import type { RoomState, ServerStatus } from "lacis";
import { texts } from "./texts/index.js";

/** What to say about the servers, and whether it changes with every second. */
export interface Words {
  readonly state: RoomState;
  readonly text: string;
  /** The same for whoever has no links yet. */
  readonly short: string;
  readonly isCounting: boolean;
}

const plain = (state: RoomState, text: string): Words => {
  return { state, text, short: text, isCounting: false };
};

/** A server that has said nothing for so long is called slow. */
const SLOW_MS = 4_000;

/** How the servers stand, in words. It remembers why each was not reached meanwhile. */
export class Standing {
  readonly #servers = new Map<string, ServerStatus>();
  /** Since when there was neither an answer nor a refusal, by the servers that are asked about. */
  readonly #silentSince = new Map<string, number>();

  /** Takes what the peer reports of one server. */
  see(status: ServerStatus): void {
    if (status.state === "closed") this.#servers.delete(status.url);
    else if (status.state === "dialing") {
      const code = this.#servers.get(status.url)?.code;
      this.#servers.set(status.url, { ...status, code });
    } else this.#servers.set(status.url, status);
  }

  /** How one server stands; undefined if there is no session with it. */
  of(url: string): ServerStatus | undefined {
    return this.#servers.get(url);
  }

  /** Whether a server lets these pages in. */
  isOpen(url: string): boolean {
    const status = this.of(url);
    return status?.state === "open" && status.code === undefined;
  }

  /** Forgets all of them: the peer was closed. */
  clear(): void {
    this.#servers.clear();
    this.#silentSince.clear();
  }

  /**
   * The words for a room in that state, at that time of `Date.now()`. It may meet `at` other
   * servers than the rest of the page.
   */
  words(room: RoomState, now: number, at?: readonly string[]): Words {
    if (room === "left") return plain(room, texts.left);
    const which = at?.join(" ") ?? "";
    if (room === "open") {
      this.#silentSince.delete(which);
      return plain(room, texts.online);
    }
    const since = this.#silentSince.get(which) ?? now;
    this.#silentSince.set(which, since);
    const all = [...this.#servers.values()];
    const servers = all.filter(({ url }) => at === undefined || at.includes(url));
    // As long as one is being tried for the first time, there is hope.
    const isTrouble = servers.length > 0 && servers.every(({ code }) => code !== undefined);
    if (room === "connecting" && !isTrouble) {
      const isSlow = now - since >= SLOW_MS;
      // Whoever shows this looks again, until there is an answer.
      return { ...plain(room, isSlow ? texts.slowServer : texts.connecting), isCounting: true };
    }
    const reason = reasonIn(servers);
    // A server that keeps the connection and refuses the room is not dialled again.
    if (servers.length > 0 && servers.every(({ state, code }) => state === "open" && code)) {
      return plain("offline", texts.refused(reason));
    }
    const waits = servers.flatMap(({ retryAt }) => retryAt ?? []);
    const wait = waits.length > 0 ? Math.min(...waits) - now : 0;
    const seconds = Math.max(0, Math.ceil(wait / 1000));
    const text = texts.offline(reason, seconds);
    const short = texts.offlineShort(reason, seconds);
    return { state: "offline", text, short, isCounting: true };
  }
}

/** Whoever was reached and refused says more than whoever was not. */
function reasonIn(servers: readonly ServerStatus[]): string {
  const refusals: Readonly<Record<string, string>> = texts.refusals;
  const known = servers.flatMap(({ code }) => refusals[code ?? ""] ?? []);
  return known[0] ?? texts.unreachable;
}
