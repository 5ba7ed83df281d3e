import { useState } from "preact/hooks";
import type { Home } from "../shared/home.js";
import icon from "../shared/icon.svg";
import { plainName } from "../shared/names.js";
import { reasonOf } from "../shared/reasons.js";
import type { Route } from "../shared/route.js";
import { texts } from "../shared/texts/index.js";
import { Problem } from "../shared/ui.js";
import { ImportIdentity } from "./identity.js";
import { useInvitation } from "./join.js";

/** The first visit: a name is all that is needed. */
export function Welcome({ home, route }: { home: Home; route: Route }) {
  const [name, setName] = useState("");
  const [problem, setProblem] = useState("");
  const [isImporting, setImporting] = useState(false);
  // Nobody shall say a name for a link that is of no use.
  const read = useInvitation(route.at === "join" ? route.invitation : undefined);
  const wrong = read?.[1] ?? "";
  const isInvited = route.at === "join" && wrong === "";
  const begin = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (plainName(name) === "") {
      setProblem(texts.nameMissing);
      return;
    }
    await home.create(name).catch((thrown) => setProblem(reasonOf(thrown)));
  };
  return (
    <main class="centre">
      <section class="card" data-testid="welcome">
        <header class="brand">
          <img src={icon} alt="" width="44" height="44" />
          <h1>{texts.name}</h1>
        </header>
        <Problem text={wrong} hook="welcome-problem" />
        {isInvited && <Invited route={route} />}
        <p class="lead">{isInvited ? texts.welcomeInvited : texts.welcome}</p>
        <form class="stack" onSubmit={(event) => void begin(event)} noValidate>
          <label for="name">{texts.yourName}</label>
          <div class="row">
            <input
              id="name"
              data-testid="my-name"
              maxLength={60}
              autoComplete="nickname"
              value={name}
              onInput={(event) => setName(event.currentTarget.value)}
              aria-describedby="name-help"
            />
            <button type="submit" class="primary" data-testid="begin">
              {texts.begin}
            </button>
          </div>
          <Problem text={problem} />
          <p class="quiet" id="name-help">
            {texts.nameHelp}
          </p>
        </form>
        <button type="button" class="plain" onClick={() => setImporting(true)}>
          {texts.haveIdentity}
        </button>
        {isImporting && <ImportIdentity home={home} onClose={() => setImporting(false)} />}
      </section>
    </main>
  );
}

/** To what somebody is invited, as far as the link says it. */
function Invited({ route: { app, by } }: { route: Extract<Route, { at: "join" }> }) {
  return (
    <>
      {app !== undefined && <h2 data-testid="welcome-for">{texts.joinLinkApp[app]}</h2>}
      {by !== undefined && <p data-testid="welcome-said">{texts.linkSaysFrom(by)}</p>}
    </>
  );
}
