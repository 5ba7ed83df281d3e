import { createRoomLink, init, parseRoomLink } from "lacis";
import { find } from "../shared/dom.js";
import { reasonOf } from "../shared/reasons.js";
import { namedServers } from "../shared/servers.js";
import { texts } from "../shared/texts.js";
import { fillWords } from "../shared/words.js";

fillWords(texts.page.name);
const error = find("paste-error");
const paste = find<HTMLInputElement>("paste-link");

/** Opens a room; the query goes along, since it may name other servers. */
function open(link: string): void {
  location.assign(`./chat/${location.search}#${link}`);
}

function tell(thrown: unknown): void {
  error.textContent = reasonOf(thrown);
}

find("start-room").addEventListener("click", () => {
  error.textContent = "";
  init()
    // The link itself names the servers: it may travel without the rest of the address.
    .then(() => open(createRoomLink(namedServers(location.search) ?? [])))
    .catch(tell);
});

find("paste-form").addEventListener("submit", (event) => {
  event.preventDefault();
  error.textContent = "";
  const text = paste.value.trim();
  init()
    .then(() => {
      parseRoomLink(text);
      open(text.slice(text.lastIndexOf("#") + 1));
    })
    .catch((thrown) => {
      tell(thrown);
      paste.focus();
    });
});
