import type { Peer, Room } from "lacis";
import { find } from "../shared/dom.js";
import { Standing } from "./standing.js";

/** Says in words how the room stands with the servers, counting down to the next try. */
export function watchState(peer: Peer, room: Room): void {
  const line = find("room-state");
  const standing = new Standing();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const show = (): void => {
    clearTimeout(timer);
    const { state, text, isCounting } = standing.words(room.state, Date.now());
    // A screen reader hears of the change, not of every second.
    line.setAttribute("aria-live", isCounting && line.dataset.state === state ? "off" : "polite");
    line.dataset.state = state;
    if (line.textContent !== text) line.textContent = text;
    if (isCounting) timer = setTimeout(show, 1000);
  };
  room.addEventListener("statechange", show);
  peer.addEventListener("server", ({ detail }) => {
    standing.see(detail);
    show();
  });
  for (const status of peer.servers.values()) standing.see(status);
  show();
}
