// Pictures that come onto the board: chosen, pasted or dropped.
import { lossOf, shrink } from "../shared/images.js";
import { PICTURE_LIMITS } from "../shared/pictures.js";
import { Said } from "../shared/reasons.js";
import { texts } from "../shared/texts/index.js";
import { round } from "./item.js";
import type { Sheet } from "./model.js";
import type { Surface } from "./surface.js";
import type { Ink } from "./tools.js";

/** So many at a time: each takes a moment to be made ready, and room at everybody's. */
const AT_ONCE_MAX = 10;
/** How much of what is seen a picture covers at most. */
const SHARE = 0.7;
/** How far apart several lie, in units of the board. */
const APART = 30;

/** Where something is put: a point of the screen, or nothing for the middle of what is seen. */
export type Point = Pick<MouseEvent, "clientX" | "clientY"> | undefined;

/** That place on the board. */
export function placeOf(surface: Surface, point: Point): readonly [number, number] {
  if (point !== undefined) return surface.place(point.clientX, point.clientY);
  const { left, top, width, height } = surface.canvas.getBoundingClientRect();
  return surface.place(left + width / 2, top + height / 2);
}

/** Puts pictures onto the board; resolves with what a person is told of pixels that were lost. */
export async function addPictures(
  surface: Surface,
  sheet: Sheet,
  files: readonly Blob[],
  ink: Ink,
  point: Point,
): Promise<string> {
  if (files.length > AT_ONCE_MAX) throw new Said(texts.tooManyPictures(AT_ONCE_MAX));
  const [x, y] = placeOf(surface, point);
  let loss = "";
  for (const [index, file] of files.entries()) {
    const small = await shrink(file, PICTURE_LIMITS);
    const { scale } = surface.view;
    const { clientWidth, clientHeight } = surface.canvas;
    const room = [clientWidth / scale / small.width, clientHeight / scale / small.height];
    const fit = Math.min(1, ...room.map((share) => share * SHARE));
    const [w, h] = [round(small.width * fit), round(small.height * fit)];
    const place = {
      x: round(x - w / 2 + index * APART),
      y: round(y - h / 2 + index * APART),
      w,
      h,
    };
    const picture = await sheet.pictures.add(small.blob);
    await sheet.add([{ kind: "image", ...ink, ...place, picture }]);
    loss = lossOf(small) || loss;
  }
  return loss;
}
