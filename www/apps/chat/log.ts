import { avatar, make } from "../shared/dom.js";
import { texts } from "../shared/texts.js";
import type { DeliveryReport } from "./delivery.js";

/** Lines that the page keeps; a room may stay open for days. */
const LINES_MAX = 1000;

/** One line of the log, to be changed later. */
export interface Line {
  /** What is known of its delivery, and what can be done about it. */
  setState(state: DeliveryReport["state"], text: string, action: HTMLElement): void;
  /** Where more can be put, a file card for example. */
  readonly body: HTMLElement;
  /** Keeps the line, however old, until the returned function is called. */
  hold(): () => void;
  /** Runs when the line makes room for newer ones. */
  onDrop(act: () => void): void;
}

/** Who wrote a line. */
export interface Author {
  readonly id: string;
  readonly name: string;
  readonly isMe: boolean;
}

/** One item of the list, and what keeps it there. */
class Item {
  readonly element: HTMLElement;
  readonly onDrop: (() => void)[] = [];
  holds = 0;

  constructor(element: HTMLElement) {
    this.element = element;
  }
}

/** What was said, in order. */
export class MessageLog {
  readonly #list: HTMLElement;
  readonly #items = new Set<Item>();
  #hasDropped = false;

  constructor(list: HTMLElement) {
    this.#list = list;
    // Cards with their buttons are put into a line after it was added, and pictures get their size
    // when they are loaded; the end stays in sight then, too.
    new MutationObserver(() => this.#scroll()).observe(list, { childList: true, subtree: true });
    list.addEventListener("load", () => this.#scroll(), { capture: true });
  }

  /** Adds something that somebody said or sent. */
  say(author: Author, text?: string): Line {
    const time = new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    const state = make("span", { className: "delivery" });
    const meta = make("span", { className: "meta" }, make("time", { text: time }), state);
    const body = make("div", { className: "body" });
    if (text !== undefined) body.append(make("p", { className: "text", text }));
    const element = make(
      "li",
      { className: author.isMe ? "message mine" : "message", hook: "message" },
      avatar(author.name, author.id),
      make(
        "div",
        { className: "bubble" },
        make("span", { className: "author", text: author.name }),
        body,
        meta,
      ),
    );
    const item = this.#add(element);
    return {
      body,
      setState: (name, words, action) => {
        element.dataset.state = name;
        state.textContent = words;
        if (action.parentNode !== meta) meta.append(action);
      },
      hold: () => this.#hold(item),
      onDrop: (act) => void item.onDrop.push(act),
    };
  }

  /** Adds a line that nobody said. */
  note(text: string): void {
    this.#add(make("li", { className: "note", hook: "note", text }));
  }

  #add(element: HTMLElement): Item {
    const item = new Item(element);
    this.#items.add(item);
    this.#list.append(element);
    this.#trim();
    return item;
  }

  #hold(item: Item): () => void {
    item.holds += 1;
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      item.holds -= 1;
      this.#trim();
    };
  }

  /** Drops the oldest lines beyond the limit, but none with something still to be done in it. */
  #trim(): void {
    for (const item of this.#items) {
      if (this.#items.size <= LINES_MAX) return;
      if (item.holds > 0) continue;
      this.#items.delete(item);
      item.element.remove();
      for (const act of item.onDrop) act();
      if (this.#hasDropped) continue;
      this.#hasDropped = true;
      const text = texts.dropped(LINES_MAX);
      this.#list.prepend(make("li", { className: "note", hook: "dropped", text }));
    }
  }

  /** Shows the end, but does not pull away whoever scrolled up to read. */
  #scroll(): void {
    const { scrollTop, scrollHeight, clientHeight } = this.#list;
    if (scrollHeight - scrollTop - clientHeight < 480) this.#list.scrollTop = scrollHeight;
  }
}
