import { useLayoutEffect, useRef } from "preact/hooks";
import { texts } from "../shared/texts/index.js";
import { LINE_HEIGHT } from "./item.js";
import type { View } from "./surface.js";
import type { Desk, Writing } from "./writing.js";

interface Props {
  readonly view: View;
  readonly writing: Writing;
  readonly desk: Desk;
}

/** A field to write in, right on the board. */
export function TextField({ view, writing, desk }: Props) {
  const { key, x, y, colour, width, text } = writing;
  const field = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => field.current?.focus(), [key]);
  return (
    <textarea
      ref={field}
      class="text-field"
      data-testid="text-field"
      aria-label={texts.textOnBoard}
      rows={Math.max(2, text.split("\n").length)}
      style={{
        left: `${(x - view.x) * view.scale}px`,
        top: `${(y - view.y) * view.scale}px`,
        fontSize: `${width * view.scale}px`,
        lineHeight: LINE_HEIGHT,
        color: colour,
      }}
      value={text}
      onInput={(event) => desk.write(event.currentTarget.value)}
      onBlur={desk.finish}
      onKeyDown={(event) => {
        event.stopPropagation();
        const isEnd = event.key === "Enter" && !event.shiftKey && !event.isComposing;
        // What was written stays on the board; a step back takes it away.
        if (isEnd || event.key === "Escape") desk.finish();
      }}
    />
  );
}
