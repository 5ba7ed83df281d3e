import type { Member, Room } from "lacis";
import { find } from "../shared/dom.js";
import { reasonOf } from "../shared/reasons.js";
import { texts } from "../shared/texts.js";
import type { Line, MessageLog } from "./log.js";
import type { Names } from "./people.js";

const CHAT = "chat";
/** As much as one message of the network holds; a chat line beyond it is a document. */
const BYTES_MAX = 60 * 1024;

/** Sends to each member and tells the truth about each. */
async function deliver(room: Room, text: string, line: Line): Promise<void> {
  const members: Member[] = [...room.members.values()];
  if (members.length === 0) {
    line.setState("failed", texts.nobody);
    return;
  }
  line.setState("sending", texts.sending);
  let count = 0;
  const send = async (member: Member): Promise<void> => {
    await room.send(member.id, CHAT, text, { until: "delivered" });
    count += 1;
    line.setState("sending", texts.delivered(count, members.length));
  };
  const results = await Promise.allSettled(members.map(send));
  const failed = results.find((result) => result.status === "rejected");
  if (failed === undefined) {
    line.setState("delivered", texts.delivered(count, members.length));
  } else {
    line.setState("failed", texts.failed(count, members.length, reasonOf(failed.reason)));
  }
}

/** The field to write in, and what comes from others. */
export function watchComposer(room: Room, names: Names, log: MessageLog): void {
  const field = find<HTMLTextAreaElement>("compose");
  const error = find("compose-error");
  const grow = (): void => {
    const lines = field.value.split("\n").length;
    field.rows = Math.min(5, Math.max(1, lines));
  };
  const send = (): void => {
    const text = field.value.trim();
    error.textContent = "";
    if (text === "") return;
    if (new TextEncoder().encode(text).length > BYTES_MAX) {
      error.textContent = texts.tooLong;
      return;
    }
    if (room.members.size === 0) {
      // The draft stays: nobody would ever read it in the log.
      error.textContent = texts.alone;
      return;
    }
    field.value = "";
    grow();
    const line = log.say({ id: "me", name: names.mine, isMe: true }, text);
    void deliver(room, text, line);
  };
  field.addEventListener("input", grow);
  field.addEventListener("keydown", (event) => {
    // An Enter that ends the composition of a character is not meant for us.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  });
  find("composer").addEventListener("submit", (event) => {
    event.preventDefault();
    send();
    field.focus();
  });
  room.addEventListener("message", ({ detail }) => {
    if (detail.label !== CHAT) return;
    const { from } = detail;
    log.say({ id: from.id, name: names.of(from), isMe: false }, detail.text());
  });
  field.focus();
}
