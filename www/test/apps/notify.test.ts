// New lines are told of while nobody looks, by whichever way the browser has for that.
import { beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { LINE_TYPE, type Talk } from "../../apps/chat/model.js";
import { notifyOf } from "../../apps/chat/notify.js";
import { remember } from "../../apps/shared/memory.js";
import type { Space } from "../../apps/shared/space.js";
import { pageGlobals } from "./members.js";

const LINE = { type: LINE_TYPE, id: "line", author: "bert" };
const made = vi.fn();

beforeEach(() => {
  made.mockReset();
  pageGlobals();
  vi.stubGlobal("document", Object.assign(new EventTarget(), { hidden: true }));
  remember("notify.group", true);
});

/** Has a line come while the page is hidden. */
function hear(): void {
  const group = new EventTarget();
  const person = () => ({ name: "Bert" });
  const space = { id: "group", name: "Kitchen", group, person } as unknown as Space;
  const talk = { line: () => ({ text: "Bread?" }) } as unknown as Talk;
  onTestFinished(notifyOf(space, talk));
  const detail = { record: LINE, isNew: true, isOwn: false };
  group.dispatchEvent(new CustomEvent("record", { detail }));
}

/** A browser that lets pages make notifications, or does not. */
function browserWith(mayMake: boolean, worker: object | undefined): void {
  class Notification extends EventTarget {
    static permission = "granted";
    constructor(title: string, options: object) {
      super();
      if (!mayMake) throw new TypeError("Illegal constructor");
      made("page", title, options);
    }
  }
  vi.stubGlobal("Notification", Notification);
  const getRegistration = (): Promise<unknown> => Promise.resolve(worker);
  vi.stubGlobal("navigator", { serviceWorker: worker && { getRegistration } });
}

const workerThat = (showNotification: (title: string, options: object) => Promise<void>) => ({
  active: {},
  showNotification,
});

describe("a line that comes while nobody looks", () => {
  const said = ["Bert - Kitchen", { body: "Bread?", tag: "group" }];

  test("is told of by the service worker where there is one, as phones want it", async () => {
    browserWith(
      false,
      workerThat(async (...words) => made("worker", ...words)),
    );
    hear();
    await vi.waitFor(() => expect(made.mock.calls).toEqual([["worker", ...said]]));
  });

  test.each([
    ["there is none", undefined],
    ["it fails", workerThat(() => Promise.reject(new Error("no")))],
  ])("is told of by the page where %s", async (_, worker) => {
    browserWith(true, worker);
    hear();
    await vi.waitFor(() => expect(made.mock.calls).toEqual([["page", ...said]]));
  });

  test("is no failure of the page where neither works", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    browserWith(false, undefined);
    hear();
    await vi.waitFor(() => expect(warn).toHaveBeenCalledWith("TypeError: Illegal constructor"));
    warn.mockRestore();
  });
});
