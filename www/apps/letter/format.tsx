import type { RefObject } from "preact";
import { texts } from "../shared/texts/index.js";
import { Icon } from "../shared/ui.js";
import { changeFor, MARKS, type Mark } from "./marks.js";

const KEYS: Readonly<Record<string, Mark>> = { b: "bold", i: "italic", k: "link" };

type Field = HTMLTextAreaElement;

/** Puts a mark on what is chosen in the field, as typing would: it can be undone there. */
function put(field: Field, mark: Mark): void {
  const { value, selectionStart, selectionEnd } = field;
  const { from, to, insert, start, end } = changeFor(value, selectionStart, selectionEnd, mark);
  field.focus();
  field.setSelectionRange(from, to);
  // The only way that the field's own undo knows of.
  const isDone = document.execCommand("insertText", false, insert);
  if (!isDone || field.value === value) {
    field.setRangeText(insert, from, to);
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
  field.setSelectionRange(start, end);
}

/** The mark that a key stands for, put on; says whether the key stood for one. */
export function markByKey(event: KeyboardEvent, field: Field): boolean {
  const mark = KEYS[event.key.toLowerCase()];
  if (mark === undefined || event.shiftKey || event.altKey) return false;
  if (!event.ctrlKey && !event.metaKey) return false;
  put(field, mark);
  return true;
}

interface Props {
  readonly field: RefObject<Field | null>;
  readonly onPictures: (files: readonly File[]) => void;
}

/** The buttons above the text. */
export function Format({ field, onPictures }: Props) {
  return (
    <div class="format" role="toolbar" aria-label={texts.formatting}>
      {MARKS.map((mark) => (
        <button
          key={mark}
          type="button"
          class="plain"
          data-testid={`format-${mark}`}
          aria-label={texts.marks[mark]}
          title={texts.marks[mark]}
          // What is chosen in the field stays chosen.
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => field.current !== null && put(field.current, mark)}
        >
          <Icon name={mark} size={20} />
        </button>
      ))}
      <label class="button plain" title={texts.addImage}>
        <Icon name="image" size={20} />
        <span class="hidden">{texts.addImage}</span>
        <input
          type="file"
          accept="image/*"
          multiple
          class="hidden"
          data-testid="issue-image"
          onChange={(event) => {
            onPictures([...(event.currentTarget.files ?? [])]);
            event.currentTarget.value = "";
          }}
        />
      </label>
    </div>
  );
}
