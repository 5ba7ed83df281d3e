import { type Area, areaOf, isHit, moved, overlap, POINTS_MAX, round, type Shape } from "./item.js";
import type { Live } from "./live.js";
import type { Sheet } from "./model.js";
import type { Item } from "./pile.js";
import type { Surface } from "./surface.js";

export const TOOLS = ["select", "pen", "line", "arrow", "rect", "ellipse", "text", "hand"] as const;
export type Tool = (typeof TOOLS)[number];

/** With what is drawn. */
export interface Ink {
  readonly colour: string;
  readonly width: number;
}

interface Hooks {
  readonly tool: () => Tool;
  readonly ink: () => Ink;
  readonly mayWrite: () => boolean;
  /** Somebody wants to write there. */
  readonly onText: (x: number, y: number) => void;
  readonly onSelect: () => void;
  readonly onError: (thrown: unknown) => void;
}

/** What is under way between a press and a release. */
type Gesture =
  | { readonly kind: "draw"; readonly id: string; readonly points: number[]; readonly ink: Ink }
  | { readonly kind: "box"; readonly x: number; readonly y: number }
  | { readonly kind: "move"; readonly x: number; readonly y: number }
  | { readonly kind: "frame"; readonly x: number; readonly y: number }
  | { readonly kind: "pan" };

/** How near is near enough, in pixels of the screen. */
const SLACK = 6;
/** A shape smaller than this was a slip. */
const SIZE_MIN = 3;

/** Makes of presses and movements what the tool in hand is for. Two fingers move the view. */
export class Pointers {
  readonly #surface: Surface;
  readonly #sheet: Sheet;
  readonly #live: Live;
  readonly #hooks: Hooks;
  readonly #down = new Map<number, PointerEvent>();
  #gesture: Gesture | undefined;

