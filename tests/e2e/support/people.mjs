// People at the built pages, in either browser: they find things by their `data-testid`, and wait
// for what they expect to see instead of for a time.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { OUTPUT } from "./pages.mjs";

const APPS = "lacis/dist/apps/";
const SEE_MS = 20_000;

/** What `see` looks for inside the page: runs there, so it may use nothing from here. */
function look([hook, { text, state, count, gone = false }, ms]) {
  const selector = `[data-testid="${hook}"]${state === undefined ? "" : state}`;
  const saidBy = (it) => (it?.matches("input, textarea, select") ? it.value : it?.textContent);
  const words = text === undefined ? [] : [text].flat();
  const matching = () =>
    [...document.querySelectorAll(selector)].filter(
      (it) => words.every((word) => saidBy(it).includes(word)) && it.checkVisibility(),
    );
  const isThere = () => {
    const found = matching().length;
    if (gone) return found === 0;
    return count === undefined ? found > 0 : found === count;
  };
  return new Promise((resolve, reject) => {
    const done = (settle, value) => {
      observer.disconnect();
      clearTimeout(timer);
      settle(value);
    };
    const check = () => {
      const [first] = matching();
      if (isThere()) done(resolve, saidBy(first) ?? "");
    };
    const observer = new MutationObserver(check);
    const timer = setTimeout(() => {
      const seen = [...document.querySelectorAll(`[data-testid="${hook}"]`)];
      const said = seen.map((it) => `${it.outerHTML.slice(0, 300)}`).join("\n");
      const wanted = JSON.stringify({ hook, text, state, count, gone });
      done(
        reject,
        new Error(`not seen: ${wanted}; there is\n${said}\n${document.body.textContent}`),
      );
    }, ms);
    const all = { subtree: true, childList: true, attributes: true, characterData: true };
    observer.observe(document, all);
    check();
  });
}

/** Somebody with a browser. */
export class Person {
  #tab;
  name;

  constructor(tab, name) {
    this.#tab = tab;
    this.name = name;
  }

  /** Opens the pages for the first time and says a name. */
  static async arrive(stage, browser, server, name, { link, ...options } = {}) {
    const url = link ?? `${server.url}/${APPS}`;
    const person = new Person(await stage.bareTab(browser, url, options), name);
    await person.fill("my-name", name);
    await person.click("begin");
    return person;
  }

  get tab() {
    return this.#tab;
  }

  get page() {
    return this.#tab.page;
  }

  /**
   * Waits for something to be visible, or to be `gone`; gives what it says. A list as `text` asks
   * for all of it.
   */
  see(hook, wanted = {}, ms = SEE_MS) {
    return this.#tab.evaluate(look, [hook, wanted, ms]);
  }

  async click(hook, wanted = {}) {
    await this.see(hook, { state: ':not(:disabled, [aria-busy="true"])', ...wanted });
    await this.#tab.evaluate(
      ([name, text]) => {
        const all = [...document.querySelectorAll(`[data-testid="${name}"]`)];
        const fitting = all.filter((it) => text === undefined || it.textContent.includes(text));
        fitting.find((it) => it.checkVisibility()).click();
      },
      [hook, wanted.text],
    );
  }

  /** Writes into a field, as typing does. */
  async fill(hook, text) {
    await this.see(hook);
    await this.#tab.evaluate(
      ([name, value]) => {
        const field = document.querySelector(`[data-testid="${name}"]`);
        field.focus();
        // Past the framework, which watches its own way of setting values.
        field.value = value;
        const event = field.tagName === "SELECT" ? "change" : "input";
        field.dispatchEvent(new Event(event, { bubbles: true }));
      },
      [hook, text],
    );
  }

  /** Presses a key in a field. */
  press(hook, key) {
    return this.#tab.evaluate(
      ([name, pressed]) => {
        const field = document.querySelector(`[data-testid="${name}"]`);
        field.dispatchEvent(new KeyboardEvent("keydown", { key: pressed, bubbles: true }));
      },
      [hook, key],
    );
  }

  /** Chooses a file that a function makes in the page. */
  async choose(hook, { name, type, bytes }) {
    await this.#tab.evaluate(
      ([wanted, called, mediaType, size]) => {
        const field = document.querySelector(`[data-testid="${wanted}"]`);
        const content = typeof size === "string" ? size : new Uint8Array(size).fill(7);
        const files = new DataTransfer();
        files.items.add(new File([content], called, { type: mediaType }));
        field.files = files.files;
        field.dispatchEvent(new Event("change", { bubbles: true }));
      },
      [hook, name, type, bytes],
    );
  }

  /** Closes a dialog. */
  async close(hook) {
    await this.click(`${hook}-close`);
    await this.see(hook, { gone: true });
  }

  /** Founds a group for an application. */
  async found(app, name) {
    await this.click(`new-${app}`);
    await this.fill("found-name", name);
    await this.click("found-now");
    await this.see("presence");
  }

  /** The link by which others come into the group that is shown. */
  async invitation() {
    await this.click("open-invite");
    const link = await this.see("invite-link", { text: "#/join/" });
    await this.close("invite");
    return link;
  }

  /** Takes an invitation whose page is shown. */
  async join() {
    await this.click("join-now");
    await this.see("presence");
  }

  /** Waits until so many others are here. */
  meets(count) {
    return this.see("presence", { state: `[data-present="${count}"]` });
  }

  /** Waits until everything that is shown of the group outlasts the page. */
  stores() {
    return this.see("presence", { state: '[data-stored="true"]' });
  }

  /** Opens a group from the start page. */
  async enter(name) {
    await this.see("space", { text: name });
    await this.#tab.evaluate((called) => {
      const all = [...document.querySelectorAll("[data-testid=space]")];
      all.find((it) => it.textContent.includes(called)).click();
    }, name);
    await this.see("presence");
  }

  /** Waits until the pages need their server no more. */
  keepsPages() {
    return this.see("pages-kept", { state: '[data-kept="true"]' });
  }

  /** Draws a line with the pointer. */
  async draw(points) {
    const { mouse } = this.page;
    const [[x, y], ...rest] = points;
    await mouse.move(x, y);
    await mouse.down();
    for (const [nextX, nextY] of rest) await mouse.move(nextX, nextY, { steps: 5 });
    await mouse.up();
  }

  /** The identity of somebody in the list to whom one can whisper. */
  idOf(name) {
    return this.#tab.evaluate((called) => {
      const options = [...document.querySelectorAll("[data-testid=recipient] option")];
      return options.find((option) => option.textContent.includes(called)).value;
    }, name);
  }

  /** What this person sees, for people to look at. */
  picture(name) {
    const folder = join(OUTPUT, "screenshots");
    mkdirSync(folder, { recursive: true });
    return this.#tab.screenshot(join(folder, `${name}.png`));
  }
}
