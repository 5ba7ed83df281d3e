// The texts that people carry, by how they begin: so that one in the wrong place is named.
import { errorOfThrown, PeerError } from "./errors.js";

const INVITATION = "an invitation to a group: group.invite() makes it, peer.joinGroup() takes it";

const TEXTS: Readonly<Record<string, string>> = {
  lr: "the link of a room: createRoomLink() makes it, peer.join() takes it",
  li: INVITATION,
  lo: INVITATION,
  lc: "an identity card: parseCard() reads it",
  lp: "a text of pair()",
};

/** Calls the core with a text of that kind; if it is none, the detail says what it is instead. */
export function takeText<T>(wanted: "lr" | "li" | "lc" | "lp", text: string, call: () => T): T {
  try {
    return call();
  } catch (thrown) {
    const error = errorOfThrown(thrown);
    if (!/^(link|invitation|card|pairing)-unknown$/.test(error.code)) throw error;
    const begin = text.slice(text.lastIndexOf("#") + 1).trim();
    const found = TEXTS[begin.slice(0, 2).toLowerCase()];
    const detail = `this is ${found ?? `not ${TEXTS[wanted]}`}`;
    throw new PeerError(error.code, { detail, cause: thrown });
  }
}
