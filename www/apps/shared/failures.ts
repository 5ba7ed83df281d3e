// Failures that nothing else has taken care of: they are told in a bar, and never by a blank page.
import { Said } from "./reasons.js";
import { texts } from "./texts/index.js";
import { Observable } from "./watch.js";

/** The failure that is to be told, until somebody has seen it. */
export class Failures extends Observable {
  #isTold = false;
  #latest: { readonly thrown: unknown } | undefined;

  get latest(): { readonly thrown: unknown } | undefined {
    return this.#latest;
  }

  /** Takes a failure; the first one stays until it was seen, since others often follow from it. */
  hear(thrown: unknown): void {
    if (this.#isTold) return;
    this.#latest ??= { thrown };
    this.changed();
  }

  clear(): void {
    this.#latest = undefined;
    this.changed();
  }

  /** Whether a page in the place of a failed one tells of it: what follows from it is not told. */
  tellElsewhere(isTold: boolean): void {
    this.#isTold = isTold;
    this.clear();
  }

  /** Hears of everything in this window that nobody has caught. */
  watch(): void {
    addEventListener("error", ({ error }) => {
      // Without an error it comes from another place, or is a remark of the browser.
      if (isOurs(error)) this.hear(error);
    });
    addEventListener("unhandledrejection", ({ reason }) => {
      if (isOurs(reason)) this.hear(reason);
    });
    // What did not come before these scripts ran, `first.js` has seen.
    if (document.documentElement.dataset.missing !== undefined) {
      this.hear(new Said(texts.notLoaded));
    }
  }
}

function isOurs(thrown: unknown): boolean {
  if (thrown === undefined || thrown === null) return false;
  if (thrown instanceof DOMException && thrown.name === "AbortError") return false;
  const stack = thrown instanceof Error ? (thrown.stack ?? "") : "";
  return !/(chrome|moz|safari-web)-extension:/.test(stack);
}

/** Those of this page. */
export const failures = new Failures();
