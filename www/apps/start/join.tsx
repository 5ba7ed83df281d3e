import { type GroupInvitation, parseInvitation } from "lacis";
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

/** What an invitation is for; taken only when the person says so. */
export function Join({ home, route }: { home: Home; route: JoinRoute }) {
  const [problem, setProblem] = useState("");
  const [isWaiting, setWaiting] = useState(false);
  const [answer, setAnswer] = useState("");
  const waiting = useRef<AbortController | undefined>(undefined);
  const [invitation, wrong] = read(route.invitation);
  const held = invitation && home.spaces.has(invitation.group) ? invitation.group : undefined;
  useEffect(() => () => waiting.current?.abort(), []);
  useEffect(() => {
    if (held !== undefined && route.offer === undefined)
      go({ at: "space", id: held }, { replace: true });
  }, [held]);
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
          <About home={home} invitation={invitation} route={route} />
        )}
        <Problem text={wrong || problem} hook="join-problem" />
        {answer !== "" && <GiveBack answer={answer} />}
        <p role="status" class="quiet">
          {isWaiting && answer === "" ? texts.joining : ""}
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

function read(text: string): [GroupInvitation | undefined, string] {
  try {
    return [parseInvitation(text), ""];
  } catch (thrown) {
    return [undefined, reasonOf(thrown)];
  }
}

/** An invitation for another identity of this person is taken as that one. */
async function becomeInvited(home: Home, invitation: GroupInvitation | undefined): Promise<void> {
  if (invitation?.kind !== "bound" || invitation.peer === home.me?.id) return;
  const wanted = invitation.peer;
  const other = home.all.find(({ id }) => id === wanted);
  if (other !== undefined) await home.become(other);
}

interface AboutProps {
  readonly home: Home;
  readonly invitation: GroupInvitation;
  readonly route: JoinRoute;
}

function About({ home, invitation, route: { app, offer } }: AboutProps) {
  const joinAs = <p class="quiet">{texts.joinAs(home.me?.name ?? "")}</p>;
  if (invitation.kind === "link") {
    return (
      <>
        <h1>{app === undefined ? texts.joinLink : texts.joinLinkApp[app]}</h1>
        {offer === undefined && <p class="quiet">{texts.openInvitation}</p>}
        {joinAs}
      </>
    );
  }
  const { inviter, until } = invitation;
  const name = plainName(invitation.name);
  const known = contacts(home.me?.id ?? "")[inviter];
  return (
    <>
      <h1>{app === undefined ? texts.joinTitle(name) : texts.joinApp[app](name)}</h1>
      <p>{texts.invitedBy(known ?? texts.guest(inviter))}</p>
      {until !== undefined && <p class="quiet">{texts.until(until)}</p>}
      {joinAs}
    </>
  );
}
