import { useEffect, useRef, useState } from "preact/hooks";
import { useDraft } from "../shared/drafts.js";
import { lossOf, shrink } from "../shared/images.js";
import { plainName } from "../shared/names.js";
import { PICTURE_LIMITS } from "../shared/pictures.js";
import { reasonOf } from "../shared/reasons.js";
import { isKeptAnyway } from "../shared/records.js";
import type { Space } from "../shared/space.js";
import { texts } from "../shared/texts/index.js";
import { Act, confirmed, Problem } from "../shared/ui.js";
import { Format, markByKey } from "./format.js";
import { Markdown } from "./issue.js";
import { DRAFT, flawOf, type Issue, type Press } from "./model.js";

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
  /** The issue that was published, and what to say of it; nothing if it was not. */
  readonly onDone: (id: string | undefined, note?: string) => void;
}

/** Where an issue is written, with a preview beside it. The draft outlasts the page. */
export function Editor({ space, press, id, onDone }: Props) {
  const { drafts } = space;
  const issue = press.issues.find((it) => it.id === id);
  const place = `${DRAFT}${id}`;
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
  const [shown, show] = useState<View>("write");
  const field = useRef<HTMLTextAreaElement>(null);
  const titleField = useRef<HTMLInputElement>(null);
  useEffect(() => (title === "" && draft.title === "" ? titleField : field).current?.focus(), []);
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
    onDone(published, issue ? texts.correctedNote : texts.publishedNote(space.present));
  };
  const discard = async (): Promise<void> => {
    if (!(await confirmed(texts.discardDraft, texts.discardDraftLead, texts.discardDraft))) return;
    drafts.drop(place);
    onDone(undefined);
  };
  const addPictures = async (files: readonly File[]): Promise<void> => {
    const pictures = files.filter(({ type }) => type.startsWith("image/"));
    if (files.length === 0) return;
    setProblem(pictures.length < files.length ? texts.notAPicture : "");
    const losses: string[] = [];
    setNote(pictures.length > 0 ? texts.addingPicture : "");
    try {
      for (const file of pictures) {
        const small = await shrink(file, PICTURE_LIMITS);
        losses.push(lossOf(small));
        const address = await press.addPicture(small.blob);
        const mark = `\n![${wordsFor(file)}](${address})\n`;
        // What was typed meanwhile stays.
        const written = now.current.text;
        const at = field.current?.selectionStart ?? written.length;
        set({ text: written.slice(0, at) + mark + written.slice(at) });
      }
    } catch (thrown) {
      fail(thrown);
    }
    setNote(losses.filter((loss) => loss !== "").join(" "));
  };
  const take = (event: Event, data: DataTransfer | null): void => {
    if (data === null || data.files.length === 0) return;
    event.preventDefault();
    void addPictures([...data.files]);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const isSave = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s";
    if (isSave) setNote(keptWords);
    const area = field.current;
    const isMark = !isSave && area !== null && area === event.target && markByKey(event, area);
    if (isSave || isMark) event.preventDefault();
  };
  const keptWords = drafts.isKept ? texts.draftKept : texts.draftNotKept;
  const readers = space.others.filter(({ role }) => role !== undefined).length;
  const isEmpty = draft.title.trim() === "" && draft.text.trim() === "";
  return (
    <>
      <section
        class="writing"
        data-shown={shown === "write"}
        aria-label={issue === undefined ? texts.writeIssue : texts.correct}
        onKeyDown={onKeyDown}
      >
        <Views shown={shown} onShow={show} />
        <label>
          {texts.title}
          <input
            ref={titleField}
            data-testid="issue-title"
            maxLength={200}
            value={draft.title}
            onInput={(event) => set({ title: event.currentTarget.value })}
          />
        </label>
        <Format field={field} onPictures={(files) => void addPictures(files)} />
        <label class="text">
          {texts.markdown}
          <textarea
            ref={field}
            data-testid="issue-markdown"
            rows={10}
            value={draft.text}
            onInput={(event) => set({ text: event.currentTarget.value })}
            onPaste={(event) => take(event, event.clipboardData)}
            onDrop={(event) => take(event, event.dataTransfer)}
          />
        </label>
        <Problem text={problem} hook="editor-problem" />
        <p class="quiet" role="status" data-testid="editor-note">
          {note || (id !== NEW && issue === undefined ? texts.issueGone : "")}
        </p>
        <p class="quiet" data-testid="editor-readers" data-readers={readers}>
          {readers === 0 ? "" : `${texts.readers(readers, space.present)} `}
          {texts.publishLead(readers)}
        </p>
        <div class="row wrap middle">
          <Act hook="publish" class="primary" run={publish} onError={fail}>
            {issue === undefined ? texts.publish : texts.correct}
          </Act>
          <Act hook="editor-close" run={() => onDone(undefined)}>
            {texts.close}
          </Act>
          {!isEmpty && (
            <Act hook="discard-draft" class="danger plain" run={discard}>
              {texts.discardDraft}
            </Act>
          )}
        </div>
        <p class="quiet" data-testid="draft-kept">
          {texts.words(wordsIn(draft.text))}. {keptWords}
        </p>
      </section>
      <section class="reader" data-shown={shown === "preview"} aria-label={texts.preview}>
        <Views shown={shown} onShow={show} />
        {isEmpty ? (
          <p class="quiet">{texts.previewEmpty}</p>
        ) : (
          <h2>{draft.title || texts.noTitle}</h2>
        )}
        <Markdown text={draft.text} press={press} />
      </section>
    </>
  );
}

type View = "write" | "preview";

/** Where there is no room for both: which of the two is shown. */
function Views({ shown, onShow }: { shown: View; onShow: (view: View) => void }) {
  return (
    <fieldset class="views">
      <legend class="hidden">{texts.preview}</legend>
      {(["write", "preview"] as const).map((view) => (
        <button
          key={view}
          type="button"
          data-testid={`view-${view}`}
          aria-pressed={shown === view}
          onClick={() => onShow(view)}
        >
          {view === "write" ? texts.writing : texts.preview}
        </button>
      ))}
    </fieldset>
  );
}

/** What is said of a picture that cannot be seen: at first the name of its file. */
function wordsFor({ name }: File): string {
  return plainName(name.replace(/\.[^.]*$/, ""), 80).replace(/[[\]]/g, "");
}

/** How many words a text has, without the addresses of pictures and links. */
function wordsIn(text: string): number {
  const plain = text.replace(/\]\([^)]*\)/g, "]");
  return plain.match(/[\p{L}\p{N}][\p{L}\p{N}'\u2019-]*/gu)?.length ?? 0;
}

/** The draft of a new issue that waits to be gone on with. */
export function waitingDraft({ drafts }: Space): { readonly title: string } | undefined {
  const draft = drafts.get<Draft>(`${DRAFT}${NEW}`);
  return draft === undefined || draft.title + draft.text === "" ? undefined : draft;
}

/** Drops the draft of what is an issue by now, although the page died before it could know. */
export function dropPublished({ drafts }: Space, press: Press): boolean {
  const place = `${DRAFT}${NEW}`;
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
