import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { shrink } from "../shared/images.js";
import { recall, remember } from "../shared/memory.js";
import { reasonOf } from "../shared/reasons.js";
import type { Space } from "../shared/space.js";
import { texts } from "../shared/texts/index.js";
import { Act, Problem } from "../shared/ui.js";
import { Markdown } from "./issue.js";
import { flawOf, type Issue, type Press } from "./model.js";

const PICTURE = { edge: 1_600, bytes: 230_000 };

interface Draft {
  readonly title: string;
  readonly text: string;
}

interface Props {
  readonly space: Space;
  readonly press: Press;
  /** What is corrected; nothing for a new issue. */
  readonly issue: Issue | undefined;
  /** The issue that was published; nothing if it was not. */
  readonly onDone: (id: string | undefined) => void;
}

/** Where an issue is written, with a preview beside it. The draft outlasts the page. */
export function Editor({ space, press, issue, onDone }: Props) {
  const key = `draft.${space.id}.${issue?.id ?? "new"}`;
  const start = { title: issue?.title ?? "", text: issue?.text ?? "" };
  const [draft, setDraft] = useState<Draft>(() => recall(key, start));
  const [problem, setProblem] = useState("");
  const field = useRef<HTMLTextAreaElement>(null);
  const fail = (thrown: unknown): void => setProblem(reasonOf(thrown));
  useLayoutEffect(() => remember(key, draft), [key, draft]);
  const publish = async (): Promise<void> => {
    const flaw = flawOf(draft.title, draft.text);
    setProblem(flaw === undefined ? "" : texts.flaws[flaw]);
    if (flaw !== undefined) return;
    let id = issue?.id;
    if (issue !== undefined) await press.correct(issue, draft.title, draft.text);
    else id = await press.publish(draft.title, draft.text);
    remember(key, undefined);
    onDone(id);
  };
  const addPicture = async (file: File | undefined): Promise<void> => {
    if (file === undefined) return;
    try {
      const small = await shrink(file, PICTURE);
      if (small === undefined) throw new Error("not a picture");
      const address = await press.addPicture(small.blob);
      const at = field.current?.selectionStart ?? draft.text.length;
      const words = file.name.replace(/\.[^.]*$/, "").replace(/[[\]]/g, "");
      const mark = `\n![${words}](${address})\n`;
      setDraft({ ...draft, text: draft.text.slice(0, at) + mark + draft.text.slice(at) });
    } catch (thrown) {
      fail(thrown);
    }
  };
  return (
    <>
      <section class="stack" aria-label={texts.writeIssue}>
        <label>
          {texts.title}
          <input
            data-testid="issue-title"
            maxLength={200}
            value={draft.title}
            onInput={(event) => setDraft({ ...draft, title: event.currentTarget.value })}
          />
        </label>
        <label class="grow">
          {texts.markdown}
          <textarea
            ref={field}
            data-testid="issue-markdown"
            rows={16}
            value={draft.text}
            onInput={(event) => setDraft({ ...draft, text: event.currentTarget.value })}
          />
        </label>
        <Problem text={problem} hook="editor-problem" />
        <div class="row wrap">
          <label class="button">
            {texts.addImage}
            <input
              type="file"
              accept="image/*"
              class="hidden"
              data-testid="issue-image"
              onChange={(event) => void addPicture(event.currentTarget.files?.[0])}
            />
          </label>
          <Act hook="publish" class="primary" run={publish} onError={fail}>
            {issue === undefined ? texts.publish : texts.correct}
          </Act>
          <Act hook="editor-close" run={() => onDone(undefined)}>
            {texts.cancel}
          </Act>
        </div>
        <p class="quiet">{texts.draftKept}</p>
      </section>
      <section class="reader" aria-label={texts.preview}>
        <h2>{draft.title || texts.preview}</h2>
        <Markdown text={draft.text} press={press} />
      </section>
    </>
  );
}
