import "./inspector.css";
import type { Diagnosis, Peer } from "lacis";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Home } from "../shared/home.js";
import type { Space } from "../shared/space.js";
import { Act, Dialog } from "../shared/ui.js";
import { meshOf, roomOf } from "./layout.js";
import { Findings, People, Records, Servers } from "./lists.js";
import { Picture } from "./picture.js";
import { type Names, shortId, words } from "./words.js";

/** How often it looks again. */
const PERIOD_MS = 1_000;

interface InspectorProps {
  readonly peer: Peer;
  readonly names: Names;
  /** The group whose mesh is shown first. */
  readonly groupId?: string | undefined;
}

/** What a peer says of itself, as it changes; undefined once the peer is closed. */
function useDiagnosis(peer: Peer): Diagnosis | undefined {
  const [found, setFound] = useState(() => lookAt(peer));
  useEffect(() => {
    const look = (): void => {
      if (!document.hidden) setFound(lookAt(peer));
    };
    const timer = setInterval(look, PERIOD_MS);
    document.addEventListener("visibilitychange", look);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", look);
    };
  }, [peer]);
  return found;
}

function lookAt(peer: Peer): Diagnosis | undefined {
  try {
    return peer.diagnose();
  } catch {
    // It was closed meanwhile, which the page around this tells.
    return undefined;
  }
}

/** A live picture of the mesh, and below it what stands behind that. */
export function Inspector({ peer, names, groupId }: InspectorProps) {
  const found = useDiagnosis(peer);
  const [chosen, choose] = useState<number | undefined>();
  if (found === undefined) return null;
  const room = found.rooms.find((it) => it.room === chosen)?.room ?? roomOf(found, groupId);
  const at = found.rooms.find((it) => it.room === room);
  const group = found.groups.find((it) => it.groupId === (at?.groupId ?? groupId));
  return (
    <div class="inspector" data-testid="inspector">
      {found.rooms.length > 1 && (
        <label>
          {words.room}
          <select
            data-testid="inspector-room"
            value={String(room)}
            onChange={(event) => choose(Number(event.currentTarget.value))}
          >
            {found.rooms.map(({ room: number, fingerprint, groupId: id }) => (
              <option key={number} value={String(number)}>
                {id === undefined
                  ? words.roomName(fingerprint ?? "")
                  : (names.group(id) ?? words.groupName(id))}
              </option>
            ))}
          </select>
        </label>
      )}
      <div class="sides">
        <Picture mesh={meshOf(found, room)} names={names} />
        <div class="stack facts">
          <Findings found={found} names={names} />
          <Records group={group} />
          <Servers found={found} />
        </div>
      </div>
      <People found={found} names={names} room={room} />
      <Copy found={found} />
    </div>
  );
}

/** All of it as text, to be read and handed on. */
function Copy({ found }: { readonly found: Diagnosis }) {
  const [text, setText] = useState("");
  const [said, say] = useState("");
  const place = useRef<HTMLTextAreaElement>(null);
  const copy = async (): Promise<void> => {
    const whole = JSON.stringify(found, undefined, 2);
    setText(whole);
    try {
      await navigator.clipboard.writeText(whole);
      say(words.copied);
    } catch {
      // Not allowed here.
      say(words.copyByHand);
    }
  };
  // Marked, for the person to copy.
  useLayoutEffect(() => {
    if (said === words.copyByHand) place.current?.select();
  }, [said, text]);
  return (
    <section class="stack report">
      <div class="row middle wrap">
        <Act hook="inspector-copy" run={copy}>
          {words.copy}
        </Act>
        <span class="quiet" role="status" data-testid="inspector-said">
          {said}
        </span>
      </div>
      <p class="quiet">{words.copyLead}</p>
      {text !== "" && (
        <textarea
          ref={place}
          readOnly
          rows={9}
          aria-label={words.json}
          data-testid="inspector-json"
          value={text}
        />
      )}
    </section>
  );
}

interface DialogProps {
  readonly home: Home;
  readonly space: Space;
  readonly onClose: () => void;
}

/** The inspector over an application, for the group that is open in it. */
export function InspectorDialog({ home, space, onClose }: DialogProps) {
  const { peer } = home;
  const names: Names = {
    person: (nodeId, peerId) => (peerId === undefined ? shortId(nodeId) : nameOf(space, peerId)),
    group: (id) => (home.spaces.size > 1 ? home.spaces.get(id)?.name : undefined),
  };
  return (
    <Dialog title={words.title} hook="inspector-dialog" onClose={onClose}>
      <p class="quiet">{words.lead}</p>
      {peer !== undefined && <Inspector peer={peer} names={names} groupId={space.id} />}
    </Dialog>
  );
}

function nameOf(space: Space, peerId: string): string {
  return space.people.get(peerId)?.name ?? shortId(peerId);
}
