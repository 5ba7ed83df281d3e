import { useLayoutEffect, useRef } from "preact/hooks";
import { texts } from "../shared/texts/index.js";
import { type Label, LINE_HEIGHT, round } from "./item.js";
import type { View } from "./surface.js";
import type { Ink } from "./tools.js";

interface Props {
  readonly view: View;
  readonly x: number;
  readonly y: number;
  readonly ink: Ink;
  readonly onDone: (shape: Label | undefined) => void;
}

/** How much higher letters are than a line of that thickness is thick. */
const LETTERS = 5;

/** A field to write in, right on the board. */
export function TextField({ view, x, y, ink, onDone }: Props) {
  const field = useRef<HTMLTextAreaElement>(null);
  const isDone = useRef(false);
  const size = 12 + ink.width * LETTERS;
  useLayoutEffect(() => field.current?.focus(), []);
  const finish = (isKept: boolean): void => {
    if (isDone.current) return;
    isDone.current = true;
    const text = field.current?.value.trimEnd() ?? "";
    const place = { x: round(x), y: round(y), colour: ink.colour, width: size };
    onDone(isKept && text.trim() !== "" ? { kind: "text", ...place, text } : undefined);
  };
  return (
    <textarea
      ref={field}
      class="text-field"
      data-testid="text-field"
      aria-label={texts.textOnBoard}
      rows={2}
      style={{
        left: `${(x - view.x) * view.scale}px`,
        top: `${(y - view.y) * view.scale}px`,
        fontSize: `${size * view.scale}px`,
        lineHeight: LINE_HEIGHT,
        color: ink.colour,
      }}
      onBlur={() => finish(true)}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key === "Escape") finish(false);
        if (event.key === "Enter" && !event.shiftKey && !event.isComposing) finish(true);
      }}
    />
  );
}
