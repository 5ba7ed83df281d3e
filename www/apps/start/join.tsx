import {
  type GroupInvitation,
  type Identity,
  type InvitationPreview,
  PeerError,
  parseInvitation,
} from "lacis";
import { useEffect, useRef, useState } from "preact/hooks";
import { GiveBack } from "../shared/by-hand.js";
import { contacts } from "../shared/contacts.js";
import type { Home } from "../shared/home.js";
import { plainName } from "../shared/names.js";
import { patiently } from "../shared/patience.js";
import { reasonOf, reasonOfCode } from "../shared/reasons.js";
import { go, type Route } from "../shared/route.js";
import type { Space } from "../shared/space.js";
import { useServerWords } from "../shared/status.js";
import { texts } from "../shared/texts/index.js";
import { Act, Problem } from "../shared/ui.js";
import { PasteLink } from "./paste.js";

type JoinRoute = Extract<Route, { at: "join" }>;

/** What a text says that may be an invitation; or why it says nothing. */
type Read = readonly [GroupInvitation | undefined, string];

/** The invitation that is taken as soon as this tab has become whom it is for. */
let goesOn: string | undefined;

/** What an invitation is for; taken only when the person says so. */
export function Join({ home, route }: { home: Home; route: JoinRoute }) {
  const read = useInvitation(route.invitation);
  // The module that reads it may still be on its way.
  if (read === undefined) return <main class="centre" />;
  return <Invitation home={home} route={route} read={read} />;
}

function Invitation({ home, route, read }: { home: Home; route: JoinRoute; read: Read }) {
  const [failed, fail] = useState<{ readonly thrown: unknown } | undefined>();
  const [isWaiting, setWaiting] = useState(false);
  const [answer, setAnswer] = useState("");
  const waiting = useRef<AbortController | undefined>(undefined);
  const [invitation, wrong] = read;
  const held = invitation && home.spaces.has(invitation.groupId) ? invitation.groupId : undefined;
  useEffect(() => () => waiting.current?.abort(), []);
  useEffect(() => {
    if (held !== undefined && route.offer === undefined)
      go({ at: "space", id: held }, { replace: true });
  }, [held]);
  // By hand nobody can be asked before the texts have gone back and forth.
  const mayAsk = invitation?.kind === "link" && held === undefined && route.offer === undefined;
  const offer = useOffer(home, mayAsk ? route.invitation : undefined, fail);
  const shown = offer === "asking" ? undefined : offer;
  const join = async (): Promise<void> => {
    const other = otherInvited(home, invitation);
    // All is drawn anew for somebody else, and goes on there.
    if (other !== undefined) return becomeInvited(home, other, route.invitation);
    waiting.current = new AbortController();
    setWaiting(true);
    fail(undefined);
    try {
      const { app, offer } = route;
      const pairing = offer === undefined ? undefined : { offer, onAnswer: setAnswer };
      const { signal } = waiting.current;
      const enter = (): Promise<Space> => home.join(route.invitation, app, signal, pairing);
      const space = await (pairing === undefined ? patiently(enter, signal) : enter());
      go({ at: "space", id: space.id }, { replace: true });
    } catch (thrown) {
      fail({ thrown });
    } finally {
      setWaiting(false);
      setAnswer("");
    }
  };
  useEffect(() => {
    if (goesOn !== route.invitation || otherInvited(home, invitation) !== undefined) return;
    goesOn = undefined;
    void join();
  }, []);
  const isUseless = invitation === undefined || (failed !== undefined && isFinal(failed.thrown));
  const problem = failed === undefined ? wrong : reasonOf(failed.thrown);
  return (
    <main class="centre">
      <section class="card" data-testid="join">
        {invitation === undefined ? (
          <h1>{texts.badInvitation}</h1>
        ) : (
          <About {...{ home, invitation, route, isUseless }} offer={shown} />
        )}
        <Problem text={problem} hook="join-problem" />
        {answer !== "" && <GiveBack answer={answer} />}
        {answer === "" && route.offer === undefined && (
          <Waiting
            home={home}
            servers={invitation?.servers ?? []}
            by={route.by ?? ""}
            what={isWaiting ? "joining" : offer === "asking" ? "looking" : undefined}
          />
        )}
        {isUseless && <Useless reason={problem} isUnread={invitation === undefined} />}
        <div class="row wrap">
          {!isUseless && (
            <Act hook="join-now" class="primary" run={join}>
              {problem === "" ? texts.join : texts.tryAgain}
            </Act>
          )}
          <Act
            hook="join-cancel"
            run={() => {
              waiting.current?.abort();
              // The secret of a link that is not taken must not stay behind Back.
              go({ at: "start" }, { replace: true });
            }}
          >
            {texts.toStart}
          </Act>
        </div>
      </section>
    </main>
  );
}

