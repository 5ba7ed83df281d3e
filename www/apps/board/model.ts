import type { GroupRecord } from "lacis";
import { Pictures } from "../shared/pictures.js";
import { isKeptAnyway, jsonOf } from "../shared/records.js";
import { Shown } from "../shared/shown.js";
import type { Space } from "../shared/space.js";
import { areaOf, readShape, type Shape } from "./item.js";
import { type Item, Pile } from "./pile.js";
import { applied, type Change, changeOf, inverse, making, type Step } from "./steps.js";

export const ITEM_TYPE = "board.item";
const PICTURE_TYPE = "board.picture";
/** Begins the names of things that are no records yet. */
const PENDING = "pending-";
/** Where things are kept that are on their way into the store: they outlast a crash. */
const SHAPE = "shape.";
/** So many steps back are remembered. */
const STEPS_MAX = 200;
/** What was taken away can be brought back for so long; then its creator deletes it for good. */
const GONE_MS = 24 * 60 * 60 * 1_000;

/** What changed of the picture: one thing, perhaps new and above all others, or anything. */
export type Picture = { readonly item: Item; readonly isOnTop: boolean } | "all";

/** The board of a group. */
export function sheetOf(space: Space): Sheet {
  return space.part("sheet", () => new Sheet(space));
}

/** The things on a board, and the steps of this person. */
export class Sheet extends Shown {
  readonly pictures: Pictures;
  #onPicture: (change: Picture) => void = () => {};
  readonly #items = new Pile();
  /** Things that were taken away, and may come back. */
  readonly #gone = new Map<string, Item>();
  readonly #keys = new Map<string, string>();
  readonly #done: Step[] = [];
  readonly #undone: Step[] = [];
  /** What is under way; no step is taken back before it. */
  readonly #running = new Set<Promise<unknown>>();
  /** Things that are no records yet, by their names here. */
  readonly #pending = new Set<string>();
  /** Those of them that are on their way into the store now. */
  readonly #sending = new Set<string>();
  /** Things of one's own that somebody else has changed while this page was open. */
  readonly #touched = new Set<string>();
  #hasResumed = false;
  #failure: unknown;

