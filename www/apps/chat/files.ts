import { type IncomingFile, type Member, PeerError, type Room } from "lacis";
import { button, find, make } from "../shared/dom.js";
import { reasonOf } from "../shared/reasons.js";
import { readableSize, texts } from "../shared/texts.js";
import type { Line, MessageLog } from "./log.js";
import type { Names } from "./people.js";

function endOf(thrown: unknown): string {
  const isDeclined = thrown instanceof PeerError && thrown.code === "rejected";
  return isDeclined ? texts.declined : reasonOf(thrown);
}

/** A progress bar with words beside it and room for buttons. */
class Card {
  readonly element: HTMLElement;
  readonly #bar: HTMLProgressElement;
  readonly #words: HTMLElement;
  readonly #buttons: HTMLElement;
  readonly #release: () => void;

  /** The line stays in the log as long as the transfer is not over. */
  constructor(line: Line, name: string, size: number | undefined) {
    this.#release = line.hold();
    this.#bar = make("progress", { hook: "file-progress", attributes: { max: "1", value: "0" } });
    this.#bar.setAttribute("aria-label", name);
    this.#words = make("span", { className: "quiet", hook: "file-state" });
    this.#buttons = make("div", { className: "row" });
    const title = make("p", { className: "file-name", text: `${name} (${readableSize(size)})` });
    const parts = [title, this.#bar, this.#words, this.#buttons];
    this.element = make("div", { className: "file", hook: "file" }, ...parts);
    line.body.append(this.element);
  }

  say(words: string): void {
    this.#words.textContent = words;
  }

  progress(done: number, total: number | undefined): void {
    if (total === undefined || total === 0) return;
    this.#bar.value = done / total;
    this.say(texts.percent(done / total));
  }

  offer(...buttons: readonly HTMLElement[]): void {
    this.#buttons.replaceChildren(...buttons);
  }

  finish(words: string, ...buttons: readonly HTMLElement[]): void {
    this.#bar.hidden = true;
    this.say(words);
    this.offer(...buttons);
    this.#release();
  }
}

async function sendTo(room: Room, member: Member, name: string, file: File, card: Card) {
  const abort = new AbortController();
  card.say(texts.waiting(name));
  card.offer(button(texts.cancel, "file-cancel", () => abort.abort()));
  try {
    await room.sendFile(member.id, file, {
      onProgress: (done, total) => card.progress(done, total),
      signal: abort.signal,
    });
    card.finish(texts.sent(name));
  } catch (thrown) {
    card.finish(endOf(thrown));
  }
}

function sendAll(room: Room, names: Names, log: MessageLog, files: Iterable<File>): void {
  const members = [...room.members.values()];
  const error = find("compose-error");
  error.textContent = members.length === 0 ? texts.alone : "";
  for (const file of members.length === 0 ? [] : files) {
    const line = log.say({ id: "me", name: names.mine, isMe: true });
    for (const member of members) {
      const card = new Card(line, file.name, file.size);
      void sendTo(room, member, names.of(member), file, card);
    }
  }
}

async function receive(file: IncomingFile, line: Line, card: Card): Promise<void> {
  const abort = new AbortController();
  card.offer(button(texts.cancel, "file-cancel", () => abort.abort()));
  try {
    const blob = await file.blob({
      onProgress: (done, total) => card.progress(done, total),
      signal: abort.signal,
    });
    const url = URL.createObjectURL(blob);
    line.onDrop(() => URL.revokeObjectURL(url));
    const attributes = { href: url, download: file.name };
    const save = make("a", {
      className: "button",
      hook: "file-save",
      text: texts.save,
      attributes,
    });
    card.finish(texts.received, save);
    // A picture is shown as a picture; anything else a browser might run stays a download.
    if (/^image\/(png|jpeg|gif|webp|avif)$/.test(file.mediaType)) {
      card.element.prepend(make("img", { attributes: { src: url, alt: file.name } }));
    }
  } catch (thrown) {
    card.finish(endOf(thrown));
  }
}

function offer(file: IncomingFile, names: Names, log: MessageLog): void {
  const name = names.of(file.from);
  const line = log.say({ id: file.from.id, name, isMe: false }, texts.offered(name));
  const card = new Card(line, file.name, file.size);
  const accept = button(texts.accept, "file-accept", () => void receive(file, line, card));
  accept.className = "primary";
  const decline = button(texts.decline, "file-decline", () => {
    file.reject();
    card.finish(texts.declined);
  });
  card.offer(accept, decline);
  file.signal.addEventListener("abort", () => card.finish(endOf(file.signal.reason)));
}

/** Files in both directions: chosen, dropped or pasted, and offered by others. */
export function watchFiles(room: Room, names: Names, log: MessageLog): void {
  const send = (files: Iterable<File>): void => sendAll(room, names, log, files);
  const chosen = find<HTMLInputElement>("attach");
  find("attach-button").addEventListener("click", () => chosen.click());
  chosen.addEventListener("change", () => {
    send([...(chosen.files ?? [])]);
    chosen.value = "";
  });
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    send([...(event.dataTransfer?.files ?? [])]);
  });
  document.addEventListener("paste", (event) => {
    // Some programs put a picture of a text beside the text; the text is what was meant.
    if (event.clipboardData?.types.includes("text/plain")) return;
    send([...(event.clipboardData?.files ?? [])]);
  });
  room.addEventListener("file", ({ detail }) => offer(detail, names, log));
  for (const file of room.offers) offer(file, names, log);
}
