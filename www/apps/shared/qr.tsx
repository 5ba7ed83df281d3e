import { useEffect, useRef, useState } from "preact/hooks";
import { texts } from "./texts/index.js";
import { Problem } from "./ui.js";

/** A text as a QR code. What does not fit into one is not drawn. */
export function Qr({
  text,
  label,
  isDense = false,
}: {
  text: string;
  label: string;
  isDense?: boolean;
}) {
  const [path, setPath] = useState<{ d: string; size: number } | undefined>();
  useEffect(() => {
    let isWanted = true;
    void import("qrcode-generator").then(({ default: generate }) => {
      const code = generate(0, isDense ? "L" : "M");
      code.addData(text, /^[A-Z0-9]+$/.test(text) ? "Alphanumeric" : "Byte");
      try {
        code.make();
      } catch {
        return;
      }
      const size = code.getModuleCount();
      let d = "";
      for (let y = 0; y < size; y += 1) {
        for (let x = 0; x < size; x += 1) if (code.isDark(y, x)) d += `M${x} ${y}h1v1h-1z`;
      }
      if (isWanted) setPath({ d, size });
    });
    return () => {
      isWanted = false;
    };
  }, [text]);
  if (path === undefined) return null;
  const { d, size } = path;
  return (
    <svg
      class={isDense ? "qr dense" : "qr"}
      role="img"
      data-testid="qr"
      data-modules={size}
      aria-label={label}
      viewBox={`-4 -4 ${size + 8} ${size + 8}`}
    >
      <path d={d} fill="#000" />
    </svg>
  );
}

/** Reads QR codes from the camera, until one is found. */
export function Scanner({ onFound }: { onFound: (text: string) => void }) {
  const video = useRef<HTMLVideoElement>(null);
  const [problem, setProblem] = useState("");
  useEffect(() => {
    const scan = new AbortController();
    scanFrom(video.current as HTMLVideoElement, scan.signal).then(
      (text) => text !== undefined && onFound(text),
      () => setProblem(texts.noCamera),
    );
    return () => scan.abort();
  }, []);
  if (problem !== "") return <Problem text={problem} />;
  return <video ref={video} class="scanner" muted playsInline aria-label={texts.camera} />;
}

/** Resolves with the first code that is seen, or with nothing once it is aborted. */
async function scanFrom(video: HTMLVideoElement, signal: AbortSignal): Promise<string | undefined> {
  const { default: read } = await import("jsqr");
  const stream = await navigator.mediaDevices.getUserMedia({
    video: { facingMode: "environment" },
  });
  try {
    if (signal.aborted) return undefined;
    video.srcObject = stream;
    await video.play();
    const canvas = document.createElement("canvas");
    const context = canvas.getContext("2d", { willReadFrequently: true });
    while (!signal.aborted) {
      const { videoWidth: width, videoHeight: height } = video;
      if (width > 0 && context !== null) {
        Object.assign(canvas, { width, height });
        context.drawImage(video, 0, 0);
        const found = read(context.getImageData(0, 0, width, height).data, width, height);
        if (found !== null && found.data !== "") return found.data;
      }
      await new Promise((resolve) => setTimeout(resolve, 120));
    }
    return undefined;
  } finally {
    for (const track of stream.getTracks()) track.stop();
  }
}
