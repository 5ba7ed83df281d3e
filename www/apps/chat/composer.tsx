import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { useDraft } from "../shared/drafts.js";
import { plainName } from "../shared/names.js";
import { reasonOf } from "../shared/reasons.js";
import type { Space } from "../shared/space.js";
import { texts } from "../shared/texts/index.js";
import { Icon, Problem } from "../shared/ui.js";
import type { Files } from "./files.js";
import { LINE_MAX, type Line, type Talk } from "./model.js";

/** Whoever writes nothing for so long is not typing any more. */
const TYPING_MS = 4_000;

/** What is written is about: a line that is changed, or one that is answered. Ids of lines. */
export interface About {
  readonly editing?: string | undefined;
  readonly replyTo?: string | undefined;
}

/** What stands in the field, and to whom alone it is said. */
interface Written {
  readonly text: string;
  readonly to: string;
}

interface Props {
  readonly space: Space;
  readonly talk: Talk;
  readonly files: Files;
  readonly about: About;
  readonly onDone: () => void;
}

/**
 * The field to write in: a new line, an answer, a changed one, or a whisper. What stands in it is
 * kept until it is stored or said; a changed line has a draft of its own.
 */
export function Composer(props: Props) {
  const { space, talk, files, about, onDone } = props;
  const { drafts } = space;
  const { editing: editingId, replyTo } = about;
  const editing = editingId === undefined ? undefined : talk.line(editingId);
  const place = editingId === undefined ? "line" : `edit.${editingId}`;
  const empty: Written = { text: editing?.text ?? "", to: "" };
  const [{ text, to }, put] = useDraft(drafts, place, empty);
  const [problem, setProblem] = useState("");
  const [note, setNote] = useState("");
  const [isBusy, setBusy] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);
  const typing = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useLayoutEffect(() => {
    if (editingId !== undefined || replyTo !== undefined) field.current?.focus();
  }, [editingId, replyTo]);
  useEffect(() => () => clearTimeout(typing.current), []);
  const write = (next: string): void => {
    put(next === "" && to === "" && editing === undefined ? undefined : { text: next, to });
    clearTimeout(typing.current);
    space.setTyping(next !== "" && to === "");
    typing.current = setTimeout(() => space.setTyping(false), TYPING_MS);
  };
  /** Gives a new line to the talk, which keeps it from here on. */
  const say = (said: string): void => {
    const line = { text: said, mentions: mentionsIn(said, space), replyTo };
    void (to === "" ? talk.say(line) : talk.whisper(to, said));
    put(to === "" ? undefined : { text: "", to });
    onDone();
  };
  /** What changes a line stays in the field until it is stored. */
  const change = async (line: Line, said: string): Promise<void> => {
    setBusy(true);
    try {
      const mentions = mentionsIn(said, space);
      await talk.edit(line, { text: said, mentions, replyTo: line.replyTo });
      put(undefined);
      onDone();
    } catch (thrown) {
      setProblem(reasonOf(thrown));
    } finally {
      setBusy(false);
    }
  };
  const send = (): void => {
    const said = text.trim();
    if (said === "" || isBusy) return;
    setProblem(said.length > LINE_MAX ? texts.lineTooLong(said.length, LINE_MAX) : "");
    if (said.length > LINE_MAX) return;
    space.setTyping(false);
    if (editing === undefined) say(said);
    else void change(editing, said);
  };
  const giveUp = (): void => {
    if (editingId !== undefined) put(undefined);
    setProblem("");
    onDone();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "Escape") giveUp();
    // An Enter that ends the composition of a character is not meant for us.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  };
  const attach = async (chosen: readonly File[]): Promise<void> => {
    setProblem("");
    try {
      for (const file of chosen) {
        setNote(texts.addingFile(plainName(file.name)));
        await files.post(file);
      }
    } catch (thrown) {
      setProblem(reasonOf(thrown));
    } finally {
      setNote("");
    }
  };
  if (!space.mayWrite) {
    const why = space.trouble?.kind === "revoked" ? texts.revokedHere : texts.mayNotWrite;
    return <p class="composer quiet">{why}</p>;
  }
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <Context {...{ space, talk, about }} onDone={giveUp} />
      {editing === undefined && (
        <Recipient space={space} to={to} onChoose={(next) => put({ text, to: next })} />
      )}
      <Problem text={problem} hook="chat-problem" />
      <p class="quiet" role="status" data-testid="chat-note">
        {note}
      </p>
      {!drafts.isKept && text !== "" && <p class="quiet">{texts.draftNotKept}</p>}
      <div class="row end">
        <label class="button plain" title={texts.attach}>
          <Icon name="attach" />
          <span class="hidden">{texts.attach}</span>
          <input
            type="file"
            multiple
            class="hidden"
            data-testid="attach"
            onChange={(event) => {
              void attach([...(event.currentTarget.files ?? [])]);
              // So that the same file can be chosen again.
              event.currentTarget.value = "";
            }}
          />
        </label>
        <textarea
          ref={field}
          class="grow"
          data-testid="compose"
          rows={Math.min(5, text.split("\n").length)}
          readOnly={isBusy}
          aria-busy={isBusy}
          aria-label={texts.message}
          placeholder={to === "" ? texts.write : texts.whisperTo(space.person(to).name)}
          value={text}
          onInput={(event) => write(event.currentTarget.value)}
          onKeyDown={onKeyDown}
        />
        <button type="submit" class="primary" data-testid="send" aria-label={texts.send}>
          <Icon name="send" />
        </button>
      </div>
    </form>
  );
}

/** Which line is changed or answered; one that was deleted meanwhile does not take the text along. */
function Context({ space, talk, about, onDone }: Omit<Props, "files">) {
  const id = about.editing ?? about.replyTo;
  if (id === undefined) return null;
  const line = talk.line(id);
  const words = about.editing === undefined ? texts.quoteGone : texts.editedGone;
  return (
    <p class="row middle quiet" data-testid="compose-about">
      <span class="grow ellipsis">
        {line === undefined ? (
          words
        ) : (
          <>
            {about.editing === undefined
              ? texts.replying(space.person(line.author).name)
              : texts.editing}{" "}
            <bdi>{line.text || line.file?.name}</bdi>
          </>
        )}
      </span>
      <button type="button" class="plain" aria-label={texts.cancel} onClick={onDone}>
        <Icon name="close" size={18} />
      </button>
    </p>
  );
}

interface RecipientProps {
  readonly space: Space;
  readonly to: string;
  readonly onChoose: (to: string) => void;
}

/** To all, or to one member who is here alone. */
function Recipient({ space, to, onChoose }: RecipientProps) {
  const here = space.members.filter(({ id, present }) => present && id !== space.me.id);
  if (here.length === 0 && to === "") return null;
  return (
    <label class="row middle quiet">
      {texts.to}
      <select
        data-testid="recipient"
        value={to}
        onChange={(event) => onChoose(event.currentTarget.value)}
      >
        <option value="">{texts.everybody}</option>
        {here.map(({ id }) => (
          <option key={id} value={id}>
            {texts.onlyTo(space.person(id).name)}
          </option>
        ))}
      </select>
    </label>
  );
}

/** The members whose names stand behind an @. */
function mentionsIn(text: string, space: Space): string[] {
  const lower = text.toLocaleLowerCase();
  return space.members
    .map(({ id }) => id)
    .filter((id) => lower.includes(`@${space.person(id).name.toLocaleLowerCase()}`));
}
