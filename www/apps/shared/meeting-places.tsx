import { useEffect, useId, useRef, useState } from "preact/hooks";
import type { Home } from "./home.js";
import { type Meeting, meetingOf, SERVERS_MAX, type ServerField } from "./meeting.js";
import type { Space } from "./space.js";
import type { Standing } from "./standing.js";
import { texts } from "./texts/index.js";
import { Act, Dialog, Icon, Problem } from "./ui.js";
import { useWatch } from "./watch.js";

interface Props {
  readonly home: Home;
  readonly space: Space;
}

/** At which servers a group meets and how each stands; an admin can change them from here. */
export function MeetingPlaces({ home, space }: Props) {
  const meeting = meetingOf(space);
  useWatch(meeting);
  const [isChanging, setChanging] = useState(false);
  const change = (): void => {
    meeting.begin();
    setChanging(true);
  };
  return (
    <section class="stack">
      <h3>{texts.servers}</h3>
      {space.servers.length === 0 && <p class="quiet">{texts.serversOfPage}</p>}
      <ul class="people" data-testid="meeting">
        {meeting.servers.map((url) => {
          const { state, words } = standingOf(home.standing, url);
          return (
            <li key={url} data-testid="meeting-server" data-url={url} data-state={state}>
              <span class="grow">
                <span>{url}</span>
                <span class="quiet">
                  <span class="dot" />
                  {words}
                </span>
              </span>
            </li>
          );
        })}
      </ul>
      <p class="quiet" role="status" data-testid="servers-said">
        {meeting.isSaved ? texts.serversSaved : ""}
      </p>
      {space.isAdmin && (
        <div class="row">
          <Act hook="change-servers" run={change}>
            {texts.changeServers}
          </Act>
        </div>
      )}
      {isChanging && <ChangeServers meeting={meeting} onClose={() => setChanging(false)} />}
    </section>
  );
}

/** What the dot before a server says, and the words behind it. */
interface Stands {
  readonly state: "here" | "waiting" | "gone";
  readonly words: string;
}

/** How a server stands. */
function standingOf(standing: Standing, url: string): Stands {
  const status = standing.of(url);
  if (status === undefined) return { state: "gone", words: texts.serverStates.none };
  const { state, code } = status;
  if (code === undefined) {
    const isOpen = state === "open";
    return {
      state: isOpen ? "here" : "waiting",
      words: texts.serverStates[isOpen ? "open" : "dialing"],
    };
  }
  const refusals: Readonly<Record<string, string>> = texts.refusals;
  const reason = refusals[code] ?? texts.unreachable;
  // One that is open and refuses this group is not dialed again.
  return { state: "waiting", words: state === "open" ? reason : `${reason} ${texts.serverAgain}` };
}

interface ChangeProps {
  readonly meeting: Meeting;
  readonly onClose: () => void;
}

/** A field for each server. */
function ChangeServers({ meeting, onClose }: ChangeProps) {
  const { fields, mayAdd, isOvertaken, problem } = meeting;
  const list = useRef<HTMLUListElement>(null);
  const input = (at: number): HTMLInputElement | undefined =>
    list.current?.querySelectorAll("input")[at];
  /** What is to have the keyboard once the change is drawn. */
  const [wanted, want] = useState<number | "flaw" | undefined>();
  useEffect(() => {
    if (wanted === undefined) return;
    const flawed = list.current?.querySelector<HTMLInputElement>("[aria-invalid=true]");
    (wanted === "flaw" ? flawed : input(wanted))?.focus();
    want(undefined);
  }, [wanted]);
  const add = (): void => {
    meeting.add();
    want(fields.length);
  };
  const remove = (key: number, at: number): void => {
    meeting.remove(key);
    want(Math.max(0, at - 1));
  };
  const save = async (): Promise<void> => {
    if (await meeting.save()) onClose();
    else want("flaw");
  };
  return (
    <Dialog title={texts.servers} hook="edit-servers" onClose={onClose}>
      <p>{texts.serversLead}</p>
      <p>{texts.serversBefore}</p>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <ul class="list" ref={list}>
          {fields.map((field, at) => (
            <Field
              key={field.key}
              field={field}
              name={texts.serverNumber(at + 1)}
              onWrite={(text) => meeting.write(field.key, text)}
              onRemove={fields.length > 1 ? () => remove(field.key, at) : undefined}
            />
          ))}
        </ul>
        <div class="row middle wrap">
          <Act hook="server-add" disabled={!mayAdd} run={add}>
            {texts.addServer}
          </Act>
          {!mayAdd && <span class="quiet">{texts.serversMost(SERVERS_MAX)}</span>}
        </div>
        <p class="quiet" role="status" data-testid="servers-overtaken">
          {isOvertaken ? texts.serversOvertaken : ""}
        </p>
        <Problem text={problem} hook="servers-problem" />
        <div class="row end">
          <Act
            hook="servers-cancel"
            run={() => {
              meeting.giveUp();
              onClose();
            }}
          >
            {texts.cancel}
          </Act>
          <button type="submit" class="primary" data-testid="servers-save">
            {texts.save}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

interface FieldProps {
  readonly field: ServerField;
  readonly name: string;
  readonly onWrite: (text: string) => void;
  readonly onRemove: (() => void) | undefined;
}

function Field({ field: { text, flaw }, name, onWrite, onRemove }: FieldProps) {
  const id = useId();
  return (
    <li class="stack">
      <div class="row">
        <input
          type="text"
          inputMode="url"
          autoCapitalize="off"
          autoComplete="off"
          spellcheck={false}
          class="grow"
          data-testid="server-url"
          aria-label={name}
          aria-invalid={flaw !== undefined}
          aria-describedby={id}
          placeholder="wss://example.org/ws"
          value={text}
          onInput={(event) => onWrite(event.currentTarget.value)}
        />
        {onRemove !== undefined && (
          <Act
            hook="server-remove"
            class="plain"
            run={onRemove}
            aria-label={texts.removeName(name)}
            title={texts.removeName(name)}
          >
            <Icon name="trash" />
          </Act>
        )}
      </div>
      <p id={id} class="error" data-testid="server-flaw" role="alert">
        {flaw === undefined ? "" : texts.serverFlaws[flaw]}
      </p>
    </li>
  );
}
