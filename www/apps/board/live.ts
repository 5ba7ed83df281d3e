import type { Space } from "../shared/space.js";
import { POINTS_MAX, readShape, round, type Stroke } from "./item.js";

const LIVE = "board.live";
/** What moves is sent so far apart, in milliseconds. */
const SPACING_MS = 12;
/** So many points are sent again, in case the message before was lost. */
const OVERLAP = 8;
/** Of whom nothing was heard for so long is not drawing any more. */
const STROKE_MS = 10_000;
const CURSOR_MS = 8_000;
const STROKES_MAX = 64;
/** Nobody draws with more than that at once, on all the pages that are open. */
const STROKES_OF_ONE_MAX = 8;
/** What somebody is drawing is outlined anew with every frame: that much of it, and no more. */
const NUMBERS_OF_ONE_MAX = 3 * POINTS_MAX;
/** Names are no longer than the package makes them, with room for those of other programs. */
const ID_MAX = 64;

/** Where somebody points. */
export interface Cursor {
  readonly peer: string;
  /** Where it is drawn, on its way to where it is. */
  x: number;
  y: number;
  toX: number;
  toY: number;
  at: number;
}

interface LiveStroke {
  readonly peer: string;
  readonly stroke: { -readonly [Key in keyof Stroke]: Stroke[Key] } & { points: number[] };
  at: number;
}

/** What travels; nothing of it is kept. */
interface Wire {
  /** Where the pointer is. */
  at?: [number, number];
  /** The stroke that is being drawn: `from` is the number of points before those sent. */
  stroke?: { id: string; colour: string; width: number; from: number; points: number[] };
  /** A stroke that was given up. */
  end?: string;
}

/** Strokes while they are drawn, and pointers: smooth rather than complete. */
export class Live {
  readonly #space: Space;
  #onChange: () => void = () => {};
  readonly #strokes = new Map<string, LiveStroke>();
  readonly #cursors = new Map<string, Cursor>();
  #lastSent = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #next: Wire = {};
  #sentPoints = 0;

