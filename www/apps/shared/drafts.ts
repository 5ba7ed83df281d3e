// What somebody has typed and nobody has stored yet: kept on this device with every letter, so that
// a reload, a crash or a page that the browser had put aside loses nothing of it. It goes when it
// has become a record, or when the person throws it away.
import { useReducer } from "preact/hooks";
import { forgetUnder, keysUnder, recall, remember } from "./memory.js";

/** The drafts of one person in one group, each at a place of its own. */
export class Drafts {
  readonly #start: string;
  /** Also what the browser would not keep: it lasts as long as the page, at least. */
  readonly #held = new Map<string, unknown>();
  #isKept = true;

  constructor(me: string, group: string) {
    this.#start = `${draftsOf(me)}${group}.`;
  }

  /** Whether the browser keeps what was written last. */
  get isKept(): boolean {
    return this.#isKept;
  }

  get<T>(place: string): T | undefined {
    if (this.#held.has(place)) return this.#held.get(place) as T | undefined;
    return recall<T | undefined>(this.#start + place, undefined);
  }

  /** Keeps a draft; `undefined` throws it away. */
  keep(place: string, draft: unknown): void {
    this.#held.set(place, draft);
    this.#isKept = remember(this.#start + place, draft);
  }

  drop(place: string): void {
    this.keep(place, undefined);
  }

  /** The places that begin so at which there are drafts. */
  under(start: string): string[] {
    const here = [...this.#held.keys()].filter((place) => place.startsWith(start));
    const stored = keysUnder(this.#start + start).map((rest) => start + rest);
    return [...new Set([...here, ...stored])].filter((place) => this.get(place) !== undefined);
  }

  /** Throws all of them away: the group is deleted here. */
  forget(): void {
    this.#held.clear();
    forgetUnder(this.#start);
  }
}

/** Throws away what an identity that is deleted here has typed in all its groups. */
export function forgetDrafts(me: string): void {
  forgetUnder(draftsOf(me));
}

const draftsOf = (me: string): string => `draft.${me}.`;

/** A draft in a component: what stands there, and how it is changed. */
export function useDraft<T>(
  drafts: Drafts,
  place: string,
  empty: T,
): readonly [T, (next: T | undefined) => void] {
  const [, draw] = useReducer((count: number, _: undefined) => count + 1, 0);
  const set = (next: T | undefined): void => {
    drafts.keep(place, next);
    draw(undefined);
  };
  return [drafts.get<T>(place) ?? empty, set];
}
