// A camera's view of a QR code, as an uncompressed video (YUV4MPEG2) that a browser takes for one.
import { mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname } from "node:path";

const require = createRequire(new URL("../../../www/package.json", import.meta.url));
const [WIDTH, HEIGHT] = [960, 720];
/** A camera never stands still; one picture shown again and again is taken for one that does. */
const FRAMES = 3;

/** Writes the video; the code is as large as the picture allows, with the margin it needs. */
export function showQr(path, text) {
  const code = require("qrcode-generator")(0, "L");
  code.addData(text);
  code.make();
  const count = code.getModuleCount();
  const scale = Math.floor(Math.min(WIDTH, HEIGHT) / (count + 8));
  const [left, top] = [WIDTH, HEIGHT].map((side) => Math.floor((side - count * scale) / 2));
  const light = Buffer.alloc(WIDTH * HEIGHT, 235);
  for (let y = 0; y < count * scale; y += 1) {
    for (let x = 0; x < count * scale; x += 1) {
      const isDark = code.isDark(Math.floor(y / scale), Math.floor(x / scale));
      if (isDark) light[(top + y) * WIDTH + left + x] = 16;
    }
  }
  const colour = Buffer.alloc((WIDTH * HEIGHT) / 2, 128);
  const frame = Buffer.concat([Buffer.from("FRAME\n"), light, colour]);
  const head = Buffer.from(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F10:1 Ip A1:1 C420jpeg\n`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, Buffer.concat([head, ...Array(FRAMES).fill(frame)]));
}
