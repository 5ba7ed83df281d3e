import "./letter.css";
import { useEffect, useState } from "preact/hooks";
import type { AppProps } from "../load.js";
import { machineDate } from "../shared/dates.js";
import { useDraft } from "../shared/drafts.js";
import { reasonOf } from "../shared/reasons.js";
import { SpaceBar } from "../shared/space-bar.js";
import { texts } from "../shared/texts/index.js";
import { Act, confirmed, Icon, Problem } from "../shared/ui.js";
import { useWatch } from "../shared/watch.js";
import { dropPublished, Editor, NEW } from "./editor.js";
import { IssueView } from "./issue.js";
import { type Issue, type Press, pressOf } from "./model.js";

/** A newsletter: its issues, one of them to read, and for its publisher the desk. */
export function Letter({ home, space }: AppProps) {
  useWatch(space);
  const press = pressOf(space);
  useWatch(press);
  const [chosen, choose] = useState("");
  const [editing, setEditing] = useDraft<string | undefined>(space.drafts, "desk", undefined);
  const [problem, setProblem] = useState("");
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
  };
  return (
    <div class="page letter">
      <SpaceBar home={home} space={space}>
        {space.isAdmin && (
          <button
            type="button"
            class="primary"
            data-testid="write-issue"
            onClick={() => setEditing(NEW)}
          >
            {texts.writeIssue}
          </button>
        )}
      </SpaceBar>
      <main class={`issues ${isAtDesk ? "desk" : ""}`}>
        {!isAtDesk ? (
          <>
            <nav aria-label={texts.issues}>
              <IssueList {...{ issues, chosen: issue?.id ?? "", press }} onChoose={choose} />
            </nav>
            <section class="reader">
              <Problem text={problem} />
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
        ) : (
          <Editor
            {...{ space, press, id: editing }}
            onDone={(id) => {
              setEditing(undefined);
              if (id !== undefined) choose(id);
            }}
          />
        )}
      </main>
    </div>
  );
}

interface ListProps {
  readonly issues: readonly Issue[];
  readonly chosen: string;
  readonly press: Press;
  readonly onChoose: (id: string) => void;
}

function IssueList({ issues, chosen, press, onChoose }: ListProps) {
  if (press.isLoaded && issues.length === 0) {
    return (
      <p class="quiet empty" data-testid="no-issues">
        <Icon name="letter" size={40} />
        {texts.noIssues}
      </p>
    );
  }
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
