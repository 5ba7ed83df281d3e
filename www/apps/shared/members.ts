import type { Member, PresenceEntry, Remote, Room } from "lacis";

/** What each page says of itself while it is here. */
export interface Here {
  readonly away?: boolean;
  readonly typing?: boolean;
}

/**
 * The members of a group as they were when it was asked: what is drawn asks for each line, and the
 * group makes a new list of thousands each time.
 */
export class Roll {
  readonly list: readonly Member[];
  readonly #byId: ReadonlyMap<string, Member>;
  readonly self: Member | undefined;
  /** The other people. A keeper is a program that reads nothing, and none of them. */
  readonly others: readonly Member[];
  /** How many of them are here. */
  readonly present: number;
  /** How many others can hold what is written. */
  readonly holders: number;

  constructor(list: readonly Member[], me: string) {
    this.list = list;
    this.#byId = new Map(list.map((member) => [member.id, member]));
    this.self = this.#byId.get(me);
    this.others = list.filter(({ id, role }) => id !== me && role !== "keeper");
    this.present = this.others.filter(({ present }) => present).length;
    this.holders = list.filter(({ id, roles }) => id !== me && roles.length > 0).length;
  }

  member(id: string): Member | undefined {
    return this.#byId.get(id);
  }
}

/** What members say of themselves, by their ids; of several pages of one the liveliest counts. */
export function heresOf(entries: readonly PresenceEntry[]): ReadonlyMap<string, Here> {
  const heres = new Map<string, Here>();
  for (const { peerId, value } of entries) {
    const { away, typing } = (value ?? {}) as Here;
    const before = heres.get(peerId) ?? { away: true, typing: false };
    heres.set(peerId, {
      away: before.away === true && away === true,
      typing: before.typing === true || typing === true,
    });
  }
  return heres;
}

/**
 * Tells whenever somebody comes, goes or is reached in another way. Round trips, of which each link
 * tells every few seconds as well, change nothing that is shown.
 */
export function watchRemotes(
  room: Room | undefined,
  signal: AbortSignal,
  onChange: () => void,
): void {
  const standing = new Map<string, string>();
  const hear = ({ id, peerId, state }: Remote): void => {
    const now = `${peerId} ${state}`;
    if (standing.get(id) === now) return;
    if (state === "left") standing.delete(id);
    else standing.set(id, now);
    onChange();
  };
  for (const name of ["remotejoin", "remotechange"] as const) {
    room?.addEventListener(name, ({ detail }) => hear(detail), { signal });
  }
  room?.addEventListener("remoteleave", ({ detail }) => hear(detail.remote), { signal });
}