  constructor(space: Space) {
    this.#space = space;
    space.onMessage(LIVE, (peer, data) => this.#hear(peer, data));
    space.signal.addEventListener("abort", () => clearTimeout(this.#timer));
  }

  /** Tells whoever draws it that something has moved; the result ends that. */
  watch(onChange: () => void): () => void {
    this.#onChange = onChange;
    return () => {
      this.#onChange = () => {};
    };
  }

  /** What the others are drawing now. */
  get strokes(): readonly Stroke[] {
    const now = performance.now();
    for (const [id, { at }] of this.#strokes) if (now - at > STROKE_MS) this.#strokes.delete(id);
    return [...this.#strokes.values()].map(({ stroke }) => stroke);
  }

  get cursors(): readonly Cursor[] {
    const now = performance.now();
    for (const [peer, { at }] of this.#cursors) {
      if (now - at > CURSOR_MS) this.#cursors.delete(peer);
    }
    return [...this.#cursors.values()];
  }

  /** Tells where the pointer is. */
  point(x: number, y: number): void {
    this.#next.at = [round(x), round(y)];
    this.#send();
  }

  /** Tells how far a stroke has come. */
  draw(id: string, { colour, width, points }: Stroke): void {
    const isNew = this.#next.stroke?.id !== id && points.length <= 3;
    if (isNew) this.#sentPoints = 0;
    const from = Math.max(0, this.#sentPoints - 3 * OVERLAP);
    this.#next.stroke = { id, colour, width, from, points: points.slice(from) };
    // That somebody begins is seen at once, even if the pointer has just been told.
    if (isNew) this.#lastSent = 0;
    this.#send();
  }

  /** A stroke is finished or given up; a finished one comes as a record. */
  end(id: string, isKept: boolean): void {
    delete this.#next.stroke;
    this.#sentPoints = 0;
    if (isKept) return;
    this.#next.end = id;
    this.#send();
  }

  /** The record of a stroke is here. */
  settle(live: string): void {
    if (this.#strokes.delete(live)) this.#onChange();
  }

  #send(): void {
    const wait = this.#lastSent + SPACING_MS - performance.now();
    if (wait > 0) {
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        this.#send();
      }, wait);
      return;
    }
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const wire = this.#next;
    if (Object.keys(wire).length === 0 || this.#space.present === 0) return;
    this.#next = {};
    this.#lastSent = performance.now();
    const { stroke } = wire;
    if (stroke !== undefined) this.#sentPoints = stroke.from + stroke.points.length;
    const content = JSON.stringify(wire);
    // What is lost is replaced by the next one.
    this.#space.group.broadcast(LIVE, content, { reliable: false }).catch(() => {});
  }

  #hear(peer: string, data: Uint8Array): void {
    const wire = readWire(data);
    if (wire === undefined) return;
    const { at, stroke, end } = wire;
    if (Array.isArray(at)) this.#hearCursor(peer, at);
    if (typeof stroke === "object" && stroke !== null) this.#hearStroke(peer, stroke);
    if (typeof end === "string" && this.#strokes.get(end)?.peer === peer) this.#strokes.delete(end);
    this.#onChange();
  }

  #hearCursor(peer: string, [x, y]: readonly unknown[]): void {
    if (!Number.isFinite(x) || !Number.isFinite(y)) return;
    const [toX, toY] = [x as number, y as number];
    const known = this.#cursors.get(peer) ?? { peer, x: toX, y: toY, toX, toY, at: 0 };
    this.#cursors.set(peer, Object.assign(known, { toX, toY, at: performance.now() }));
  }

  #hearStroke(peer: string, wire: { readonly id?: unknown; readonly from?: unknown }): void {
    const { id, from } = wire;
    const shape = readShape({ ...wire, kind: "stroke" });
    if (shape?.kind !== "stroke" || typeof id !== "string" || id.length > ID_MAX) return;
    if (!Number.isSafeInteger(from) || (from as number) < 0) return;
    const known = this.#strokes.get(id);
    if (known !== undefined && known.peer !== peer) return;
    const points = known?.stroke.points ?? [];
    // Of a gap nothing is drawn: the record closes it.
    const start = Math.min(from as number, points.length);
    if (start + shape.points.length > 3 * POINTS_MAX) return;
    if (known === undefined && !this.#makeRoom(peer)) return;
    points.splice(start, points.length, ...shape.points);
    const { colour, width } = shape;
    const stroke = { kind: "stroke" as const, colour, width, points };
    // The newest is the last.
    this.#strokes.delete(id);
    this.#strokes.set(id, { peer, stroke, at: performance.now() });
    this.#forgetOldest(peer);
  }

  /** Whether another stroke of somebody can be shown; what it drew before goes first. */
  #makeRoom(peer: string): boolean {
    const theirs = this.#of(peer);
    const [oldest] = theirs;
    if (oldest !== undefined && theirs.length >= STROKES_OF_ONE_MAX) {
      this.#strokes.delete(oldest[0]);
    }
    return this.#strokes.size < STROKES_MAX;
  }

  /** Forgets what somebody drew first, as long as all of it together is too much to draw. */
  #forgetOldest(peer: string): void {
    const theirs = this.#of(peer);
    let count = theirs.reduce((sum, [, { stroke }]) => sum + stroke.points.length, 0);
    for (const [id, { stroke }] of theirs) {
      if (count <= NUMBERS_OF_ONE_MAX) return;
      this.#strokes.delete(id);
      count -= stroke.points.length;
    }
  }

  /** What somebody is drawing, that of which was heard longest ago first. */
  #of(peer: string): [string, LiveStroke][] {
    return [...this.#strokes].filter(([, stroke]) => stroke.peer === peer);
  }
}

/** Reads what a member sent; it may have sent anything. */
function readWire(data: Uint8Array): { readonly [Key in keyof Wire]?: unknown } | undefined {
  try {
    const wire: unknown = JSON.parse(new TextDecoder().decode(data));
    return typeof wire === "object" && wire !== null ? wire : undefined;
  } catch {
    return undefined;
  }
}
