import "./start.css";
import { useState } from "preact/hooks";
import { APPS, type AppName } from "../shared/apps.js";
import type { Home } from "../shared/home.js";
import icon from "../shared/icon.svg";
import { Scanner } from "../shared/qr.js";
import { reasonOf } from "../shared/reasons.js";
import { go } from "../shared/route.js";
import type { Space } from "../shared/space.js";
import { presenceWords, ServerState } from "../shared/status.js";
import { readableTime, texts } from "../shared/texts/index.js";
import { Act, Avatar, Dialog, Icon, Problem } from "../shared/ui.js";
import { IdentityDialog } from "./identity.js";
import { openLink, PasteLink } from "./paste.js";
import { Storage } from "./storage.js";

/** The start page: who I am, my groups, and how to begin or join one. */
export function Start({ home }: { home: Home }) {
  const [isEditing, setEditing] = useState(false);
  const { me } = home;
  if (me === undefined) return null;
  return (
    <div class="start">
      <header class="bar">
        <img src={icon} alt="" width="30" height="30" />
        <h1>{texts.name}</h1>
        <ServerState home={home} />
        <button type="button" class="me" data-testid="me" onClick={() => setEditing(true)}>
          <Avatar person={{ name: me.name, ...home.look }} size="small" />
          <span class="ellipsis">{me.name}</span>
          <span class="hidden">{texts.profile}</span>
        </button>
      </header>
      <main class="columns">
        <div class="column">
          {home.spaces.size === 0 && <NewSpaces home={home} />}
          <Groups home={home} />
          {home.spaces.size > 0 && <NewSpaces home={home} />}
        </div>
        <div class="column">
          <JoinCard />
          <Storage home={home} />
        </div>
      </main>
      {isEditing && <IdentityDialog home={home} onClose={() => setEditing(false)} />}
    </div>
  );
}

function Groups({ home }: { home: Home }) {
  return (
    <section class="card" aria-labelledby="groups-title">
      <h2 id="groups-title">{texts.groups}</h2>
      {home.spaces.size === 0 && <p class="quiet">{texts.noGroups}</p>}
      <ul class="spaces" data-testid="spaces">
        {home.sorted.map((space) => (
          <SpaceLine key={space.id} space={space} home={home} />
        ))}
      </ul>
    </section>
  );
}

function NewSpaces({ home }: { home: Home }) {
  return (
    <section class="card" aria-labelledby="new-title">
      <h2 id="new-title">{texts.newGroup}</h2>
      <div class="tiles">
        {APPS.map((app) => (
          <NewSpace key={app} app={app} home={home} />
        ))}
      </div>
    </section>
  );
}

function SpaceLine({ space, home }: { space: Space; home: Home }) {
  const { app, trouble } = space;
  const { unread } = space.news;
  return (
    <li>
      <a href={`#/g/${space.id}`} data-testid="space" data-app={app}>
        <span class={`app-icon ${app ?? ""}`}>
          <Icon name={app ?? "details"} />
        </span>
        <span class="grow">
          <strong>{space.name}</strong>
          <span class="quiet">
            {trouble?.kind === "revoked" ? texts.revokedShort : presenceWords(space, home)}
          </span>
        </span>
        <span class="right">
          <time class="quiet" dateTime={space.news.activeAt.toISOString()}>
            {readableTime(space.news.activeAt)}
          </time>
          {unread > 0 && (
            <span class="badge" data-testid="unread" title={texts.unread(unread)}>
              <span aria-hidden="true">{unread > 99 ? "99+" : unread}</span>
              <span class="hidden">{texts.unread(unread)}</span>
            </span>
          )}
        </span>
      </a>
    </li>
  );
}

function NewSpace({ app, home }: { app: AppName; home: Home }) {
  const [isOpen, setOpen] = useState(false);
  const [name, setName] = useState("");
  const [problem, setProblem] = useState("");
  const found = async (event: Event): Promise<void> => {
    event.preventDefault();
    try {
      const space = await home.found(app, name);
      go({ at: "space", id: space.id });
    } catch (thrown) {
      setProblem(reasonOf(thrown));
    }
  };
  return (
    <>
      <button type="button" class="tile" data-testid={`new-${app}`} onClick={() => setOpen(true)}>
        <span class={`app-icon ${app}`}>
          <Icon name={app} size={28} />
        </span>
        <strong>{texts.apps[app]}</strong>
        <span class="quiet">{texts.appLeads[app]}</span>
      </button>
      {isOpen && (
        <Dialog title={texts.apps[app]} hook="found" onClose={() => setOpen(false)}>
          <form class="stack" onSubmit={(event) => void found(event)}>
            <label>
              {texts.groupName}
              <input
                data-testid="found-name"
                maxLength={80}
                value={name}
                placeholder={texts.defaultNames[app]}
                onInput={(event) => setName(event.currentTarget.value)}
              />
            </label>
            <Problem text={problem} />
            <button type="submit" class="primary" data-testid="found-now">
              {texts.create}
            </button>
          </form>
        </Dialog>
      )}
    </>
  );
}

function JoinCard() {
  const [isScanning, setScanning] = useState(false);
  return (
    <section class="card" aria-labelledby="join-title">
      <h2 id="join-title">{texts.joinOne}</h2>
      <PasteLink />
      <Act hook="scan" run={() => setScanning(true)}>
        {texts.scan}
      </Act>
      {isScanning && (
        <Dialog title={texts.scan} hook="scanner" onClose={() => setScanning(false)}>
          <Scanner
            onFound={(found) => {
              setScanning(false);
              openLink(found);
            }}
          />
        </Dialog>
      )}
    </section>
  );
}
