import type { Peer, Room } from "lacis";
import { find } from "../shared/dom.js";
import { texts } from "../shared/texts.js";

/** Says in words how the room stands with the servers, counting down to the next try. */
export function watchState(peer: Peer, room: Room): void {
  const line = find("room-state");
  let timer: ReturnType<typeof setTimeout> | undefined;
  const show = (): void => {
    clearTimeout(timer);
    const waits = [...peer.servers.values()].flatMap(({ retryAt }) => retryAt ?? []);
    const next = waits.length > 0 ? Math.min(...waits) : undefined;
    const seconds = next === undefined ? 0 : Math.max(0, Math.ceil((next - Date.now()) / 1000));
    const offline = room.state === "offline" || (room.state === "connecting" && waits.length > 0);
    // A screen reader hears of the change, not of every second.
    line.setAttribute("aria-live", offline && line.dataset.state === "offline" ? "off" : "polite");
    line.dataset.state = offline ? "offline" : room.state;
    if (offline) {
      line.textContent = texts.offline(seconds);
      timer = setTimeout(show, 1000);
    } else if (room.state === "open") {
      line.textContent = texts.open;
    } else {
      line.textContent = room.state === "left" ? texts.left : texts.connecting;
    }
  };
  room.addEventListener("statechange", show);
  peer.addEventListener("server", show);
  show();
}
