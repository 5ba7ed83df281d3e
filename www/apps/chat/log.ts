import { avatar, make } from "../shared/dom.js";

/** One line of the log, to be changed later. */
export interface Line {
  /** What is known of its delivery. */
  setState(state: "sending" | "delivered" | "failed", text: string): void;
  /** Where more can be put, a file card for example. */
  readonly body: HTMLElement;
}

/** Who wrote a line. */
export interface Author {
  readonly id: string;
  readonly name: string;
  readonly isMe: boolean;
}

/** What was said, in order. */
export class MessageLog {
  readonly #list: HTMLElement;

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
    const body = make("div", { className: "body" });
    if (text !== undefined) body.append(make("p", { className: "text", text }));
    const item = make(
      "li",
      { className: author.isMe ? "message mine" : "message", hook: "message" },
      avatar(author.name, author.id),
      make(
        "div",
        { className: "bubble" },
        make("span", { className: "author", text: author.name }),
        body,
        make("span", { className: "meta" }, make("time", { text: time }), state),
      ),
    );
    this.#add(item);
    return {
      body,
      setState: (name, words) => {
        item.dataset.state = name;
        state.textContent = words;
      },
    };
  }

  /** Adds a line that nobody said. */
  note(text: string): void {
    this.#add(make("li", { className: "note", hook: "note", text }));
  }

  #add(item: HTMLElement): void {
    this.#list.append(item);
  }

  /** Shows the end, but does not pull away whoever scrolled up to read. */
  #scroll(): void {
    const { scrollTop, scrollHeight, clientHeight } = this.#list;
    if (scrollHeight - scrollTop - clientHeight < 480) this.#list.scrollTop = scrollHeight;
  }
}
