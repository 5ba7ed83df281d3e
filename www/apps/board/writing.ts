// A text that somebody is writing on the board. It is kept with every letter: when the page dies,
// the next one gives it back in its field.
import { useCallback, useRef, useState } from "preact/hooks";
import { reasonOf } from "../shared/reasons.js";
import type { Space } from "../shared/space.js";
import { texts } from "../shared/texts/index.js";
import { type Label, round, TEXT_MAX } from "./item.js";
import type { Sheet } from "./model.js";
import type { Ink } from "./tools.js";

/** Where drafts of texts on the board are kept. */
const TEXT = "text.";
/** How much higher letters are than a line of that thickness is thick. */
const LETTERS = 5;

/** A text in its field. */
export interface Writing {
  /** Names it for good. */
  readonly key: string;
  readonly x: number;
  readonly y: number;
  readonly colour: string;
  /** How high the letters are. */
  readonly width: number;
  readonly text: string;
}

/** The field that is open, if one is, and what can be done with it. */
export interface Desk {
  readonly writing: Writing | undefined;
  begin(place: readonly [number, number], ink: Ink, text?: string): void;
  write(text: string): void;
  finish(): void;
  /** Opens what an earlier page was left with; gives it. */
  resume(): Writing | undefined;
}

/** The desk of a board; `say` tells a person what went wrong. */
export function useDesk(space: Space, sheet: Sheet, say: (problem: string) => void): Desk {
  const [, draw] = useState(0);
  const open = useRef<Writing | undefined>(undefined);
  const { drafts } = space;
  const show = (writing: Writing | undefined): void => {
    open.current = writing;
    draw((count) => count + 1);
  };
  const resume = useCallback((): Writing | undefined => {
    const [place] = drafts.under(TEXT);
    if (open.current === undefined && place !== undefined) show(drafts.get<Writing>(place));
    return open.current;
  }, [sheet]);
  const finish = (): void => {
    const writing = open.current;
    if (writing === undefined) return;
    const { key, text, ...looks } = writing;
    const kept = text.trimEnd();
    const isTooLong = kept.length > TEXT_MAX;
    say(isTooLong ? texts.lineTooLong(kept.length, TEXT_MAX) : "");
    if (isTooLong) return;
    show(undefined);
    if (kept.trim() !== "") {
      const label: Label = { kind: "text", ...looks, text: kept, live: key };
      // From here on the board keeps it, and tries again.
      sheet.add([label]).catch((thrown) => say(reasonOf(thrown)));
    }
    drafts.drop(TEXT + key);
  };
  const keep = (writing: Writing): void => {
    drafts.keep(TEXT + writing.key, writing);
    show(writing);
  };
  return {
    writing: open.current,
    begin: ([x, y], { colour, width }, text = "") => {
      finish();
      const place = { x: round(x), y: round(y), colour, width: 12 + width * LETTERS };
      const writing = { key: crypto.randomUUID(), ...place, text };
      if (text === "") show(writing);
      else keep(writing);
    },
    write: (text) => {
      if (open.current !== undefined) keep({ ...open.current, text });
    },
    finish,
    resume,
  };
}
