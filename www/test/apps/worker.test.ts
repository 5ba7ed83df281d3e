// The service worker, as its file is: where a notification leads.
import { readFileSync } from "node:fs";
import { expect, test, vi } from "vitest";

const SOURCE = readFileSync(new URL("../../apps/public/sw.js", import.meta.url), "utf8");
const PAGE = "https://page.example/apps/";

/** Runs the worker while these pages are open, and follows a notification of a group. */
async function followed(tag: string, open: readonly string[]): Promise<readonly unknown[]> {
  const seen: unknown[] = [];
  const focus = (url: string) => () => Promise.resolve(seen.push(["focus", url]));
  const clients = {
    matchAll: () => Promise.resolve(open.map((url) => ({ url, focus: focus(url) }))),
    openWindow: (url: string) => Promise.resolve(seen.push(["open", url])),
  };
  const listeners = new Map<string, (event: unknown) => void>();
  const addEventListener = (name: string, hear: (event: unknown) => void): void => {
    listeners.set(name, hear);
  };
  const self = { location: `${PAGE}sw.js`, clients, addEventListener };
  new Function("self", SOURCE)(self);
  const close = vi.fn();
  let done: Promise<unknown> = Promise.reject(new Error("it was not heard"));
  done.catch(() => {});
  const waitUntil = (promise: Promise<unknown>): void => {
    done = promise;
  };
  listeners.get("notificationclick")?.({ notification: { tag, close }, waitUntil });
  await done;
  expect(close).toHaveBeenCalledOnce();
  return seen;
}

test.each([
  [
    "the page of the group",
    ["https://b.example/", `${PAGE}#/`, `${PAGE}#/g/one`],
    "focus",
    "#/g/one",
  ],
  ["another of these pages", ["https://b.example/", `${PAGE}#/g/two`], "focus", "#/g/two"],
  ["a new page", ["https://b.example/"], "open", "#/g/one"],
])("a notification leads to %s", async (_, open, what, where) => {
  expect(await followed("one", open)).toEqual([[what, PAGE + where]]);
});
