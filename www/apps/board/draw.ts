import { getStroke } from "perfect-freehand";
import { LINE_HEIGHT, round, type Shape, type Stroke } from "./item.js";

export const FONT = "system-ui, sans-serif";

/** The outline of a stroke, thick and thin as it was drawn, as an SVG path. */
export function outlineOf({ points, width }: Stroke, isDone: boolean): string {
  const input: number[][] = [];
  let hasPressure = true;
  for (let at = 0; at < points.length; at += 3) {
    const [x = 0, y = 0, pressure = -1] = points.slice(at, at + 3);
    if (pressure < 0) hasPressure = false;
    input.push([x, y, pressure < 0 ? 0.5 : pressure]);
  }
  const options = { size: width, thinning: 0.55, smoothing: 0.5, streamline: 0.35 };
  const outline = getStroke(input, { ...options, simulatePressure: !hasPressure, last: isDone });
  const [first] = outline;
  if (first === undefined) return "";
  // Through the middles of the sides, with the corners as control points: no corner is seen.
  let d = `M${round(first[0] ?? 0)} ${round(first[1] ?? 0)}Q`;
  for (const [index, [x = 0, y = 0]] of outline.entries()) {
    const [nextX = 0, nextY = 0] = outline[(index + 1) % outline.length] ?? [];
    d += `${round(x)} ${round(y)} ${round((x + nextX) / 2)} ${round((y + nextY) / 2)} `;
  }
  return `${d}Z`;
}

/** The lines of an arrow's head. */
export function arrowHead(x: number, y: number, w: number, h: number, width: number): number[][] {
  const angle = Math.atan2(h, w);
  const length = Math.min(Math.hypot(w, h), 8 + 3 * width);
  return [angle - 2.6, angle + 2.6].map((side) => [
    round(x + w + length * Math.cos(side)),
    round(y + h + length * Math.sin(side)),
  ]);
}

const paths = new WeakMap<Shape, Path2D>();
/** By their addresses in this page, so that a picture that is moved is not loaded again. */
const images = new Map<string, HTMLImageElement>();
/** As many as a board full of pictures shows at once. */
const IMAGES_MAX = 200;

/** In pixels: of a stroke thinner than this nobody sees where it is thicker. */
const THIN = 2.5;
/** In pixels: points nearer than this to the last one change nothing of a thin stroke. */
const NEAR = 0.75;

/** Gives the picture of that id if it can be drawn now. */
export type FindImage = (id: string) => HTMLImageElement | undefined;

/** Draws one shape; `zoom` is how many pixels a unit of the board has. */
export function draw(
  context: CanvasRenderingContext2D,
  shape: Shape,
  zoom: number,
  find: FindImage,
): void {
  context.fillStyle = shape.colour;
  context.strokeStyle = shape.colour;
  context.lineWidth = shape.width;
  context.lineCap = "round";
  context.lineJoin = "round";
  switch (shape.kind) {
    case "stroke":
      if (shape.width * zoom < THIN) drawThin(context, shape, NEAR / zoom);
      else context.fill(pathOf(shape, () => new Path2D(outlineOf(shape, true))));
      break;
    case "text":
      context.font = `${shape.width}px ${FONT}`;
      context.textBaseline = "top";
      for (const [line, text] of shape.text.split("\n").entries()) {
        context.fillText(text, shape.x, shape.y + line * shape.width * LINE_HEIGHT);
      }
      break;
    case "image":
      drawPicture(context, shape, zoom, find(shape.picture));
      break;
    default:
      context.stroke(pathOf(shape, () => boxPath(shape)));
  }
}

/** Draws a stroke as a line: a full board seen as a whole has thousands of them. */
function drawThin(context: CanvasRenderingContext2D, { points }: Stroke, near: number): void {
  let [x, y] = [points[0] as number, points[1] as number];
  context.beginPath();
  context.moveTo(x, y);
  for (let at = 3; at < points.length; at += 3) {
    const [toX, toY] = [points[at] as number, points[at + 1] as number];
    const isLast = at + 3 >= points.length;
    if (!isLast && Math.abs(toX - x) + Math.abs(toY - y) < near) continue;
    context.lineTo(toX, toY);
    [x, y] = [toX, toY];
  }
  // A dot is a line to where it began.
  if (points.length === 3) context.lineTo(x, y);
  context.stroke();
}

/** Draws a stroke that is not finished; its path is not worth keeping. */
export function drawLive(context: CanvasRenderingContext2D, stroke: Stroke): void {
  context.fillStyle = stroke.colour;
  context.fill(new Path2D(outlineOf(stroke, false)));
}

function pathOf(shape: Shape, make: () => Path2D): Path2D {
  let path = paths.get(shape);
  if (path === undefined) {
    path = make();
    paths.set(shape, path);
  }
  return path;
}

function boxPath({ kind, x, y, w, h, width }: Extract<Shape, { w: number }>): Path2D {
  const path = new Path2D();
  if (kind === "rect") path.rect(x, y, w, h);
  else if (kind === "ellipse") {
    path.ellipse(x + w / 2, y + h / 2, Math.abs(w / 2), Math.abs(h / 2), 0, 0, 2 * Math.PI);
  } else {
    path.moveTo(x, y);
    path.lineTo(x + w, y + h);
    if (kind === "arrow") {
      for (const [toX = 0, toY = 0] of arrowHead(x, y, w, h, width)) {
        path.moveTo(x + w, y + h);
        path.lineTo(toX, toY);
      }
    }
  }
  return path;
}

/** The image of an address in this page; `onLoad` runs once it can be drawn. */
export function imageOf(url: string, onLoad: () => void): HTMLImageElement {
  let image = images.get(url);
  if (image === undefined) {
    image = new Image();
    image.src = url;
    images.set(url, image);
    const [oldest] = images.keys();
    if (images.size > IMAGES_MAX && oldest !== undefined) images.delete(oldest);
  }
  if (!image.complete) image.addEventListener("load", onLoad, { once: true });
  return image;
}

/** A picture that is not here yet is a frame in which it will be. */
function drawPicture(
  context: CanvasRenderingContext2D,
  { x, y, w, h }: Extract<Shape, { kind: "image" }>,
  zoom: number,
  image: HTMLImageElement | undefined,
): void {
  if (image?.complete && image.naturalWidth > 0) {
    context.drawImage(image, x, y, w, h);
    return;
  }
  context.fillStyle = "#eef0f4";
  context.fillRect(x, y, w, h);
  context.strokeStyle = "#9aa3b5";
  context.lineWidth = 1 / zoom;
  context.setLineDash([6 / zoom, 4 / zoom]);
  context.strokeRect(x, y, w, h);
  context.setLineDash([]);
}
