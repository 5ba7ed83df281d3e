/** What stands on a board. Places are in units of the board; at zoom 1 that is a CSS pixel. */
interface Common {
  readonly colour: string;
  /** How thick the line is; of a text, how high the letters are. */
  readonly width: number;
  /** The name under which it was shown while it was being drawn or written. */
  readonly live?: string | undefined;
  /** Whether it was taken away: it is not drawn, and can be brought back as what it was. */
  readonly gone?: true | undefined;
}

export interface Stroke extends Common {
  readonly kind: "stroke";
  /** x, y and pressure (0 to 1; negative if the device has none) of each point, in turn. */
  readonly points: readonly number[];
}

export interface Box extends Common {
  readonly kind: "rect" | "ellipse" | "line" | "arrow";
  readonly x: number;
  readonly y: number;
  /** Of a line or an arrow: to where it goes from there; may be negative. */
  readonly w: number;
  readonly h: number;
}

export interface Label extends Common {
  readonly kind: "text";
  readonly x: number;
  readonly y: number;
  readonly text: string;
}

export interface Picture extends Common {
  readonly kind: "image";
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
  /** The id of a picture of the group. */
  readonly picture: string;
}

export type Shape = Stroke | Box | Label | Picture;

export interface Area {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** A stroke is cut here; the next one goes on from there. */
export const POINTS_MAX = 4_000;
export const TEXT_MAX = 2_000;
const FAR = 1_000_000;
export const LINE_HEIGHT = 1.25;

const isPlace = (value: unknown): value is number =>
  typeof value === "number" && Math.abs(value) <= FAR;

/** Reads what a member wrote; undefined if it is nothing that can be drawn. */
export function readShape(value: unknown): Shape | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const fields = value as Record<string, unknown>;
  const { kind, colour, width, points, x, y, w, h, text, picture } = fields;
  if (typeof colour !== "string" || !/^#[0-9a-f]{6}$/.test(colour)) return undefined;
  if (typeof width !== "number" || !(width > 0 && width <= 400)) return undefined;
  const { live, gone } = fields;
  const common = {
    colour,
    width,
    ...(typeof live === "string" && { live }),
    ...(gone === true && { gone: true as const }),
  };
  if (kind === "stroke") {
    if (!Array.isArray(points) || points.length < 3 || points.length % 3 !== 0) return undefined;
    if (points.length > 3 * POINTS_MAX || !points.every(isPlace)) return undefined;
    return { kind, ...common, points };
  }
  if (!isPlace(x) || !isPlace(y)) return undefined;
  if (kind === "text") {
    return typeof text === "string" && text !== ""
      ? { kind, ...common, x, y, text: text.slice(0, TEXT_MAX) }
      : undefined;
  }
  if (!isPlace(w) || !isPlace(h)) return undefined;
  if (kind === "image") {
    const isPicture = typeof picture === "string" && /^[a-z0-9]+$/.test(picture);
    return isPicture ? { kind, ...common, x, y, w, h, picture } : undefined;
  }
  const isBox = kind === "rect" || kind === "ellipse" || kind === "line" || kind === "arrow";
  return isBox ? { kind, ...common, x, y, w, h } : undefined;
}

/** The same shape somewhere else. */
export function moved(shape: Shape, dx: number, dy: number): Shape {
  if (shape.kind !== "stroke") return { ...shape, x: shape.x + dx, y: shape.y + dy };
  const points = shape.points.map((value, index) => {
    if (index % 3 === 2) return value;
    return round(value + (index % 3 === 0 ? dx : dy));
  });
  return { ...shape, points };
}

/** A tenth of a unit is finer than anybody sees. */
export function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** What a shape covers, with the thickness of its line. */
export function areaOf(shape: Shape): Area {
  const edge = shape.kind === "image" || shape.kind === "text" ? 0 : shape.width + 2;
  const places = placesOf(shape);
  let [left, top, right, bottom] = [FAR, FAR, -FAR, -FAR];
  for (let at = 0; at < places.length; at += 3) {
    const [x, y] = [places[at] as number, places[at + 1] as number];
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  }
  return { left: left - edge, top: top - edge, right: right + edge, bottom: bottom + edge };
}

/** Places that a shape lies between, as the points of a stroke stand. */
function placesOf(shape: Shape): readonly number[] {
  if (shape.kind === "stroke") return shape.points;
  const { x, y } = shape;
  if (shape.kind !== "text") return [x, y, 0, x + shape.w, y + shape.h, 0];
  const lines = shape.text.split("\n");
  const longest = Math.max(...lines.map((line) => line.length));
  // Near enough to be found: no letter is wider.
  const width = longest * shape.width * 0.62;
  return [x, y, 0, x + width, y + lines.length * shape.width * LINE_HEIGHT, 0];
}

export function overlap(a: Area, b: Area): boolean {
  return a.left <= b.right && b.left <= a.right && a.top <= b.bottom && b.top <= a.bottom;
}

/** Everything that any of these cover; undefined for none. */
export function around(areas: readonly Area[]): Area | undefined {
  if (areas.length === 0) return undefined;
  return areas.reduce((all, { left, top, right, bottom }) => ({
    left: Math.min(all.left, left),
    top: Math.min(all.top, top),
    right: Math.max(all.right, right),
    bottom: Math.max(all.bottom, bottom),
  }));
}

/** Whether somebody who points there means this shape. */
export function isHit(shape: Shape, x: number, y: number, slack: number): boolean {
  const near = { left: x - slack, top: y - slack, right: x + slack, bottom: y + slack };
  if (!overlap(areaOf(shape), near)) return false;
  const reach = slack + shape.width / 2;
  if (shape.kind === "stroke") {
    const { points } = shape;
    for (let at = 0; at < points.length; at += 3) {
      const next = Math.min(at + 3, points.length - 3);
      const [x1, y1] = [points[at] as number, points[at + 1] as number];
      const [x2, y2] = [points[next] as number, points[next + 1] as number];
      if (distance(x, y, x1, y1, x2, y2) <= reach) return true;
    }
    return false;
  }
  if (shape.kind !== "line" && shape.kind !== "arrow") return true;
  return distance(x, y, shape.x, shape.y, shape.x + shape.w, shape.y + shape.h) <= reach;
}

/** How far a point is from a line between two others. */
function distance(x: number, y: number, x1: number, y1: number, x2: number, y2: number): number {
  const [dx, dy] = [x2 - x1, y2 - y1];
  const length = dx * dx + dy * dy;
  const part = length === 0 ? 0 : ((x - x1) * dx + (y - y1) * dy) / length;
  const at = Math.min(1, Math.max(0, part));
  return Math.hypot(x - x1 - at * dx, y - y1 - at * dy);
}
