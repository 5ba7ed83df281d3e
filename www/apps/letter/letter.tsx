import "./letter.css";
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { AppProps } from "../load.js";
import { machineDate } from "../shared/dates.js";
import { useDraft } from "../shared/drafts.js";
import { reasonOf } from "../shared/reasons.js";
import { SpaceBar } from "../shared/space-bar.js";
import { texts } from "../shared/texts/index.js";
import { Act, confirmed, Icon, Problem } from "../shared/ui.js";
import { useWatch } from "../shared/watch.js";
import { dropPublished, Editor, NEW, waitingDraft } from "./editor.js";
import { IssueView } from "./issue.js";
import { type Issue, pressOf } from "./model.js";

/** A newsletter: its issues, one of them to read, and for its publisher the desk. */
export function Letter({ home, space }: AppProps) {
  useWatch(space);
  const press = pressOf(space);
  useWatch(press);
  const [chosen, choose] = useState("");
  const [editing, setEditing] = useDraft<string | undefined>(space.drafts, "desk", undefined);
  const [problem, setProblem] = useState("");
  const [note, setNote] = useState("");
  const fail = (thrown: unknown): void => setProblem(reasonOf(thrown));
  useEffect(() => {
    const close = (): void => {
      if (dropPublished(space, press) && editing === NEW) setEditing(undefined);
    };
    press.load().then(close).catch(fail);
  }, [press]);
  const { issues } = press;
  const isAtDesk = editing !== undefined && space.isAdmin && press.isLoaded;
  const issue = issues.find(({ id }) => id === chosen) ?? issues[0];
  const withdraw = async (): Promise<void> => {
    if (issue === undefined) return;
    if (!(await confirmed(texts.withdraw, texts.withdrawLead(issue.title), texts.withdraw))) return;
    await press.withdraw(issue);
    setNote(texts.withdrawnNote);
  };
  const write = (): void => {
    setNote("");
    setEditing(NEW);
  };
  const draft = space.isAdmin ? waitingDraft(space) : undefined;
  const isEmpty = press.isLoaded && issues.length === 0;
  const pick = (id: string): void => {
    setNote("");
    choose(id);
  };
  return (
    <div class="page letter">
      <SpaceBar home={home} space={space}>
        {space.isAdmin && !isAtDesk && !isEmpty && (
          <button type="button" class="primary" data-testid="write-issue" onClick={write}>
            {draft === undefined ? texts.writeIssue : texts.goOnWriting}
          </button>
        )}
      </SpaceBar>
      <main class={`issues ${isAtDesk ? "desk" : isEmpty ? "none" : ""}`}>
        {isAtDesk ? (
          <Editor
            {...{ space, press, id: editing }}
            onDone={(id, said = "") => {
              setEditing(undefined);
              setNote(said);
              if (id !== undefined) choose(id);
            }}
          />
        ) : isEmpty ? (
          <Empty space={space} draft={draft} onWrite={write}>
            <Notes {...{ problem, note }} />
          </Empty>
        ) : (
          <>
            <nav aria-label={texts.issues}>
              {draft !== undefined && (
                <button type="button" class="draft" data-testid="draft" onClick={write}>
                  <span class="quiet">{texts.draft}</span>
                  <strong>{draft.title || texts.noTitle}</strong>
                </button>
              )}
              <IssueList {...{ issues, chosen: issue?.id ?? "" }} onChoose={pick} />
            </nav>
            <section class="reader">
              <Notes {...{ problem, note }} />
              {issue !== undefined && <IssueView {...{ issue, press, space }} />}
              {issue !== undefined && space.isAdmin && (
                <div class="row">
                  <Act hook="correct" run={() => setEditing(issue.id)}>
                    {texts.correct}
                  </Act>
                  <Act hook="withdraw" class="danger" run={withdraw} onError={fail}>
                    {texts.withdraw}
                  </Act>
                </div>
              )}
            </section>
          </>
        )}
      </main>
    </div>
  );
}

/** What went wrong, and what has just been done. */
function Notes({ problem, note }: { problem: string; note: string }) {
  return (
    <>
      <Problem text={problem} />
      <p class="noted" role="status" data-testid="letter-note">
        {note}
      </p>
    </>
  );
}

interface EmptyProps {
  readonly space: AppProps["space"];
  readonly draft: { readonly title: string } | undefined;
  readonly onWrite: () => void;
  readonly children: ComponentChildren;
}

/** A newsletter without an issue: what comes next, for its publisher and for its readers. */
function Empty({ space, draft, onWrite, children }: EmptyProps) {
  return (
    <section class="reader empty" data-testid="no-issues">
      {children}
      <Icon name="letter" size={48} />
      {space.isAdmin ? (
        <>
          <h2>{texts.nothingPublished}</h2>
          <p class="quiet">{texts.nothingPublishedLead}</p>
          <button type="button" class="primary" data-testid="write-issue" onClick={onWrite}>
            {draft === undefined ? texts.writeFirst : texts.goOnWriting}
          </button>
        </>
      ) : (
        <p class="quiet">{texts.noIssues}</p>
      )}
    </section>
  );
}

interface ListProps {
  readonly issues: readonly Issue[];
  readonly chosen: string;
  readonly onChoose: (id: string) => void;
}

function IssueList({ issues, chosen, onChoose }: ListProps) {
  return (
    <ol class="issue-list" data-testid="issues">
      {issues.map(({ id, title, published }) => (
        <li key={id}>
          <button
            type="button"
            class="plain"
            data-testid="issue"
            aria-current={id === chosen ? "true" : undefined}
            onClick={() => onChoose(id)}
          >
            <strong>{title}</strong>
            <time class="quiet" dateTime={machineDate(published)}>
              {texts.day(published)}
            </time>
          </button>
        </li>
      ))}
    </ol>
  );
}
