import "./chat.css";
import { useEffect, useRef, useState } from "preact/hooks";
import type { AppProps } from "../load.js";
import { useDraft } from "../shared/drafts.js";
import { reasonOf } from "../shared/reasons.js";
import { SpaceBar } from "../shared/space-bar.js";
import { texts } from "../shared/texts/index.js";
import { Icon, Problem } from "../shared/ui.js";
import { useWatch } from "../shared/watch.js";
import { type About, Composer } from "./composer.js";
import { type Files, filesOf } from "./files.js";
import { LineView } from "./line.js";
import { type Line, type Talk, talkOf } from "./model.js";
import { NotifyButton, notifyOf } from "./notify.js";

/** So many lines are drawn at first, and more of them at a time after that. */
const SHOWN = 150;
/** Whoever is that near to the end, in pixels, is kept there. */
const NEAR_END = 80;

/** The chat: its lines by day, whoever is typing, and the field to write in. */
export function Chat({ home, space }: AppProps) {
  useWatch(space);
  const talk = talkOf(space);
  const files = filesOf(space);
  useWatch(talk);
  // What was new when the talk was opened stays marked.
  const [unseen] = useState({ from: space.news.newSince, to: Date.now() });
  const [query, setQuery] = useState<string | undefined>();
  const [about, setAbout] = useDraft<About>(space.drafts, "about", {});
  const [problem, setProblem] = useState("");
  const fail = (thrown: unknown): void => setProblem(reasonOf(thrown));
  useEffect(() => {
    talk.load().catch(fail);
  }, [talk]);
  useEffect(() => notifyOf(space, talk), [talk]);
  const lines = query ? talk.lines.filter((line) => contains(line, query)) : talk.lines;
  return (
    <div class="page chat">
      <SpaceBar home={home} space={space}>
        <NotifyButton space={space} />
        <button
          type="button"
          class="plain"
          data-testid="search-open"
          aria-label={texts.search}
          title={texts.search}
          aria-pressed={query !== undefined}
          onClick={() => setQuery(query === undefined ? "" : undefined)}
        >
          <Icon name="search" />
        </button>
      </SpaceBar>
      {query !== undefined && (
        <search class="search row middle">
          <input
            type="search"
            class="grow"
            data-testid="search"
            aria-label={texts.search}
            value={query}
            onInput={(event) => setQuery(event.currentTarget.value)}
          />
          <span class="quiet" role="status">
            {query === "" ? "" : texts.found(lines.length)}
          </span>
        </search>
      )}
      <main class="talk">
        <Lines
          {...{ space, talk, files, lines, unseen }}
          onEdit={({ id }) => setAbout({ editing: id })}
          onReply={({ id }) => setAbout({ replyTo: id })}
          onError={fail}
        />
        <Typing space={space} />
        <Problem text={problem} />
        <Composer
          {...{ space, talk, files, about }}
          onDone={() => {
            setAbout(undefined);
            setProblem("");
          }}
        />
      </main>
    </div>
  );
}

function contains({ text, file }: Line, query: string): boolean {
  const wanted = query.toLocaleLowerCase();
  return `${text} ${file?.name ?? ""}`.toLocaleLowerCase().includes(wanted);
}

const sizeOf = (element: HTMLElement): string => `${element.clientWidth} ${element.clientHeight}`;

interface LinesProps {
  readonly space: AppProps["space"];
  readonly talk: Talk;
  readonly files: Files;
  readonly lines: readonly Line[];
  readonly unseen: { readonly from: number; readonly to: number };
  readonly onEdit: (line: Line) => void;
  readonly onReply: (line: Line) => void;
  readonly onError: (thrown: unknown) => void;
}

function Lines({ space, talk, files, lines, unseen, onEdit, onReply, onError }: LinesProps) {
  const list = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  const size = useRef("");
  const [shown, setShown] = useState(SHOWN);
  const visible = lines.slice(-shown);
  const last = lines.at(-1);
  useEffect(() => {
    const element = list.current;
    if (element !== null && (isAtEnd.current || last?.author === space.me.id)) {
      element.scrollTop = element.scrollHeight;
    }
  }, [last?.id, lines.length]);
  // Whoever reads the last lines goes on reading them when the list gets another size: a phone is
  // turned, a bar comes above, somebody begins to type.
  useEffect(() => {
    const element = list.current as HTMLDivElement;
    const resized = new ResizeObserver(() => {
      size.current = sizeOf(element);
      if (isAtEnd.current) element.scrollTop = element.scrollHeight;
    });
    resized.observe(element);
    return () => resized.disconnect();
  }, []);
  const onScroll = (): void => {
    const element = list.current as HTMLDivElement;
    // Browsers tell of scrolling before they tell of another size: nobody has scrolled then.
    if (sizeOf(element) !== size.current) return;
    const { scrollTop, scrollHeight, clientHeight } = element;
    isAtEnd.current = scrollHeight - scrollTop - clientHeight < NEAR_END;
  };
  const isNew = ({ at, author }: Line): boolean =>
    at > unseen.from && at <= unseen.to && author !== space.me.id;
  const firstNew = unseen.from > 0 ? visible.find(isNew)?.id : undefined;
  return (
    <div
      ref={list}
      class="messages"
      data-testid="messages"
      role="log"
      aria-label={texts.messages}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard.
      tabIndex={0}
      onScroll={onScroll}
    >
      <ol>
        {lines.length > visible.length && (
          <li class="note">
            <button type="button" data-testid="earlier" onClick={() => setShown(shown + SHOWN)}>
              {texts.earlier(lines.length - visible.length)}
            </button>
          </li>
        )}
        {talk.isLoaded && lines.length === 0 && (
          <li class="note">{space.members.length > 1 ? texts.noLines : texts.noLinesAlone}</li>
        )}
        {visible.map((line, index) => {
          const day = dayOf(line);
          const before = visible[index - 1];
          return [
            (before === undefined || dayOf(before) !== day) && (
              <li key={day} class="note day">
                {day}
              </li>
            ),
            line.id === firstNew && (
              <li key="new" class="note new" data-testid="new-lines">
                {texts.newLines}
              </li>
            ),
            <LineView
              key={line.id}
              isFollowing={before?.author === line.author && line.at - before.at < 300_000}
              {...{ space, talk, files, line, onEdit, onReply, onError }}
            />,
          ];
        })}
      </ol>
    </div>
  );
}

function dayOf({ at }: Line): string {
  return texts.day(new Date(at));
}

function Typing({ space }: Pick<AppProps, "space">) {
  const names = [...space.heres]
    .filter(([id, { typing }]) => typing === true && id !== space.me.id && space.member(id))
    .map(([id]) => space.person(id).name);
  return (
    <p class="typing quiet" role="status" data-testid="typing">
      {names.length > 0 ? texts.typing(names) : ""}
    </p>
  );
}
