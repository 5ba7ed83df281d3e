import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { Connections } from "./connections.js";
import { DetailsDialog, InviteDialog, leaveAsking } from "./details.js";
import type { Home } from "./home.js";
import { reasonOf } from "./reasons.js";
import type { Space } from "./space.js";
import { NoticeBar, presenceWords, ServerBar, TroubleBar } from "./status.js";
import { texts } from "./texts/index.js";
import { Avatar, Icon, Problem } from "./ui.js";
import { useWatch } from "./watch.js";

const FACES = 4;

interface Props {
  readonly home: Home;
  readonly space: Space;
  /** Buttons of the application. */
  readonly children?: ComponentChildren;
}

/** What stands above every application: which group it is, who is here, and who may come. */
export function SpaceBar({ home, space, children }: Props) {
  useWatch(home);
  const [open, setOpen] = useState<"" | "invite" | "by-hand" | "details" | "inspector">("");
  const [problem, setProblem] = useState("");
  const here = space.others.filter(({ present }) => present);
  const close = (): void => setOpen("");
  return (
    <>
      <header class="bar">
        <a class="plain" href="#/" aria-label={texts.toStart} data-testid="back">
          <Icon name="back" />
        </a>
        <div class="title grow">
          <h1>{space.name}</h1>
          <p
            class="quiet"
            role="status"
            data-testid="presence"
            data-present={space.present}
            data-synced={space.hasSynced}
            data-stored={space.isStored}
          >
            {presenceWords(space, home)}
          </p>
        </div>
        <span class="faces" aria-hidden="true">
          {here.slice(0, FACES).map(({ id }) => (
            <Avatar key={id} person={space.person(id)} size="small" />
          ))}
        </span>
        {children}
        {space.mayInvite && (
          <button
            type="button"
            class="plain"
            data-testid="open-invite"
            aria-label={texts.invite}
            title={texts.invite}
            onClick={() => setOpen("invite")}
          >
            <Icon name="invite" />
          </button>
        )}
        <button
          type="button"
          class="plain"
          data-testid="open-details"
          aria-label={texts.details}
          title={texts.details}
          onClick={() => setOpen("details")}
        >
          <Icon name="details" />
        </button>
      </header>
      <TroubleBar space={space} onLeave={() => void leaveAsking(home, space)} />
      <ServerBar home={home} space={space} onByHand={() => setOpen("by-hand")} />
      <NoticeBar space={space} onError={(thrown) => setProblem(reasonOf(thrown))} />
      {problem !== "" && <Problem text={problem} />}
      {(open === "invite" || open === "by-hand") && (
        <InviteDialog {...{ home, space }} isByHand={open === "by-hand"} onClose={close} />
      )}
      {open === "details" && (
        <DetailsDialog
          {...{ home, space }}
          onClose={close}
          onInspect={() => setOpen("inspector")}
        />
      )}
      {open === "inspector" && <Connections home={home} space={space} onClose={close} />}
    </>
  );
}
