// A text that somebody is writing on the board. It is kept with every letter, and until it is a
// record: a page that dies in between gives it back in its field.
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
  /** Names it for good, so that it comes onto the board once. */
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
    for (const place of drafts.under(TEXT)) {
      const draft = drafts.get<Writing>(place);
      const held = sheet.named(place.slice(TEXT.length));
      if (held?.record !== undefined) drafts.drop(place);
      else if (held === undefined && draft !== undefined && open.current === undefined) show(draft);
    }
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
    if (kept.trim() === "") {
      drafts.drop(TEXT + key);
      return;
    }
    const label: Label = { kind: "text", ...looks, text: kept, live: key };
    sheet.add([label]).then(
      () => drafts.drop(TEXT + key),
      // It is drawn, and can be tried again; its draft stays until it is kept.
      (thrown) => say(reasonOf(thrown)),
    );
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
