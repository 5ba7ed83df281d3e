import { useEffect, useState } from "preact/hooks";
import { type AppProps, loadApp, loadedApp } from "./load.js";
import { CallsView } from "./shared/calls-view.js";
import { Boundary, Failed, FailureBar } from "./shared/failure.js";
import type { Home } from "./shared/home.js";
import { NotLoaded } from "./shared/reasons.js";
import { go, type Route, useRoute } from "./shared/route.js";
import { texts } from "./shared/texts/index.js";
import { Act } from "./shared/ui.js";
import { useWatch } from "./shared/watch.js";
import { Join } from "./start/join.js";
import { Start } from "./start/start.js";
import { Welcome } from "./start/welcome.js";

/** Everything: whichever page the address and the state of things ask for. */
export function Shell({ home }: { home: Home }) {
  return (
    <>
      <Boundary home={home}>
        <Pages home={home} />
      </Boundary>
      <FailureBar home={home} />
    </>
  );
}

function Pages({ home }: { home: Home }) {
  useWatch(home);
  const route = useRoute();
  const { phase } = home;
  switch (phase.at) {
    case "starting":
      return <Notice title={texts.name} text={texts.starting} hook="starting" />;
    case "failed":
      return <Failed home={home} title={texts.fatal} thrown={phase.thrown} hook="fatal" />;
    case "elsewhere":
      return (
        <Notice title={texts.elsewhere} text={texts.elsewhereLead} hook="elsewhere">
          <Act hook="use-here" class="primary" run={() => home.takeOver()}>
            {texts.useHere}
          </Act>
        </Notice>
      );
    case "new":
      return <Welcome home={home} route={route} />;
    case "ready":
      return (
        <>
          <Page home={home} route={route} />
          <CallsView home={home} />
        </>
      );
  }
}

function Page({ home, route }: { home: Home; route: Route }) {
  useEffect(() => {
    const space = route.at === "space" ? home.spaces.get(route.id) : undefined;
    document.title = space === undefined ? texts.name : `${space.name} - ${texts.name}`;
  });
  if (route.at === "join") return <Join key={route.invitation} home={home} route={route} />;
  if (route.at === "start") return <Start home={home} />;
  const space = home.spaces.get(route.id);
  if (space !== undefined)
    return <Loaded home={home} space={space} key={`${space.id} ${space.app}`} />;
  return (
    <Notice title={texts.noGroup} text={texts.noGroupLead} hook="no-group">
      <Act hook="to-start" class="primary" run={() => go({ at: "start" })}>
        {texts.toStart}
      </Act>
    </Notice>
  );
}

/** A group in its application, once both are known. */
function Loaded({ home, space }: AppProps) {
  useWatch(space);
  const name = space.app;
  const [app, setApp] = useState(loadedApp(name));
  const [failed, setFailed] = useState<{ readonly thrown: unknown } | undefined>();
  useEffect(() => {
    if (name === undefined || app !== undefined) return;
    loadApp(name).then(setApp, (thrown) => setFailed({ thrown: new NotLoaded(thrown) }));
  }, [name, app]);
  useEffect(() => {
    space.watch(true);
    return () => space.watch(false);
  }, [space]);
  if (app !== undefined) return <app.View home={home} space={space} />;
  const toStart = (
    <Act hook="to-start" run={() => go({ at: "start" })}>
      {texts.toStart}
    </Act>
  );
  if (failed !== undefined) {
    return (
      <Failed home={home} title={space.name} thrown={failed.thrown} hook="not-loaded">
        {toStart}
      </Failed>
    );
  }
  const text = name === undefined ? texts.waitingForApp : texts.starting;
  return (
    <Notice title={space.name} text={text} hook="app-loading">
      {toStart}
    </Notice>
  );
}

interface NoticeProps {
  readonly title: string;
  readonly text: string;
  readonly hook: string;
  readonly children?: preact.ComponentChildren;
}

function Notice({ title, text, hook, children }: NoticeProps) {
  return (
    <main class="centre">
      <section class="card" data-testid={hook}>
        <h1>{title}</h1>
        <p role="status">{text}</p>
        {children}
      </section>
    </main>
  );
}
