import { type GroupInvitation, type InvitationPreview, parseInvitation } from "lacis";
import { useEffect, useRef, useState } from "preact/hooks";
import { GiveBack } from "../shared/by-hand.js";
import type { Home } from "../shared/home.js";
import { plainName } from "../shared/names.js";
import { contacts } from "../shared/people.js";
import { reasonOf } from "../shared/reasons.js";
import { go, type Route } from "../shared/route.js";
import { texts } from "../shared/texts/index.js";
import { Act, Problem } from "../shared/ui.js";

type JoinRoute = Extract<Route, { at: "join" }>;

/** What a text says that may be an invitation; or why it says nothing. */
type Read = readonly [GroupInvitation | undefined, string];

/** What an invitation is for; taken only when the person says so. */
export function Join({ home, route }: { home: Home; route: JoinRoute }) {
  const read = useInvitation(route.invitation);
  // The module that reads it may still be on its way.
  if (read === undefined) return <main class="centre" />;
  return <Invitation home={home} route={route} read={read} />;
}

function Invitation({ home, route, read }: { home: Home; route: JoinRoute; read: Read }) {
  const [problem, setProblem] = useState("");
  const [isWaiting, setWaiting] = useState(false);
  const [answer, setAnswer] = useState("");
  const waiting = useRef<AbortController | undefined>(undefined);
  const [invitation, wrong] = read;
  const [offer, setOffer] = useState<InvitationPreview | "asking" | undefined>(undefined);
  const held = invitation && home.spaces.has(invitation.group) ? invitation.group : undefined;
  useEffect(() => () => waiting.current?.abort(), []);
  useEffect(() => {
    if (held !== undefined && route.offer === undefined)
      go({ at: "space", id: held }, { replace: true });
  }, [held]);
  // By hand nobody can be asked before the texts have gone back and forth.
  const mayAsk = invitation?.kind === "link" && held === undefined && route.offer === undefined;
  useEffect(() => {
    if (!mayAsk) return;
    const ending = new AbortController();
    setOffer("asking");
    home.preview(route.invitation, ending.signal).then(
      (found) => {
        if (ending.signal.aborted) return found.close();
        ending.signal.addEventListener("abort", () => found.close());
        setOffer(found);
      },
      (thrown) => {
        if (ending.signal.aborted) return;
        setOffer(undefined);
        setProblem(reasonOf(thrown));
      },
    );
    return () => ending.abort();
  }, [mayAsk, route.invitation]);
  const shown = offer === "asking" ? undefined : offer;
  const join = async (): Promise<void> => {
    waiting.current = new AbortController();
    setWaiting(true);
    setProblem("");
    try {
      await becomeInvited(home, invitation);
      const { app, offer } = route;
      const pairing = offer === undefined ? undefined : { offer, onAnswer: setAnswer };
      const { signal } = waiting.current;
      const space = await home.join(route.invitation, app, signal, pairing);
      go({ at: "space", id: space.id }, { replace: true });
    } catch (thrown) {
      setProblem(reasonOf(thrown));
    } finally {
      setWaiting(false);
      setAnswer("");
    }
  };
  return (
    <main class="centre">
      <section class="card" data-testid="join">
        {invitation === undefined ? (
          <h1>{texts.badInvitation}</h1>
        ) : (
          <About home={home} invitation={invitation} route={route} offer={shown} />
        )}
        <Problem text={wrong || problem} hook="join-problem" />
        {answer !== "" && <GiveBack answer={answer} />}
        <p role="status" class="quiet">
          {isWaiting && answer === "" ? texts.joining : offer === "asking" && texts.looking}
        </p>
        <div class="row">
          {invitation !== undefined && (
            <Act hook="join-now" class="primary" run={join}>
              {problem === "" ? texts.join : texts.tryAgain}
            </Act>
          )}
          <Act
            hook="join-cancel"
            run={() => {
              waiting.current?.abort();
              go({ at: "start" });
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

/** An invitation for another identity of this person is taken as that one. */
async function becomeInvited(home: Home, invitation: GroupInvitation | undefined): Promise<void> {
  if (invitation?.kind !== "bound" || invitation.peerId === home.me?.id) return;
  const wanted = invitation.peerId;
  const other = home.all.find(({ id }) => id === wanted);
  if (other !== undefined) await home.become(other);
}

interface AboutProps {
  readonly home: Home;
  readonly invitation: GroupInvitation;
  readonly route: JoinRoute;
  /** What its link offers, once somebody has said so. */
  readonly offer: InvitationPreview | undefined;
}

function About({ home, invitation, route: { app, offer: byHand }, offer }: AboutProps) {
  const joinAs = <p class="quiet">{texts.joinAs(home.me?.name ?? "")}</p>;
  const said = invitation.kind === "bound" ? invitation : offer;
  if (said === undefined) {
    return (
      <>
        <h1>{app === undefined ? texts.joinLink : texts.joinLinkApp[app]}</h1>
        {byHand === undefined && <p class="quiet">{texts.openInvitation}</p>}
        {joinAs}
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
        {known === undefined ? texts.invitedByStranger(inviter) : texts.invitedBy(known)}
      </p>
      {until !== undefined && (
        <p class="quiet" data-testid="join-until">
          {texts.until(until)}
        </p>
      )}
      {offer !== undefined && <Terms offer={offer} />}
      {joinAs}
    </>
  );
}

/** For how long, and how often, a link lets people in. */
function Terms({ offer: { memberForMs, uses, used } }: { offer: InvitationPreview }) {
  return (
    <>
      {Number.isFinite(memberForMs) && (
        <p class="quiet" data-testid="join-member-for">
          {texts.memberUntil(new Date(Date.now() + memberForMs))}
        </p>
      )}
      <p class="quiet" data-testid="join-uses">
        {texts.usesLeft(Math.max(0, uses - used))}
      </p>
    </>
  );
}
