import { createPeer, type Peer, type Room } from "lacis";
import { useEffect, useState } from "preact/hooks";
import icon from "../shared/icon.svg";
import { reasonOf } from "../shared/reasons.js";
import { namedServers } from "../shared/servers.js";
import { Act, Problem } from "../shared/ui.js";
import { Inspector } from "./inspector.js";
import { type Names, shortId, words } from "./words.js";

interface Look {
  readonly peer: Peer;
  readonly room: Room;
}

const NAMES: Names = {
  person: (nodeId) => shortId(nodeId),
  group: () => undefined,
};

/** The inspector as a page: it joins a room by its link, and looks around. */
export function Own() {
  const [look, setLook] = useState<Look | undefined>();
  return (
    <main class="own">
      <header class="brand">
        <img src={icon} alt="" width="34" height="34" />
        <h1>{words.name}</h1>
      </header>
      {look === undefined ? (
        <Entry onLook={setLook} />
      ) : (
        <section class="card" data-testid="looking">
          <div class="row middle wrap">
            <h2 class="grow">{words.roomName(look.room.fingerprint)}</h2>
            <Act
              hook="stop"
              run={async () => {
                setLook(undefined);
                await look.peer.close();
              }}
            >
              {words.stop}
            </Act>
          </div>
          <Inspector peer={look.peer} names={NAMES} />
        </section>
      )}
    </main>
  );
}

/** Asks for the link of a room, and says what else there is. */
function Entry({ onLook }: { readonly onLook: (look: Look) => void }) {
  const [link, setLink] = useState(() => location.hash.slice(1));
  const [problem, setProblem] = useState("");
  const [isJoining, setJoining] = useState(false);
  const join = async (): Promise<void> => {
    setProblem("");
    if (isOfGroup(link)) return setProblem(words.ofGroup);
    setJoining(true);
    try {
      onLook(await joined(link));
    } catch (thrown) {
      setProblem(reasonOf(thrown));
    }
    setJoining(false);
  };
  useEffect(() => {
    const take = (): void => setLink(location.hash.slice(1));
    addEventListener("hashchange", take);
    return () => removeEventListener("hashchange", take);
  }, []);
  return (
    <section class="card" data-testid="entry">
      <p>{words.ownLead}</p>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void join();
        }}
      >
        <label>
          {words.link}
          <input
            data-testid="room-link"
            autoComplete="off"
            spellcheck={false}
            placeholder="lr1..."
            value={link}
            onInput={(event) => setLink(event.currentTarget.value)}
          />
        </label>
        <Problem text={problem} />
        <button
          type="submit"
          class="primary"
          data-testid="look"
          disabled={isJoining || link.trim() === ""}
        >
          {isJoining ? words.joining : words.look}
        </button>
      </form>
      <p class="quiet">
        {words.groupsLead} <a href="./">{words.toApps}</a>
      </p>
    </section>
  );
}

/** Whether it is a group's invitation, alone or as a link of the applications. */
function isOfGroup(text: string): boolean {
  const carried = text.slice(text.lastIndexOf("#") + 1).trim();
  return /^(l[io]\d|\/join\/)/i.test(carried);
}

/** Joins a room; a server that is silent is something to look at, and no reason to wait. */
async function joined(link: string): Promise<Look> {
  const signaling = namedServers(location.search);
  const peer = await createPeer({ ...(signaling && { signaling }) });
  try {
    return { peer, room: await peer.join(link, { wait: false }) };
  } catch (thrown) {
    await peer.close();
    throw thrown;
  }
}
