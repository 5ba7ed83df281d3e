import type { GroupRecord } from "lacis";
import { Shown } from "../shared/shown.js";
import { isKeptAnyway, jsonOf, type Space } from "../shared/space.js";
import { type Area, areaOf, readShape, type Shape } from "./item.js";

export const ITEM_TYPE = "board.item";
/** So many steps back are remembered. */
const STEPS_MAX = 200;

/** Something on the board. */
export interface Item {
  /** The record's id, or a name of its own while it is on its way into the store. */
  readonly id: string;
  readonly shape: Shape;
  readonly area: Area;
  readonly creator: string;
  readonly at: number;
  /** Nothing while it is not stored. */
  readonly record: GroupRecord | undefined;
}

/** A step that can be taken back: what each thing was and became; nothing is "not there". */
interface Change {
  /** Names the thing for good: its record is another one after it was taken back and again. */
  readonly key: string;
  readonly before: Shape | undefined;
  readonly after: Shape | undefined;
}

/** What changed of the picture: one thing, perhaps new and above all others, or anything. */
export type Picture = { readonly item: Item; readonly isOnTop: boolean } | "all";

/** The board of a group. */
export function sheetOf(space: Space): Sheet {
  return space.part("sheet", () => new Sheet(space));
}

/** The things on a board, and the steps of this person. */
export class Sheet extends Shown {
  #onPicture: (change: Picture) => void = () => {};
  readonly #items = new Map<string, Item>();
  readonly #keys = new Map<string, string>();
  readonly #done: Change[][] = [];
  readonly #undone: Change[][] = [];
  #sorted: Item[] | undefined;
  #failure: unknown;

  constructor(space: Space) {
    super(space);
    space.on("record", ({ record }) => this.#take(record));
    space.on("gone", ({ id }) => this.#drop(id));
    space.on("saved", () => {
      this.#failure = undefined;
      this.changed();
    });
  }

  /** Tells whoever draws it of every change of the picture; the result ends that. */
  watchPicture(onPicture: (change: Picture) => void): () => void {
    this.#onPicture = onPicture;
    return () => {
      this.#onPicture = () => {};
    };
  }

  protected async read(): Promise<void> {
    const records = await this.space.group.find({ type: ITEM_TYPE });
    for (const record of records) {
      const item = itemOf(record);
      if (item !== undefined) this.#items.set(item.id, item);
    }
    this.#redraw();
  }

  /** Why the last thing could not be kept; undefined if all is. */
  get failure(): unknown {
    return this.#failure;
  }

  /** All things, those below first. */
  get items(): readonly Item[] {
    this.#sorted ??= [...this.#items.values()].sort(
      (a, b) => a.at - b.at || (a.id < b.id ? -1 : 1),
    );
    return this.#sorted;
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

  add(shapes: readonly Shape[]): Promise<void> {
    const key = (): string => crypto.randomUUID();
    return this.#do(shapes.map((after) => ({ key: key(), before: undefined, after })));
  }

  delete(ids: readonly string[]): Promise<void> {
    return this.change(ids, () => undefined);
  }

  /** Changes things of one's own; `to` says what each becomes. */
  change(ids: readonly string[], to: (shape: Shape) => Shape | undefined): Promise<void> {
    const items = ids.flatMap((id) => this.#items.get(id) ?? []);
    const ours = items.filter((item) => item.record !== undefined && this.isOurs(item));
    const changes = ours.map(({ id, shape }) => {
      return { key: this.#keyOf(id), before: shape, after: to(shape) };
    });
    return changes.length === 0 ? Promise.resolve() : this.#do(changes);
  }

  async undo(): Promise<void> {
    const step = this.#done.pop();
    if (step === undefined) return;
    const back = step.map(({ key, before, after }) => ({ key, before: after, after: before }));
    await this.#apply(back);
    this.#undone.push(step);
    this.changed();
  }

  async redo(): Promise<void> {
    const step = this.#undone.pop();
    if (step === undefined) return;
    await this.#apply(step);
    this.#done.push(step);
    this.changed();
  }

  async #do(step: Change[]): Promise<void> {
    this.#done.push(step);
    if (this.#done.length > STEPS_MAX) this.#done.shift();
    this.#undone.length = 0;
    this.changed();
    await this.#apply(step);
  }

  async #apply(step: readonly Change[]): Promise<void> {
    try {
      await Promise.all(step.map((change) => this.#applyOne(change)));
      this.#failure = undefined;
    } catch (thrown) {
      this.#failure = thrown;
      throw thrown;
    } finally {
      this.changed();
    }
  }

  async #applyOne({ key, after }: Change): Promise<void> {
    const { group } = this.space;
    const record = this.#items.get(this.#keys.get(key) ?? "")?.record;
    if (after === undefined) {
      // Somebody else may have deleted it meanwhile: then all is as it should be.
      if (record !== undefined) await group.delete(record);
      return;
    }
    if (record !== undefined) {
      await group.update(record, { data: after });
      return;
    }
    // Drawn at once; the record takes its place.
    const pending = `pending-${key}`;
    // As it will be read back, so that it is recognised.
    const shape = readShape(after) ?? after;
    const fixed = { shape, area: areaOf(shape), record: undefined };
    const item = { id: pending, ...fixed, creator: this.space.me.id, at: Date.now() };
    this.#put(item);
    try {
      this.#keys.set(key, await group.add({ type: ITEM_TYPE, data: after }));
      this.#drop(pending);
    } catch (thrown) {
      // It stands there as a record already, or else as what is not stored.
      if (isKeptAnyway(thrown)) this.#drop(pending);
      throw thrown;
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
    const item = record.deleted ? undefined : itemOf(record);
    if (item === undefined) this.#drop(record.id);
    else if (!this.#settle(item)) this.#put(item);
  }

  /** Whether a thing of one's own has become a record: it is drawn already. */
  #settle(item: Item): boolean {
    if (item.creator !== this.space.me.id || this.#items.has(item.id)) return false;
    const sorted = this.items as Item[];
    const content = JSON.stringify(item.shape);
    const isThis = ({ record, shape }: Item): boolean =>
      record === undefined && JSON.stringify(shape) === content;
    const place = sorted.findIndex(isThis);
    const pending = sorted[place];
    if (pending === undefined) return false;
    this.#items.delete(pending.id);
    this.#items.set(item.id, item);
    sorted[place] = item;
    this.changed();
    return true;
  }

  #put(item: Item): void {
    const isNew = !this.#items.has(item.id);
    const sorted = this.items as Item[];
    const last = sorted.at(-1);
    this.#items.set(item.id, item);
    if (isNew && (last === undefined || last.at <= item.at)) {
      sorted.push(item);
      this.#onPicture({ item, isOnTop: true });
    } else {
      this.#sorted = undefined;
      this.#onPicture({ item, isOnTop: false });
    }
    this.changed();
  }

  #drop(id: string): void {
    if (this.#items.delete(id)) this.#redraw();
  }

  #redraw(): void {
    this.#sorted = undefined;
    this.#onPicture("all");
    this.changed();
  }
}

function itemOf(record: GroupRecord): Item | undefined {
  const shape = readShape(jsonOf(record));
  if (shape === undefined) return undefined;
  const { id, creator, created } = record;
  return { id, shape, area: areaOf(shape), creator, at: created.getTime(), record };
}
