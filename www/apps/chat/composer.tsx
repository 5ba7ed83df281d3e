import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Space } from "../shared/space.js";
import { texts } from "../shared/texts/index.js";
import { Icon } from "../shared/ui.js";
import type { Files } from "./files.js";
import { LINE_MAX, type Line, type Talk } from "./model.js";

/** Whoever writes nothing for so long is not typing any more. */
const TYPING_MS = 4_000;

interface Props {
  readonly space: Space;
  readonly talk: Talk;
  readonly files: Files;
  readonly editing: Line | undefined;
  readonly replyTo: Line | undefined;
  readonly onDone: () => void;
  readonly onError: (thrown: unknown) => void;
}

/** The field to write in: a new line, an answer, a changed one, or a whisper. */
export function Composer(props: Props) {
  const { space, talk, files, editing, replyTo, onDone, onError } = props;
  const [text, setText] = useState("");
  const [to, setTo] = useState("");
  const field = useRef<HTMLTextAreaElement>(null);
  const typing = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  // At once: a text put there a frame later would take the place of what was typed meanwhile.
  useLayoutEffect(() => {
    if (editing !== undefined) setText(editing.text);
    if (editing !== undefined || replyTo !== undefined) field.current?.focus();
  }, [editing, replyTo]);
  useEffect(() => () => clearTimeout(typing.current), []);
  const write = (next: string): void => {
    setText(next);
    clearTimeout(typing.current);
    space.setTyping(next !== "" && to === "");
    typing.current = setTimeout(() => space.setTyping(false), TYPING_MS);
  };
  const send = async (): Promise<void> => {
    const said = text.trim();
    if (said === "") return;
    const draft = { text: said, mentions: mentionsIn(said, space), replyTo: replyTo?.id };
    setText("");
    space.setTyping(false);
    onDone();
    try {
      if (editing !== undefined) await talk.edit(editing, draft);
      else if (to !== "") await talk.whisper(to, said);
      else await talk.say(draft);
    } catch (thrown) {
      // What was written is not lost.
      setText(said);
      onError(thrown);
    }
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "Escape") {
      setText("");
      onDone();
    }
    // An Enter that ends the composition of a character is not meant for us.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    void send();
  };
  const attach = async (chosen: FileList | null): Promise<void> => {
    try {
      for (const file of chosen ?? []) await files.post(file);
    } catch (thrown) {
      onError(thrown);
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
        void send();
      }}
    >
      <Context {...props} />
      <Recipient space={space} to={to} onChoose={setTo} />
      <div class="row end">
        <label class="button plain" title={texts.attach}>
          <Icon name="attach" />
          <span class="hidden">{texts.attach}</span>
          <input
            type="file"
            multiple
            class="hidden"
            data-testid="attach"
            onChange={(event) => void attach(event.currentTarget.files)}
          />
        </label>
        <textarea
          ref={field}
          class="grow"
          data-testid="compose"
          rows={Math.min(5, text.split("\n").length)}
          maxLength={LINE_MAX}
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

function Context({ space, editing, replyTo, onDone }: Props) {
  const about = editing ?? replyTo;
  if (about === undefined) return null;
  const name = space.person(about.author).name;
  return (
    <p class="row middle quiet" data-testid="compose-about">
      <span class="grow ellipsis">
        {editing === undefined ? texts.replying(name) : texts.editing}{" "}
        {about.text || about.file?.name}
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
