import type { Room } from "lacis";
import { button, find } from "../shared/dom.js";
import { reasonOf } from "../shared/reasons.js";
import { texts } from "../shared/texts.js";
import { Delivery, type DeliveryReport } from "./delivery.js";
import type { Line, MessageLog } from "./log.js";
import type { Names } from "./people.js";

const CHAT = "chat";
/** As much as one message of the network holds; a chat line beyond it is a document. */
const BYTES_MAX = 60 * 1024;

function wordsOf({ state, count, of, reason }: DeliveryReport): string {
  if (state === "sending" && count === 0) return texts.sending;
  if (state === "sending" || state === "delivered") return texts.delivered(count, of);
  return texts.failed(count, of, reasonOf(reason));
}

/** Sends lines, tells the truth about each, and offers to repeat what did not reach everybody. */
class Sender {
  readonly #room: Room;
  /** For each line that somebody lacks: looks again who of them is here. */
  readonly #lacking = new Set<() => void>();

  constructor(room: Room) {
    this.#room = room;
    const look = (): void => {
      for (const update of this.#lacking) update();
    };
    room.addEventListener("memberjoin", look);
    room.addEventListener("memberleave", look);
  }

  send(text: string, line: Line): void {
    const isHere = (id: string): boolean => this.#room.members.has(id);
    const again = button("", "send-again", () => void delivery.run(isHere));
    const offer = (): void => {
      again.hidden = !delivery.canRepeat(isHere);
    };
    const forget = (): void => void this.#lacking.delete(offer);
    const delivery = new Delivery(
      this.#room.members.keys(),
      (id) => this.#room.send(id, CHAT, text, { until: "delivered" }),
      (report) => {
        line.setState(report.state, wordsOf(report), again);
        again.textContent = texts.again(report.count);
        offer();
        if (report.state === "delivered") forget();
        else this.#lacking.add(offer);
      },
    );
    line.onDrop(forget);
    void delivery.run(isHere);
  }
}

/** The field to write in, and what comes from others. */
export function watchComposer(room: Room, names: Names, log: MessageLog): void {
  const field = find<HTMLTextAreaElement>("compose");
  const error = find("compose-error");
  const sender = new Sender(room);
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
    sender.send(text, log.say({ id: "me", name: names.mine, isMe: true }, text));
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
