import { useRef, useState } from "preact/hooks";
import { useDraft } from "../shared/drafts.js";
import { lossOf, shrink } from "../shared/images.js";
import { plainName } from "../shared/names.js";
import { PICTURE_LIMITS } from "../shared/pictures.js";
import { reasonOf } from "../shared/reasons.js";
import { isKeptAnyway, type Space } from "../shared/space.js";
import { texts } from "../shared/texts/index.js";
import { Act, confirmed, Problem } from "../shared/ui.js";
import { Markdown } from "./issue.js";
import { flawOf, type Issue, type Press } from "./model.js";

/** At the desk: nothing that was published yet. */
export const NEW = "new";

interface Draft {
  readonly title: string;
  readonly text: string;
  /** Names the issue for good, so that it is not published twice if the page dies meanwhile. */
  readonly key: string;
  /** The version that is corrected. */
  readonly version: number;
}

interface Props {
  readonly space: Space;
  readonly press: Press;
  /** What is corrected, or `NEW`. */
  readonly id: string;
  /** The issue that was published; nothing if it was not. */
  readonly onDone: (id: string | undefined) => void;
}

/** Where an issue is written, with a preview beside it. The draft outlasts the page. */
export function Editor({ space, press, id, onDone }: Props) {
  const { drafts } = space;
  const issue = press.issues.find((it) => it.id === id);
  const place = `issue.${id}`;
  const [fresh] = useState(() => crypto.randomUUID());
  const { title = "", text = "", version = 0 } = issue ?? {};
  const start: Draft = { title, text, version, key: fresh };
  const [kept, put] = useDraft<Draft>(drafts, place, start);
  // What is an issue by now is no draft any more, although it is kept until it is safe.
  const draft = issue === undefined && press.named(kept.key) !== undefined ? start : kept;
  const now = useRef(draft);
  now.current = draft;
  const set = (change: Partial<Draft>): void => {
    now.current = { ...now.current, ...change };
    put(now.current);
  };
  const [problem, setProblem] = useState("");
  const [note, setNote] = useState("");
  const field = useRef<HTMLTextAreaElement>(null);
  const fail = (thrown: unknown): void => setProblem(reasonOf(thrown));
  const publish = async (): Promise<void> => {
    const flaw = flawOf(draft.title, draft.text);
    setProblem(flaw === undefined ? "" : texts.flaws[flaw]);
    if (flaw !== undefined || !(await mayReplace(space, issue, draft.version))) return;
    let published = issue?.id;
    try {
      if (issue !== undefined) await press.correct(issue, draft.title, draft.text);
      else published = await press.publish(draft.key, draft.title, draft.text);
      drafts.drop(place);
    } catch (thrown) {
      // What only the store refused is an issue all the same; its draft stays until it is safe.
      if (!isKeptAnyway(thrown)) throw thrown;
      published ??= press.named(draft.key)?.id;
    }
    onDone(published);
  };
  const discard = async (): Promise<void> => {
    if (!(await confirmed(texts.discardDraft, texts.discardDraftLead, texts.discardDraft))) return;
    drafts.drop(place);
    onDone(undefined);
  };
  const addPicture = async (file: File | undefined): Promise<void> => {
    if (file === undefined) return;
    setProblem("");
    try {
      const small = await shrink(file, PICTURE_LIMITS);
      const address = await press.addPicture(small.blob);
      setNote(lossOf(small));
      const words = plainName(file.name.replace(/\.[^.]*$/, ""), 80).replace(/[[\]]/g, "");
      const mark = `\n![${words}](${address})\n`;
      // What was typed meanwhile stays.
      const written = now.current.text;
      const at = field.current?.selectionStart ?? written.length;
      set({ text: written.slice(0, at) + mark + written.slice(at) });
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
            onInput={(event) => set({ title: event.currentTarget.value })}
          />
        </label>
        <label class="grow">
          {texts.markdown}
          <textarea
            ref={field}
            data-testid="issue-markdown"
            rows={16}
            value={draft.text}
            onInput={(event) => set({ text: event.currentTarget.value })}
          />
        </label>
        <Problem text={problem} hook="editor-problem" />
        <p class="quiet" role="status" data-testid="editor-note">
          {note || (id !== NEW && issue === undefined ? texts.issueGone : "")}
        </p>
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
            {texts.close}
          </Act>
          <Act hook="discard-draft" class="danger" run={discard}>
            {texts.discardDraft}
          </Act>
        </div>
        <p class="quiet">{drafts.isKept ? texts.draftKept : texts.draftNotKept}</p>
      </section>
      <section class="reader" aria-label={texts.preview}>
        <h2>{draft.title || texts.preview}</h2>
        <Markdown text={draft.text} press={press} />
      </section>
    </>
  );
}

/** Drops the draft of what is an issue by now, although the page died before it could know. */
export function dropPublished({ drafts }: Space, press: Press): boolean {
  const place = `issue.${NEW}`;
  const key = drafts.get<Draft>(place)?.key;
  if (key === undefined || press.named(key) === undefined) return false;
  drafts.drop(place);
  return true;
}

/** Asks before a correction takes the place of one that somebody made meanwhile. */
async function mayReplace(
  space: Space,
  issue: Issue | undefined,
  version: number,
): Promise<boolean> {
  if (issue === undefined || issue.version === version) return true;
  const { name } = space.person(issue.author);
  return confirmed(texts.correctedMeanwhile, texts.correctedMeanwhileLead(name), texts.correct);
}