/** What an invitation says; undefined as long as it is being read, or if there is no text. */
export function useInvitation(text: string | undefined): Read | undefined {
  const [read, setRead] = useState<{ text: string; read: Read } | undefined>(undefined);
  useEffect(() => {
    if (text === undefined) return;
    const set = (...read: Read): void => setRead({ text, read });
    parseInvitation(text).then(
      (invitation) => set(invitation, ""),
      (thrown) => set(undefined, reasonOf(thrown)),
    );
  }, [text]);
  return read?.text === text ? read?.read : undefined;
}

/** The identity of this browser that an invitation is for, if it is not the one in use. */
function otherInvited(home: Home, invitation: GroupInvitation | undefined): Identity | undefined {
  if (invitation?.kind !== "bound" || invitation.peerId === home.me?.id) return undefined;
  const wanted = invitation.peerId;
  return home.all.find(({ id }) => id === wanted);
}

/** An invitation for another identity of this person is taken as that one. */
async function becomeInvited(home: Home, other: Identity, invitation: string): Promise<void> {
  goesOn = invitation;
  await home.become(other);
  // Another tab may be at work for it, or it cannot be opened: both are told.
  if (home.phase.at !== "ready") goesOn = undefined;
}

/** What a link offers, asked for until somebody is there who can say it. */
function useOffer(
  home: Home,
  invitation: string | undefined,
  onProblem: (failed: { readonly thrown: unknown }) => void,
): InvitationPreview | "asking" | undefined {
  const [offer, setOffer] = useState<InvitationPreview | "asking" | undefined>(
    invitation === undefined ? undefined : "asking",
  );
  useEffect(() => {
    if (invitation === undefined) return;
    const ending = new AbortController();
    const { signal } = ending;
    setOffer("asking");
    patiently(() => home.preview(invitation, signal), signal).then(
      (found) => {
        if (signal.aborted) return found.close();
        signal.addEventListener("abort", () => found.close());
        setOffer(found);
      },
      (thrown) => {
        if (signal.aborted) return;
        setOffer(undefined);
        onProblem({ thrown });
      },
    );
    return () => ending.abort();
  }, [invitation]);
  return offer;
}

interface WaitingProps {
  readonly home: Home;
  /** Where the invitation leads to; none means the servers of this page. */
  readonly servers: readonly string[];
  /** Who has sent the link, as it says itself; empty if it does not. */
  readonly by: string;
  /** What is waited for, if anything is. */
  readonly what: "joining" | "looking" | undefined;
}

/** Whoever waits is told for what, and after a while what can be done about it. */
function Waiting({ home, servers, by, what }: WaitingProps) {
  const [isLong, setLong] = useState(false);
  const isNamed = servers.length > 0;
  const { state, short } = useServerWords(home, isNamed ? servers : undefined);
  const isWaiting = what !== undefined;
  useEffect(() => {
    setLong(false);
    if (!isWaiting) return undefined;
    const timer = setTimeout(() => setLong(true), LONG_MS);
    return () => clearTimeout(timer);
  }, [isWaiting]);
  if (what === undefined) return null;
  if (state !== "open") {
    return (
      <div class="stack" data-testid="join-waiting" data-state={state}>
        <p>{short}</p>
        {(isLong || state === "offline") && (
          <>
            <p class="quiet">{texts.joinByHand(by)}</p>
            {isNamed && <p class="quiet">{texts.joinMoved(by)}</p>}
          </>
        )}
      </div>
    );
  }
  return (
    <div class="stack" role="status" data-testid="join-waiting" data-state={isLong ? "long" : what}>
      <p class={isLong ? "" : "quiet"}>{isLong ? texts[`${what}Long`] : texts[what]}</p>
      {isLong && <p class="quiet">{texts.tellInviter(by)}</p>}
    </div>
  );
}