  constructor(space: Space) {
    super(space);
    this.pictures = new Pictures(space, PICTURE_TYPE);
    space.on("record", ({ record }) => this.#take(record));
    space.on("gone", ({ id }) => this.#drop(id));
    space.on("saved", () => {
      this.#failure = undefined;
      this.#forgetStored();
      this.changed();
    });
  }

  /** Tells whoever draws it of every change of the picture; the result ends that. */
  watchPicture(onPicture: (change: Picture) => void): () => void {
    this.#onPicture = onPicture;
    const end = this.pictures.subscribe(() => this.#onPicture("all"));
    return () => {
      end();
      this.#onPicture = () => {};
    };
  }

  protected async read(): Promise<void> {
    const records = await this.space.group.find({ type: ITEM_TYPE });
    const all = records.flatMap((record) => itemOf(record) ?? []);
    const isGone = ({ shape }: Item): boolean => shape.gone !== undefined;
    const shown = all.filter((item) => !isGone(item));
    for (const { id } of shown) this.#gone.delete(id);
    this.#items.putAll(shown);
    for (const item of all.filter(isGone)) this.#hold(item);
    this.#redraw();
    this.#resume();
    this.#cleanUp();
  }

  /** Puts there what an earlier page had not stored. */
  #resume(): void {
    if (this.#hasResumed) return;
    this.#hasResumed = true;
    this.#forgetStored();
    const { drafts } = this.space;
    const again = drafts.under(SHAPE).flatMap((place) => {
      const shape = readShape(drafts.get(place));
      return shape === undefined ? [] : this.#create(place.slice(SHAPE.length), shape);
    });
    // What fails is told, and can be tried again.
    if (again.length > 0) this.#run(again).catch(() => {});
  }

  /** What is a record needs no draft any more. */
  #forgetStored(): void {
    const { drafts } = this.space;
    for (const place of drafts.under(SHAPE)) {
      const live = readShape(drafts.get(place))?.live;
      if (live === undefined || this.#named(live)?.record !== undefined) drafts.drop(place);
    }
  }

  /** Why the last thing could not be kept; undefined if all is. */
  get failure(): unknown {
    return this.#failure;
  }

  /** All things, those below first. */
  get items(): readonly Item[] {
    return this.#items.sorted;
  }

  get canUndo(): boolean {
    return this.#done.length > 0;
  }

  get canRedo(): boolean {
    return this.#undone.length > 0;
  }

  /** Whether this person may change that thing. */
  isOurs({ creator }: Item): boolean {
    return this.space.mayWrite && (creator === this.space.me.id || this.space.isAdmin);
  }

  item(id: string): Item | undefined {
    return this.#items.get(id);
  }

  /** What this person drew or wrote under that name, be it on the board or taken away. */
  #named(live: string): Item | undefined {
    const { id } = this.space.me;
    const isIt = ({ shape, creator }: Item): boolean => shape.live === live && creator === id;
    return [...this.items, ...this.#gone.values()].find(isIt);
  }

  /** How many things could not be kept, and are drawn here only. */
  get unkept(): number {
    return this.#lost().length;
  }

  add(shapes: readonly Shape[]): Promise<void> {
    const keyed = shapes.map((given) => {
      const key = crypto.randomUUID();
      return { key, shape: { ...given, live: given.live ?? key } };
    });
    this.#remember(keyed.map(({ key }) => making(key)));
    return this.#run(keyed.map(({ shape, key }) => this.#create(key, shape)));
  }

  delete(ids: readonly string[]): Promise<void> {
    return this.change(ids, (shape) => ({ ...shape, gone: true }));
  }

  /** Changes things of one's own; `to` says what each becomes. */
  change(ids: readonly string[], to: (shape: Shape) => Shape): Promise<void> {
    const items = ids.flatMap((id) => this.#items.get(id) ?? []);
    const ours = items.filter((item) => item.record !== undefined && this.isOurs(item));
    const step = ours.flatMap(({ id, shape }) => {
      return changeOf(this.#keyOf(id), shape, to(shape)) ?? [];
    });
    if (step.length === 0) return Promise.resolve();
    this.#remember(step);
    return this.#run(step.map((change) => this.#make(change).write()));
  }

  /** Takes one's own last step back; says whether anything of it was left to take back. */
  undo(): Promise<boolean> {
    return this.#turn(this.#done, this.#undone, inverse);
  }

  /** Does again what was taken back; says whether anything of it could be. */
  redo(): Promise<boolean> {
    return this.#turn(this.#undone, this.#done, (change) => change);
  }

  /** Tries again to keep what could not be. */
  retry(): Promise<void> {
    const again = this.#lost().map(({ id, shape }) => {
      return this.#create(id.slice(PENDING.length), shape);
    });
    return this.#run(again);
  }

  #lost(): Item[] {
    const lost = [...this.#pending].filter((id) => !this.#sending.has(id));
    return lost.flatMap((id) => this.#items.get(id) ?? []);
  }

  async #turn(from: Step[], to: Step[], way: (change: Change) => Change): Promise<boolean> {
    // What is under way may be the very thing that is to be taken back.
    await Promise.allSettled([...this.#running]);
    const step = from.pop();
    if (step === undefined) return false;
    const ways = step.map(way).filter((change) => this.#mayTurn(change));
    const made = ways.map((change) => this.#make(change));
    try {
      await this.#run(made.map(({ write }) => write()));
    } catch (thrown) {
      if (!isKeptAnyway(thrown)) from.push(step);
      if (!isKeptAnyway(thrown)) throw thrown;
    }
    // Only what was changed now may be changed back later: the rest is what others made of it.
    const changes = made.flatMap(({ change }) => change ?? []);
    if (changes.length > 0) to.push(changes.map((change) => way(change)));
    this.changed();
    return changes.length > 0;
  }

  #remember(step: Step): void {
    this.#done.push(step);
    if (this.#done.length > STEPS_MAX) this.#done.shift();
    this.#undone.length = 0;
    this.changed();
  }

  async #run(work: readonly Promise<unknown>[]): Promise<void> {
    const all = Promise.all(work);
    this.#running.add(all);
    try {
      await all;
      this.#failure = undefined;
    } catch (thrown) {
      this.#failure = thrown;
      throw thrown;
    } finally {
      this.#running.delete(all);
      this.changed();
    }
  }

  /** Prepares a change of a thing as it is now, and says what of it can be made at all. */
  #make(given: Change): { change?: Change; write: () => Promise<void> } {
    const nothing = { write: () => Promise.resolve() };
    const item = this.#keyed(given.key);
    // What somebody has deleted for good stays deleted.
    const made = item && applied(item.shape, given);
    if (item === undefined || made === undefined) return nothing;
    const { shape, change } = made;
    const { record } = item;
    if (record !== undefined) {
      return { change, write: () => this.space.group.update(record, { data: shape }) };
    }
    // It never was a record: nobody else knows of it.
    const write = async (): Promise<void> => {
      this.#hold({ ...item, shape });
      this.#redraw();
      if (shape.gone === undefined) await this.#create(given.key, shape);
      else this.space.drafts.drop(SHAPE + given.key);
    };
    return { change, write };
  }

  /** A step back or again takes nothing away that others have worked on since. */
  #mayTurn({ key, after, isMaking }: Change): boolean {
    const item = this.#keyed(key);
    if (after.gone !== true || item?.record === undefined) return true;
    const isTouched = isMaking === true && this.#touched.has(item.id);
    return item.record.author === this.space.me.id && !isTouched;
  }

  #keyed(key: string): Item | undefined {
    const id = this.#keys.get(key) ?? PENDING + key;
    return this.#items.get(id) ?? this.#gone.get(id);
  }

  async #create(key: string, given: Shape): Promise<void> {
    // Drawn at once; the record takes its place.
    const id = PENDING + key;
    // As it will be read back, so that it is recognised.
    const shape = readShape(given) ?? given;
    const fixed = { shape, area: areaOf(shape), record: undefined };
    this.#put({ id, ...fixed, creator: this.space.me.id, at: Date.now() });
    this.#sending.add(id);
    this.space.drafts.keep(SHAPE + key, shape);
    try {
      this.#keys.set(key, await this.space.group.add({ type: ITEM_TYPE, data: shape }));
      this.space.drafts.drop(SHAPE + key);
      this.#drop(id);
    } catch (thrown) {
      // It stands there as a record already, or else as what is not stored.
      if (isKeptAnyway(thrown)) this.#drop(id);
      throw thrown;
    } finally {
      this.#sending.delete(id);
    }
  }

  #keyOf(id: string): string {
    for (const [key, held] of this.#keys) if (held === id) return key;
    const key = crypto.randomUUID();
    this.#keys.set(key, id);
    return key;
  }

  #take(record: GroupRecord): void {
    if (record.type !== ITEM_TYPE) return;
    const { me } = this.space;
    if (record.creator === me.id && record.author !== me.id) this.#touched.add(record.id);
    const item = record.deleted ? undefined : itemOf(record);
    if (item === undefined) this.#drop(record.id);
    else if (item.shape.gone !== undefined) {
      this.#hold(item);
      this.#redraw();
    } else if (!this.#settle(item)) this.#put(item);
  }

  /**
   * Keeps a thing where it belongs: on the board, or among what may come back. Says whether it is
   * new on the board and above all others.
   */
  #hold(item: Item): boolean {
    const { id, record, shape } = item;
    if (record === undefined) this.#pending.add(id);
    if (shape.gone === undefined) {
      this.#gone.delete(id);
      return this.#items.put(item);
    }
    this.#gone.set(id, item);
    this.#items.delete(id);
    return false;
  }

  /** Whether a thing of one's own has become a record: it is drawn already. */
  #settle(item: Item): boolean {
    if (item.creator !== this.space.me.id || this.#items.has(item.id)) return false;
    const { live } = item.shape;
    if (live === undefined) return false;
    const isThis = (id: string): boolean => this.#items.get(id)?.shape.live === live;
    const pending = [...this.#pending].find(isThis);
    if (pending === undefined) return false;
    this.#forget(pending);
    this.#items.put(item);
    this.changed();
    return true;
  }

  #put(item: Item): void {
    const isOnTop = this.#hold(item);
    this.#onPicture({ item, isOnTop });
    this.changed();
  }

  #drop(id: string): void {
    this.#gone.delete(id);
    if (this.#forget(id)) this.#redraw();
  }

  #forget(id: string): boolean {
    this.#pending.delete(id);
    return this.#items.delete(id);
  }

  #redraw(): void {
    this.#onPicture("all");
    this.changed();
  }

  /** Deletes for good what was taken away long ago, and can be by this person. */
  #cleanUp(): void {
    for (const item of this.#gone.values()) {
      const { record, shape } = item;
      const isOld = record !== undefined && Date.now() - record.modified.getTime() > GONE_MS;
      if (!isOld || !this.isOurs(item)) continue;
      // What cannot be deleted now is tried at the next visit.
      this.space.group.delete(record).catch(() => {});
      if (shape.kind === "image") void this.pictures.delete(shape.picture);
    }
  }
}

function itemOf(record: GroupRecord): Item | undefined {
  const shape = readShape(jsonOf(record));
  if (shape === undefined) return undefined;
  const { id, creator, created } = record;
  return { id, shape, area: areaOf(shape), creator, at: created.getTime(), record };
}