  constructor(surface: Surface, sheet: Sheet, live: Live, hooks: Hooks) {
    [this.#surface, this.#sheet, this.#live, this.#hooks] = [surface, sheet, live, hooks];
  }

  press(event: PointerEvent): void {
    this.#surface.canvas.setPointerCapture(event.pointerId);
    this.#down.set(event.pointerId, event);
    if (this.#down.size === 2) {
      this.#giveUp();
      return;
    }
    if (this.#down.size > 2) return;
    const [x, y] = this.#surface.place(event.clientX, event.clientY);
    const tool = this.#hooks.tool();
    if (tool === "hand" || event.button === 1 || !this.#hooks.mayWrite()) {
      this.#gesture = { kind: "pan" };
    } else if (tool === "select") this.#pressSelect(event, x, y);
    else if (tool === "text") {
      event.preventDefault();
      this.#hooks.onText(x, y);
    } else if (tool === "pen") {
      const points = [round(x), round(y), pressureOf(event)];
      this.#gesture = { kind: "draw", id: crypto.randomUUID(), points, ink: this.#hooks.ink() };
      this.#showStroke();
    } else this.#gesture = { kind: "box", x, y };
  }

  move(event: PointerEvent): void {
    const before = this.#down.get(event.pointerId);
    const [x, y] = this.#surface.place(event.clientX, event.clientY);
    this.#live.point(x, y);
    if (before === undefined) return;
    if (this.#down.size === 2) {
      this.#pinch(event, before);
      return;
    }
    this.#down.set(event.pointerId, event);
    const gesture = this.#gesture;
    const { overlay } = this.#surface;
    switch (gesture?.kind) {
      case "draw":
        this.#draw(gesture, event);
        return;
      case "box":
        overlay.shape = this.#box(gesture, x, y, event.shiftKey);
        break;
      case "move":
        overlay.shift = [x - gesture.x, y - gesture.y];
        break;
      case "frame":
        overlay.frame = areaBetween(gesture.x, gesture.y, x, y);
        break;
      case "pan":
        this.#surface.pan(event.clientX - before.clientX, event.clientY - before.clientY);
        break;
    }
    this.#surface.request();
  }

  release(event: PointerEvent): void {
    if (!this.#down.delete(event.pointerId)) return;
    const gesture = this.#gesture;
    this.#gesture = undefined;
    const { overlay } = this.#surface;
    const { shape, shift, frame } = overlay;
    overlay.shape = undefined;
    overlay.shift = [0, 0];
    overlay.frame = undefined;
    if (gesture?.kind === "draw") this.#finishStroke(gesture);
    else if (gesture?.kind === "box" && shape !== undefined) {
      const { w, h } = shape as Extract<Shape, { w: number }>;
      if (Math.hypot(w, h) >= SIZE_MIN) this.#add(shape);
    } else if (gesture?.kind === "move" && (shift[0] !== 0 || shift[1] !== 0)) {
      const [dx, dy] = [round(shift[0]), round(shift[1])];
      this.#sheet
        .change([...overlay.selected], (it) => moved(it, dx, dy))
        .catch(this.#hooks.onError);
    } else if (gesture?.kind === "frame" && frame !== undefined) {
      const inside = this.#sheet.items.filter((it) => overlap(it.area, frame));
      this.select(inside.filter((it) => this.#sheet.isOurs(it)).map(({ id }) => id));
    }
    this.#surface.request();
  }

  /** The system took the pointer away. */
  cancel(event: PointerEvent): void {
    if (this.#down.delete(event.pointerId)) this.#giveUp();
  }

  select(ids: readonly string[]): void {
    this.#surface.overlay.selected = new Set(ids);
    this.#surface.request();
    this.#hooks.onSelect();
  }

  #pressSelect(event: PointerEvent, x: number, y: number): void {
    const slack = SLACK / this.#surface.view.scale;
    const isMeant = (item: Item): boolean =>
      this.#sheet.isOurs(item) && isHit(item.shape, x, y, slack);
    // The topmost.
    const hit = [...this.#sheet.items].reverse().find(isMeant);
    const { selected } = this.#surface.overlay;
    if (hit === undefined) {
      this.select([]);
      this.#gesture = { kind: "frame", x, y };
      return;
    }
    if (event.shiftKey) this.select([...selected, hit.id]);
    else if (!selected.has(hit.id)) this.select([hit.id]);
    this.#gesture = { kind: "move", x, y };
  }

  #draw(gesture: Extract<Gesture, { kind: "draw" }>, event: PointerEvent): void {
    const coalesced = event.getCoalescedEvents?.() ?? [];
    for (const each of coalesced.length > 0 ? coalesced : [event]) {
      const [x, y] = this.#surface.place(each.clientX, each.clientY);
      gesture.points.push(round(x), round(y), pressureOf(each));
    }
    this.#showStroke();
    if (gesture.points.length < 3 * (POINTS_MAX - 64)) return;
    // Full: what follows is another stroke, from the same place on.
    this.#finishStroke(gesture);
    this.#gesture = { ...gesture, id: crypto.randomUUID(), points: gesture.points.slice(-3) };
  }

  #showStroke(): void {
    const gesture = this.#gesture;
    if (gesture?.kind !== "draw") return;
    const stroke = { kind: "stroke" as const, ...gesture.ink, points: gesture.points };
    this.#surface.overlay.shape = stroke;
    this.#live.draw(gesture.id, stroke);
    this.#surface.request();
  }

  #finishStroke({ id, ink, points }: Extract<Gesture, { kind: "draw" }>): void {
    this.#live.end(id, true);
    this.#add({ kind: "stroke", ...ink, points: [...points], live: id });
  }

  #add(shape: Shape): void {
    this.#sheet.add([shape]).catch(this.#hooks.onError);
  }

  #box(from: { x: number; y: number }, x: number, y: number, isEven: boolean): Shape {
    const tool = this.#hooks.tool();
    const kind = tool === "rect" || tool === "ellipse" || tool === "line" ? tool : "arrow";
    let [w, h] = [x - from.x, y - from.y];
    if (isEven) {
      const size = Math.max(Math.abs(w), Math.abs(h));
      [w, h] = [size * Math.sign(w || 1), size * Math.sign(h || 1)];
    }
    const place = { x: round(from.x), y: round(from.y), w: round(w), h: round(h) };
    return { kind, ...this.#hooks.ink(), ...place };
  }

  #pinch(event: PointerEvent, before: PointerEvent): void {
    const other = [...this.#down.values()].find(({ pointerId }) => pointerId !== event.pointerId);
    this.#down.set(event.pointerId, event);
    if (other === undefined) return;
    const [was, is] = [gap(before, other), gap(event, other)];
    const [middleX, middleY] = [
      (event.clientX + other.clientX) / 2,
      (event.clientY + other.clientY) / 2,
    ];
    if (was > 0) this.#surface.zoom(is / was, middleX, middleY);
    const [dx, dy] = [event.clientX - before.clientX, event.clientY - before.clientY];
    this.#surface.pan(dx / 2, dy / 2);
  }

  #giveUp(): void {
    if (this.#gesture?.kind === "draw") this.#live.end(this.#gesture.id, false);
    this.#gesture = undefined;
    Object.assign(this.#surface.overlay, { shape: undefined, frame: undefined, shift: [0, 0] });
    this.#surface.request();
  }
}

/** What the pen says; other devices have nothing to say. */
function pressureOf(event: PointerEvent): number {
  return event.pointerType === "pen" ? Math.round(event.pressure * 100) / 100 : -1;
}

function areaBetween(x1: number, y1: number, x2: number, y2: number): Area {
  const box = { kind: "rect" as const, colour: "#000000", width: 1 };
  return areaOf({ ...box, x: x1, y: y1, w: x2 - x1, h: y2 - y1 });
}

const gap = (a: PointerEvent, b: PointerEvent): number =>
  Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
