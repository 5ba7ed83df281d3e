import { dataUrl } from "../shared/images.js";
import { arrowHead, draw, FONT, outlineOf } from "./draw.js";
import { type Area, around, LINE_HEIGHT, type Shape } from "./item.js";
import type { Item } from "./pile.js";

const MARGIN = 24;
/** Browsers draw no larger pictures than this, a side. */
const SIDE_MAX = 8_000;

/** Gives a picture of the board; undefined if it is not here. */
type GetPicture = (id: string) => Promise<Blob | undefined>;

/** The whole board as an SVG, with its pictures in it. */
export async function svgOf(items: readonly Item[], get: GetPicture): Promise<Blob> {
  const { left, top, right, bottom } = areaOfAll(items);
  const view = `${left} ${top} ${right - left} ${bottom - top}`;
  const head = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${view}">`;
  const paper = `<rect x="${left}" y="${top}" width="100%" height="100%" fill="#fff"/>`;
  const content: BlobPart[] = [];
  // More may come while pictures are looked for.
  for (const { shape } of [...items]) content.push(await elementOf(shape, get), "\n");
  return new Blob([`${head}\n${paper}\n`, ...content, "</svg>\n"], { type: "image/svg+xml" });
}

/** The whole board as a PNG, twice as fine as it is seen if that is possible. */
export async function pngOf(items: readonly Item[], get: GetPicture): Promise<Blob> {
  const { left, top, right, bottom } = areaOfAll(items);
  const { scale, ...size } = sizeOf(right - left, bottom - top);
  const canvas = Object.assign(document.createElement("canvas"), size);
  const context = canvas.getContext("2d");
  if (context === null) throw new Error("this browser cannot draw");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.setTransform(scale, 0, 0, scale, -left * scale, -top * scale);
  for (const { shape } of [...items]) {
    if (shape.kind !== "image") draw(context, shape, scale, () => undefined);
    else await paint(context, shape, await get(shape.picture));
  }
  return new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no picture"))), "image/png"),
  );
}

/** How large the picture of a board is, in pixels, which are whole. */
export function sizeOf(width: number, height: number) {
  const scale = Math.min(2, SIDE_MAX / Math.max(width, height));
  const pixels = (side: number): number => Math.max(1, Math.floor(side * scale));
  return { scale, width: pixels(width), height: pixels(height) };
}

/** Draws a picture, which must be there before what lies above it. */
async function paint(
  context: CanvasRenderingContext2D,
  { x, y, w, h }: Extract<Shape, { kind: "image" }>,
  picture: Blob | undefined,
): Promise<void> {
  const bitmap = await (picture && createImageBitmap(picture).catch(() => undefined));
  if (bitmap === undefined) return;
  context.drawImage(bitmap, x, y, w, h);
  bitmap.close();
}

function areaOfAll(items: readonly Item[]): Area {
  const area = around(items.map((item) => item.area)) ?? { left: 0, top: 0, right: 1, bottom: 1 };
  return {
    left: Math.floor(area.left - MARGIN),
    top: Math.floor(area.top - MARGIN),
    right: Math.ceil(area.right + MARGIN),
    bottom: Math.ceil(area.bottom + MARGIN),
  };
}

async function elementOf(shape: Shape, get: GetPicture): Promise<string> {
  const { colour, width } = shape;
  const line = `fill="none" stroke="${colour}" stroke-width="${width}" stroke-linecap="round"`;
  switch (shape.kind) {
    case "stroke":
      return `<path d="${outlineOf(shape, true)}" fill="${colour}"/>`;
    case "text": {
      const lines = shape.text.split("\n").map((text, index) => {
        const y = shape.y + (index * LINE_HEIGHT + 0.8) * width;
        return `<tspan x="${shape.x}" y="${y}">${escaped(text)}</tspan>`;
      });
      const font = `font-family="${FONT}" font-size="${width}" fill="${colour}"`;
      return `<text ${font} xml:space="preserve">${lines.join("")}</text>`;
    }
    case "image": {
      const { x, y, w, h, picture } = shape;
      const blob = await get(picture);
      const href = blob === undefined ? "" : await dataUrl(blob);
      return `<image x="${x}" y="${y}" width="${w}" height="${h}" href="${escaped(href)}"/>`;
    }
    case "rect": {
      const { x, y, w, h } = shape;
      const [left, top] = [Math.min(x, x + w), Math.min(y, y + h)];
      const size = `width="${Math.abs(w)}" height="${Math.abs(h)}"`;
      return `<rect x="${left}" y="${top}" ${size} ${line}/>`;
    }
    case "ellipse": {
      const { x, y, w, h } = shape;
      const radii = `rx="${Math.abs(w / 2)}" ry="${Math.abs(h / 2)}"`;
      return `<ellipse cx="${x + w / 2}" cy="${y + h / 2}" ${radii} ${line}/>`;
    }
    default: {
      const { x, y, w, h } = shape;
      const [toX, toY] = [x + w, y + h];
      const head = shape.kind === "arrow" ? arrowHead(x, y, w, h, width) : [];
      const sides = head.map(([sideX, sideY]) => `M${toX} ${toY}L${sideX} ${sideY}`).join("");
      return `<path d="M${x} ${y}L${toX} ${toY}${sides}" ${line}/>`;
    }
  }
}

/** What no XML may hold, however it is written. */
const NO_XML = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;

function escaped(text: string): string {
  const marks: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  return text.replace(NO_XML, "").replace(/[&<>"]/g, (mark) => marks[mark] as string);
}
