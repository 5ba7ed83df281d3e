import type {
  CoreCompletion,
  CoreEvent,
  CoreGroupInfo,
  CoreListener,
  CoreMember,
  CoreModule,
  CoreNode,
  CoreOptions,
  CoreReport,
} from "../src/core.js";
import { Peer } from "../src/peer.js";
import type { Room } from "../src/room.js";

/** Every call that the wrapper made, oldest first. */
export type Call = readonly [name: string, ...args: unknown[]];

/**
 * A core that does nothing but note what it is asked and say what the test tells it to. It stands
 * in only where the wrapper's own mechanics are tested; what the real core does is tested in
 * browsers.
 */
export class ScriptedCore {
  readonly calls: Call[] = [];
  readonly peer: Peer;
  /** Runs inside the next `join`, before it returns. */
  duringJoin: (room: number) => void = () => {};
  /** What it says of itself. */
  report: CoreReport | undefined;
  /** Who is a member of every group. */
  members: CoreMember[] = [];
  #group: CoreGroupInfo | undefined;
  #waiting: (() => void)[] = [];
  #listener: CoreListener | undefined;
  #knowsLinks = false;
  #number: number | undefined;

  constructor(signal?: AbortSignal) {
    this.peer = new Peer(this.#module(), { signaling: ["ws://127.0.0.1:1/ws"], signal });
  }

  /** What is known of every group that is opened from now on. */
  openGroups(info: CoreGroupInfo): void {
    this.#group = info;
  }

  /** Takes every text for the link of an invitation. */
  knowLinks(): void {
    this.#knowsLinks = true;
  }

  tell(event: CoreEvent): void {
    this.#listener?.event(event);
  }

  message(room: number, node: string, label: string, text: string): void {
    this.#listener?.message(room, node, label, new TextEncoder().encode(text), 0);
  }

  fileData(stream: number, data: Uint8Array): void {
    this.#listener?.fileData(stream, data);
  }

  /** Waits until a room that was just joined passes on what it is told. */
  async spoken(room: Room, number = 1): Promise<void> {
    const heard = new Promise((resolve) =>
      room.addEventListener("connectfailed", ({ detail }) => {
        if (detail.nodeId === "spoken") resolve(undefined);
      }),
    );
    this.tell({ type: "connect-failed", room: number, node: "spoken", code: "no-answer" });
    await heard;
  }

  /** The calls of one name. */
  named(name: string): Call[] {
    return this.calls.filter(([called]) => called === name);
  }

  /** Waits until a call was made that often. */
  async asked(name: string, count: number): Promise<void> {
    while (this.named(name).length < count) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Settles the ticket of the latest call of that name. */
  settle(name: string, code?: string): void {
    const ticket = this.named(name).at(-1)?.[1];
    if (typeof ticket !== "number") throw new Error(`no ticket was given to ${name}`);
    this.settled(ticket, code);
  }

  /** Settles a ticket. */
  settled(ticket: number, code?: string): void {
    this.#listener?.completed(ticket, code, undefined);
  }

  /** Answers the latest call of that name. */
  respond(name: string, outcome: CoreCompletion): void {
    const ticket = this.named(name).at(-1)?.[1];
    if (typeof ticket !== "number") throw new Error(`no ticket was given to ${name}`);
    this.#listener?.completed(ticket, undefined, outcome);
  }

  /** Opens the group that all invitations and files are of: if it is open, it has its number. */
  #opened(number: number): void {
    this.#number ??= number;
    if (this.#number !== number) throw { code: "group-open", number: this.#number };
  }

  #module(): CoreModule {
    const construct = (_: object, [, listener]: [CoreOptions, CoreListener]): CoreNode => {
      this.#listener = listener;
      return this.#node();
    };
    const WebNode = new Proxy(class {}, { construct }) as unknown as CoreModule["WebNode"];
    return {
      create_room_link: () => "lr1new",
      parse_room_link: (text) => {
        if (!text.includes("lr1")) throw { code: "link-unknown" };
        return { servers: [], fingerprint: text.slice(text.lastIndexOf("#") + 1) };
      },
      make_card: () => "",
      parse_card: () => ({}),
      parse_invitation: () => {
        if (this.#knowsLinks) return { kind: "link", group: "group", servers: [] };
        throw { code: "invitation-unknown" };
      },
      error_codes: () => [],
      rehearse: () => {},
      WebNode,
    };
  }

  #node(): CoreNode {
    const answers: Partial<CoreNode> = {
      peer_id: () => "peer-me",
      node_id: () => "node-me",
      join: (_ticket, room, link) => {
        if (link.includes("full")) throw { code: "too-many-rooms" };
        this.duringJoin(room);
      },
      open_group: (_ticket, number, id) => {
        if (id === "group") this.#opened(number);
      },
      import_group: (_ticket, number) => this.#opened(number),
      import_file: () => 0,
      join_group: (_ticket, number, text) => {
        if (text.includes("twice")) throw { code: "group-open" };
        this.#opened(number);
      },
      close_group: (_number, stays) => {
        if (!stays) this.#number = undefined;
      },
      delete_group: () => {
        this.#number = undefined;
      },
      diagnose: () => {
        if (this.report === undefined) throw new Error("no report was given");
        return this.report;
      },
      group_members: () => this.members,
      group_info: () => this.#group ?? { id: "group", name: "group" },
      close: (ticket) => this.settled(ticket),
    };
    return new Proxy({} as CoreNode, {
      get:
        (_, name: string) =>
        (...args: unknown[]): unknown => {
          this.calls.push([name, ...args]);
          for (const resolve of this.#waiting.splice(0)) resolve();
          const answer = answers[name as keyof CoreNode] as
            | ((...args: unknown[]) => unknown)
            | undefined;
          return answer?.(...args);
        },
    });
  }
}
