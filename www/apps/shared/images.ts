import { Said } from "./reasons.js";
import { readableSize, texts } from "./texts/index.js";

/** How large a picture may become. */
export interface PictureLimits {
  /** Its longer side, in pixels: more than a screen shows is left out. */
  readonly edge: number;
  /** Below this it is refused rather than made a blur; a picture that is smaller stays as it is. */
  readonly edgeMin?: number;
  readonly bytes: number;
  /** Only the square in its middle. */
  readonly square?: boolean;
}

/** A picture that was made to fit. */
export interface Shrunk {
  readonly blob: Blob;
  readonly width: number;
  readonly height: number;
  /** The longer side that it had. */
  readonly edgeBefore: number;
}

/** To decode a larger file takes more memory than a phone has. */
const SOURCE_MAX = 50_000_000;
/** Nobody sees a difference, hardly anybody does, and letters can just be read. */
const [BEST, MIDDLE, LEAST] = [0.85, 0.7, 0.5] as const;
const STEP = 1.25;

/**
 * Draws a picture anew within limits, as a WebP: with all its pixels if that is possible, else with
 * less quality, else with fewer pixels. What it says of place and camera is not kept. Rejects with
 * the sentence that a person is told.
 */
export async function shrink(picture: Blob, limits: PictureLimits): Promise<Shrunk> {
  const { edge, edgeMin = 32, bytes, square = false } = limits;
  if (picture.size > SOURCE_MAX) {
    throw new Said(texts.fileTooLarge(readableSize(picture.size), readableSize(SOURCE_MAX)));
  }
  const bitmap = await createImageBitmap(picture).catch(() => {
    throw new Said(texts.notAPicture);
  });
  try {
    const side = Math.min(bitmap.width, bitmap.height);
    const [width, height] = square ? [side, side] : [bitmap.width, bitmap.height];
    const edgeBefore = Math.max(width, height);
    const first = Math.min(edge, edgeBefore);
    for (let longest = first; longest >= Math.min(edgeMin, first); longest /= STEP) {
      const canvas = drawn(bitmap, [width, height], longest / edgeBefore);
      const blob = await fitted(canvas, bytes);
      if (blob === undefined) continue;
      return { blob, width: canvas.width, height: canvas.height, edgeBefore };
    }
  } finally {
    bitmap.close();
  }
  throw new Said(texts.pictureTooRich(Math.min(edgeMin, edge)));
}

/** What a person is told of a picture that lost pixels; nothing if it kept all. */
export function lossOf({ width, height, edgeBefore }: Shrunk): string {
  const edge = Math.max(width, height);
  return edge < edgeBefore ? texts.pictureReduced(edge, edgeBefore) : "";
}

/** The middle of a picture, so much smaller. */
function drawn(
  bitmap: ImageBitmap,
  [width, height]: readonly [number, number],
  scale: number,
): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const [x, y] = [(bitmap.width - width) / 2, (bitmap.height - height) / 2];
  const context = canvas.getContext("2d");
  if (context !== null) context.imageSmoothingQuality = "high";
  context?.drawImage(bitmap, x, y, width, height, 0, 0, canvas.width, canvas.height);
  return canvas;
}

/** A picture in the best quality of so many bytes at most; a large one takes a second to encode. */
async function fitted(canvas: HTMLCanvasElement, bytes: number): Promise<Blob | undefined> {
  const encode = async (quality: number): Promise<Blob | undefined> => {
    const blob = await webpOf(canvas, quality);
    return blob === null || blob.size > bytes ? undefined : blob;
  };
  const best = await encode(BEST);
  if (best !== undefined) return best;
  const least = await encode(LEAST);
  return least && ((await encode(MIDDLE)) ?? least);
}

/** Browsers that cannot write WebP write PNG instead, whatever the quality. */
function webpOf(canvas: HTMLCanvasElement, quality: number): Promise<Blob | null> {
  return new Promise((resolve) => canvas.toBlob(resolve, "image/webp", quality));
}

/** A blob as a `data:` address. */
export function dataUrl(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}