/** Whether the same link will never do. One that seems to have ended may be too new for somebody. */
function isFinal(thrown: unknown): boolean {
  if (!(thrown instanceof PeerError) || thrown.retryable) return false;
  return /^(invitation-|revoked|chain-too-long)/.test(thrown.code) && thrown.code !== ENDED;
}

const ENDED = "invitation-ended";

/** After so long whoever waits is told what that may mean. */
const LONG_MS = 6_000;

/** What can be done about a link that will never do, or that nothing can be read from. */
function Useless({ reason, isUnread }: { reason: string; isUnread: boolean }) {
  // What was made by a newer version can be read once this page is that, too.
  if (reason === reasonOfCode("invitation-version")) {
    return (
      <Act hook="join-reload" class="primary" run={() => location.reload()}>
        {texts.reload}
      </Act>
    );
  }
  return (
    <>
      {isUnread && <p>{texts.badInvitationHelp}</p>}
      <PasteLink hook="join-paste" />
    </>
  );
}

interface AboutProps {
  readonly home: Home;
  readonly invitation: GroupInvitation;
  readonly route: JoinRoute;
  /** What its link offers, once somebody has said so. */
  readonly offer: InvitationPreview | undefined;
  readonly isUseless: boolean;
}

function About({ home, invitation, route, offer, isUseless }: AboutProps) {
  const { app, offer: byHand, by } = route;
  const joinAs = <p class="quiet">{texts.joinAs(home.me?.name ?? "")}</p>;
  const said = invitation.kind === "bound" ? invitation : offer;
  if (said === undefined) {
    return (
      <>
        <h1>{app === undefined ? texts.joinLink : texts.joinLinkApp[app]}</h1>
        {by !== undefined && <p data-testid="join-said">{texts.linkSaysFrom(by)}</p>}
        {byHand === undefined && !isUseless && <p class="quiet">{texts.openInvitation}</p>}
        {!isUseless && joinAs}
      </>
    );
  }
  const { inviter } = said;
  const name = plainName(said.name);
  const known = contacts(home.me?.id ?? "")[inviter];
  const until = invitation.kind === "bound" ? invitation.until : offer?.expires;
  return (
    <>
      <h1 data-testid="join-name">
        {app === undefined ? texts.joinTitle(name) : texts.joinApp[app](name)}
      </h1>
      <p data-testid="join-inviter">
        {known !== undefined
          ? texts.invitedBy(known)
          : by === undefined
            ? texts.invitedByStranger(inviter)
            : `${texts.linkSaysFrom(by)} ${texts.notMetYet(inviter)}`}
      </p>
      {until !== undefined && (
        <p class="quiet" data-testid="join-until">
          {texts.until(until)}
        </p>
      )}
      {offer !== undefined && <Terms offer={offer} />}
      {!isUseless && joinAs}
    </>
  );
}

/** How many more may come is of interest while it may not be enough. */
const USES_TOLD_MAX = 50;

/** For how long, and how often, a link lets people in. */
function Terms({ offer: { memberForMs, uses, used } }: { offer: InvitationPreview }) {
  const left = Math.max(0, uses - used);
  return (
    <>
      {Number.isFinite(memberForMs) && (
        <p class="quiet" data-testid="join-member-for">
          {texts.memberUntil(new Date(Date.now() + memberForMs))}
        </p>
      )}
      {left <= USES_TOLD_MAX && (
        <p class="quiet" data-testid="join-uses">
          {texts.usesLeft(left)}
        </p>
      )}
    </>
  );
}
