import type { RoomState } from "lacis";
import { useEffect, useReducer } from "preact/hooks";
import type { Home } from "./home.js";
import { meetingOf } from "./meeting.js";
import { reasonOfCode } from "./reasons.js";
import { Space } from "./space.js";
import type { Words } from "./standing.js";
import { texts } from "./texts/index.js";
import { Act } from "./ui.js";

/** Where somebody is to be met: a group, or the servers of an invitation. Default: this page's. */
type Place = Space | readonly string[] | undefined;

/** How these pages stand with the servers of a place, now and as it changes. */
export function useServerWords(home: Home, place?: Place): Words {
  const [, tick] = useReducer((count: number, _: undefined) => count + 1, 0);
  const words = serverWords(home, place);
  useEffect(() => {
    if (!words.isCounting) return undefined;
    const timer = setInterval(() => tick(undefined), 1_000);
    return () => clearInterval(timer);
  }, [words.isCounting]);
  return words;
}

function serverWords(home: Home, place: Place): Words {
  const at = place instanceof Space ? meetingOf(place).servers : place;
  return home.standing.words(serverState(home, place), Date.now(), at);
}

/** Says in words how these pages stand with the servers, counting down to the next try. */
export function ServerState({ home }: { home: Home }) {
  const { state, text, isCounting } = useServerWords(home);
  return (
    // A screen reader hears of the change, not of every second.
    <p
      class="state"
      role="status"
      aria-live={isCounting ? "off" : "polite"}
      data-testid="server-state"
      data-state={state}
    >
      <span class="dot" />
      {text}
    </p>
  );
}

/** Others may meet at other servers than those of the page, which say nothing of them then. */
function serverState(home: Home, place: Place): RoomState {
  if (place instanceof Space && place.room !== undefined) return place.room.state;
  if (Array.isArray(place)) {
    return place.some((url) => home.standing.isOpen(url)) ? "open" : "connecting";
  }
  switch (home.peer?.state) {
    case "online":
      return "open";
    case "offline":
      return "offline";
    default:
      return "connecting";
  }
}

/** Says in words who else of a group is here. */
export function presenceWords(space: Space, home: Home): string {
  const others = space.others.length;
  // The bar below says all that there is to say.
  if (isOver(space)) return "";
  if (space.present > 0) return texts.present(space.present, others);
  const { state } = serverWords(home, space);
  if (state === "offline") return texts.presentOffline;
  if (state !== "open") return texts.connecting;
  return others > 0 ? texts.presentNobody : texts.alone;
}

/** Whether nobody is to be met here any more, whatever the servers do. */
function isOver({ trouble }: Space): boolean {
  return trouble?.kind === "ended" || trouble?.kind === "revoked";
}

interface ServerBarProps {
  readonly home: Home;
  readonly space: Space;
  /** Opens what lets somebody in with no server between. */
  readonly onByHand: () => void;
}

/** Says that no server is there, to whoever has nobody to be with because of it. */
export function ServerBar({ home, space, onByHand }: ServerBarProps) {
  const { state, short, text, isCounting } = useServerWords(home, space);
  const isSlow = text === texts.slowServer;
  if (space.present > 0 || isOver(space)) return null;
  if (state !== "offline" && !isSlow) return null;
  return (
    <div
      class="trouble"
      role="status"
      aria-live={isCounting ? "off" : "polite"}
      data-testid="no-server"
    >
      <span>
        {short} {texts.offlineKept}
      </span>
      {space.mayInvite && (
        <Act hook="no-server-by-hand" run={onByHand}>
          {texts.byHand}
        </Act>
      )}
    </div>
  );
}

/** What stands in the way of a group, and what can be done about it. */
export function TroubleBar({ space, onLeave }: { space: Space; onLeave: () => void }) {
  const { trouble } = space;
  if (trouble === undefined) return null;
  const { kind, code } = trouble;
  const words = {
    // It has kept something before: a browser that lets nothing be kept has no groups.
    unsaved: texts.unsaved(reasonOfCode(code === "store-unavailable" ? "store-failed" : code)),
    refused: texts.refusedByOthers(reasonOfCode(code)),
    revoked: texts.revokedHere,
    ended: texts.ended,
  }[kind];
  return (
    <div class="trouble" role="alert" data-testid="trouble" data-kind={kind}>
      <span>{words}</span>
      {kind === "revoked" && (
        <Act hook="trouble-leave" run={onLeave}>
          {texts.leave}
        </Act>
      )}
      {kind === "ended" && (
        <Act hook="trouble-reload" run={() => location.reload()}>
          {texts.reload}
        </Act>
      )}
    </div>
  );
}

/** What somebody ought to know of a group that works on. */
export function NoticeBar({ space, onError }: NoticeProps) {
  const { keyOld, clockAheadMs } = space.group;
  const aside = space.isAdmin ? [...space.aside] : [];
  return (
    <>
      {clockAheadMs !== undefined && (
        <div class="trouble" role="status" data-testid="notice" data-kind="clock">
          <span>{texts.clockDiffers(clockAheadMs)}</span>
        </div>
      )}
      {keyOld && (
        <div class="trouble" role="status" data-testid="notice" data-kind="key">
          <span>{texts.keyOld}</span>
        </div>
      )}
      {aside.map(([author, count]) => (
        <div key={author} class="trouble" role="status" data-testid="notice" data-kind="aside">
          <span>{texts.setAside(space.person(author).name, count)}</span>
          <Act hook="name-actions" run={() => space.nameActions(author)} onError={onError}>
            {texts.letStand}
          </Act>
        </div>
      ))}
    </>
  );
}

interface NoticeProps {
  readonly space: Space;
  readonly onError: (thrown: unknown) => void;
}
