// Invitations inside these pages: a contact who is connected in one group is called into another,
// and looks at it, declines or lets it expire; whoever calls may take it back.
import { type AppName, isApp } from "./apps.js";
import { plainName } from "./names.js";
import type { Space } from "./space.js";

export const CALL = "lacis.call";
export const CALL_MS = 5 * 60_000;
/** More calls than this from all people together are not shown. */
const CALLS_MAX = 8;
/** So often one person may call while a call waits; nobody who means it calls more often. */
const CALLS_OF_ONE_MAX = 3;
/** Names of calls are no longer than these pages make them. */
const ID_MAX = 64;
/** Longer than any invitation. */
const INVITATION_MAX = 65_536;

/** What travels. */
interface Wire {
  readonly id: string;
  readonly kind: "call" | "accept" | "decline" | "cancel";
  readonly app?: AppName;
  readonly name?: string;
  readonly invitation?: string;
}

/** One call, made or received. */
export interface Call {
  readonly id: string;
  readonly isMine: boolean;
  /** The other person. */
  readonly peer: string;
  readonly who: string;
  readonly app: AppName;
  /** The group it is for. */
  readonly name: string;
  readonly invitation: string;
  readonly state: "open" | "accepted" | "declined" | "cancelled" | "expired";
  readonly space: Space;
}

/** What is remembered of somebody who calls. */
interface Caller {
  /** When that was, as long as it counts. */
  readonly times: readonly number[];
  /** Until then nothing of it is shown: a call was declined. */
  readonly restUntil: number;
}

/** The calls that were made or received, and have not been put away. */
export class Calls {
  readonly #all = new Map<string, Call>();
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  readonly #callers = new Map<string, Caller>();
  readonly #onChange: () => void;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** The one that this person has made. */
  get own(): Call | undefined {
    return [...this.#all.values()].find(({ isMine }) => isMine);
  }

  /** Those of others, the oldest first. */
  get received(): readonly Call[] {
    return [...this.#all.values()].filter(({ isMine }) => !isMine);
  }

  /** Calls somebody who is connected in `space`; rejects if that has ended meanwhile. */
  async make(call: Pick<Call, "peer" | "app" | "name" | "invitation" | "space">): Promise<void> {
    const { peer, app, name, invitation, space } = call;
    const id = crypto.randomUUID();
    await send(space, peer, { id, kind: "call", app, name, invitation });
    const who = space.person(peer).name;
    this.#set({ ...call, id, isMine: true, who, state: "open" });
  }

  /** Takes what came from a member; it may have sent anything. */
  hear(space: Space, peer: string, text: string): void {
    const wire = readWire(text);
    if (wire === undefined) return;
    if (wire.kind === "call") this.#hearCall(space, peer, wire);
    else this.#hearAnswer(peer, wire);
  }

  /** Says yes; the invitation is looked at elsewhere. */
  accept(call: Call): void {
    this.#answer(call, "accept");
    this.end(call);
  }

  /** Says no, and has some rest from that person. */
  decline(call: Call): void {
    this.#answer(call, "decline");
    const { times } = this.#callerOf(call.peer);
    this.#callers.set(call.peer, { times, restUntil: Date.now() + CALL_MS });
    this.end(call);
  }

  /** Takes one's own back. */
  cancel(call: Call): void {
    this.#answer(call, "cancel");
    this.end(call);
  }

  /** Puts one away. */
  end({ id }: Call): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
    if (this.#all.delete(id)) this.#onChange();
  }

  /** Puts all away. */
  clear(): void {
    for (const call of this.#all.values()) this.end(call);
    this.#callers.clear();
  }

  #hearCall(space: Space, peer: string, { id, app, name, invitation }: Partial<Wire>): void {
    if (id === undefined || this.#all.has(id) || !isApp(app)) return;
    if (typeof name !== "string" || typeof invitation !== "string") return;
    if (invitation.length > INVITATION_MAX) return;
    const now = Date.now();
    const { times, restUntil } = this.#callerOf(peer);
    if (restUntil > now) {
      send(space, peer, { id, kind: "decline" }).catch(() => {});
      return;
    }
    // What somebody is just about to answer stays what it is.
    const before = this.received.find((call) => call.peer === peer);
    if (before?.state === "open" || times.length >= CALLS_OF_ONE_MAX) return;
    if (before === undefined && this.received.length >= CALLS_MAX) return;
    this.#callers.set(peer, { times: [...times, now], restUntil });
    if (before !== undefined) this.end(before);
    const said = { id, peer, app, name: plainName(name), invitation };
    const who = space.person(peer).name;
    this.#set({ ...said, isMine: false, who, state: "open", space });
  }

  #hearAnswer(peer: string, wire: Wire): void {
    const call = this.#all.get(wire.id);
    if (call === undefined || call.peer !== peer || call.state !== "open") return;
    if (call.isMine && wire.kind === "accept") this.#set({ ...call, state: "accepted" });
    if (call.isMine && wire.kind === "decline") this.#set({ ...call, state: "declined" });
    if (!call.isMine && wire.kind === "cancel") this.#set({ ...call, state: "cancelled" });
  }

  /** What is remembered of somebody; of others nothing that does not count any more. */
  #callerOf(peer: string): Caller {
    const now = Date.now();
    for (const [id, { times, restUntil }] of this.#callers) {
      const counting = times.filter((time) => time > now - CALL_MS);
      if (counting.length === 0 && restUntil <= now) this.#callers.delete(id);
      else this.#callers.set(id, { times: counting, restUntil });
    }
    return this.#callers.get(peer) ?? { times: [], restUntil: 0 };
  }

  #set(call: Call): void {
    const { id, state } = call;
    this.#all.set(id, call);
    clearTimeout(this.#timers.get(id));
    if (state === "open") {
      const expire = (): void => this.#set({ ...call, state: "expired" });
      this.#timers.set(id, setTimeout(expire, CALL_MS));
    }
    this.#onChange();
  }

  #answer({ space, peer, id, state }: Call, kind: Wire["kind"]): void {
    // Whoever is gone meanwhile sees it expire.
    if (state === "open") send(space, peer, { id, kind }).catch(() => {});
  }
}

async function send({ group }: Space, peer: string, wire: Wire): Promise<void> {
  await group.send(peer, CALL, JSON.stringify(wire));
}

function readWire(text: string): Wire | undefined {
  try {
    const wire = JSON.parse(text) as Partial<Wire> | null;
    const isFine = typeof wire?.id === "string" && wire.id.length <= ID_MAX;
    return isFine ? (wire as Wire) : undefined;
  } catch {
    return undefined;
  }
}
