import { createPeer, init, type Peer, PeerError, parseRoomLink, type Room } from "lacis";
import { find } from "../shared/dom.js";
import { reasonOf } from "../shared/reasons.js";
import { namedServers } from "../shared/servers.js";
import { texts } from "../shared/texts.js";
import { fillWords } from "../shared/words.js";
import { watchComposer } from "./composer.js";
import { watchFiles } from "./files.js";
import { showInvitation } from "./invite.js";
import { MessageLog } from "./log.js";
import { watchPeople } from "./people.js";
import { watchState } from "./state.js";

/** The servers to meet at, besides those that the link names; undefined for the page's own. */
async function servers(link: string): Promise<string[] | undefined> {
  const named = namedServers(location.search);
  if (named !== undefined) return named;
  await init();
  // A room with servers of its own meets there and nowhere else.
  return parseRoomLink(link).servers.length > 0 ? [] : undefined;
}

/** A page that cannot go on says why, and what to do. */
function giveUp(thrown: unknown): void {
  const known = thrown instanceof PeerError;
  const fatal = find("fatal");
  fatal.dataset.code = known ? thrown.code : "internal";
  const isMissing = location.hash.length < 2 && fatal.dataset.code === "link-unknown";
  find("fatal-text").textContent = isMissing ? texts.noLink : reasonOf(thrown);
  fatal.hidden = false;
  find("room").hidden = true;
}

function show(peer: Peer, room: Room): void {
  find("room").hidden = false;
  const log = new MessageLog(find("messages"));
  const names = watchPeople(room, log);
  watchState(peer, room);
  showInvitation(location.href);
  watchComposer(room, names, log);
  watchFiles(room, names, log);
}

async function start(): Promise<void> {
  fillWords(texts.page.chatTitle);
  const peer = await createPeer({ signaling: await servers(location.hash) });
  // The room is there at once, even while no server answers; its state says so.
  show(peer, await peer.join(location.hash, { wait: false }));
}

// Another invitation pasted into the address bar changes only what is behind the #.
window.addEventListener("hashchange", () => location.reload());
start().catch(giveUp);
