/** Draws a picture smaller, as a JPEG or WebP of at most so many bytes; undefined if that fails. */
export async function shrink(
  picture: Blob,
  { edge, bytes, square = false }: { edge: number; bytes: number; square?: boolean },
): Promise<{ blob: Blob; width: number; height: number } | undefined> {
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(picture);
  } catch {
    return undefined;
  }
  const side = Math.min(bitmap.width, bitmap.height);
  const [sourceWidth, sourceHeight] = square ? [side, side] : [bitmap.width, bitmap.height];
  try {
    for (let longest = edge; longest >= 32; longest /= 1.5) {
      const scale = Math.min(1, longest / Math.max(sourceWidth, sourceHeight));
      const width = Math.max(1, Math.round(sourceWidth * scale));
      const height = Math.max(1, Math.round(sourceHeight * scale));
      const canvas = document.createElement("canvas");
      Object.assign(canvas, { width, height });
      const [x, y] = [(bitmap.width - sourceWidth) / 2, (bitmap.height - sourceHeight) / 2];
      const context = canvas.getContext("2d");
      context?.drawImage(bitmap, x, y, sourceWidth, sourceHeight, 0, 0, width, height);
      const blob = await new Promise<Blob | null>((resolve) =>
        // Browsers that cannot write WebP write PNG instead.
        canvas.toBlob(resolve, "image/webp", 0.82),
      );
      if (blob !== null && blob.size <= bytes) return { blob, width, height };
    }
  } finally {
    bitmap.close();
  }
  return undefined;
}

/** A blob as a `data:` address. */
export async function dataUrl(blob: Blob): Promise<string> {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return `data:${blob.type};base64,${btoa(text)}`;
}
