import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { PeerError } from "../src/errors.js";
import { untilAborted, waitFor } from "../src/wait.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A target that tells how many listeners are attached to it. */
class Counted extends EventTarget {
  listeners = 0;
  override addEventListener(...args: Parameters<EventTarget["addEventListener"]>): void {
    this.listeners += 1;
    super.addEventListener(...args);
  }
  override removeEventListener(...args: Parameters<EventTarget["removeEventListener"]>): void {
    this.listeners -= 1;
    super.removeEventListener(...args);
  }
}

function start(check: () => boolean, signal?: AbortSignal) {
  const target = new Counted();
  const onTimeout = (): PeerError => new PeerError("timeout");
  const waiting = waitFor(target, "change", check, { timeoutMs: 1000, signal, onTimeout });
  return { target, waiting, tell: () => target.dispatchEvent(new Event("change")) };
}

/** Nothing may be left behind, whichever way a wait ended. */
function expectNothingLeft(target: Counted): void {
  expect(target.listeners).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
}

describe("a wait", () => {
  test("for what is already so ends at once", async () => {
    const { target, waiting } = start(() => true);
    await waiting;
    expectNothingLeft(target);
  });

  test("ends with the event that makes it so, not with one before", async () => {
    let ready = false;
    const check = vi.fn(() => ready);
    const { target, waiting, tell } = start(check);
    tell();
    expect(target.listeners).toBe(1);
    ready = true;
    tell();
    tell();
    await waiting;
    expect(check).toHaveBeenCalledTimes(3);
    expectNothingLeft(target);
  });

  test("ends with what its check throws", async () => {
    const error = new PeerError("left");
    let gone = false;
    const { target, waiting, tell } = start(() => {
      if (gone) throw error;
      return false;
    });
    gone = true;
    tell();
    await expect(waiting).rejects.toBe(error);
    expectNothingLeft(target);
  });

  test("ends when its time is over, and not a moment before", async () => {
    const { target, waiting } = start(() => false);
    const ended = vi.fn();
    waiting.catch(ended);
    await vi.advanceTimersByTimeAsync(999);
    expect(ended).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(ended).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: "timeout" }));
    expectNothingLeft(target);
  });

  test("ends with its signal, before and after it began", async () => {
    const check = vi.fn(() => false);
    const before = start(check, AbortSignal.abort("early"));
    await expect(before.waiting).rejects.toMatchObject({ code: "aborted", cause: "early" });
    expect(check).not.toHaveBeenCalled();
    expectNothingLeft(before.target);
    const controller = new AbortController();
    const after = start(check, controller.signal);
    controller.abort("late");
    await expect(after.waiting).rejects.toMatchObject({ code: "aborted", cause: "late" });
    expectNothingLeft(after.target);
  });
});

describe("waiting for the module", () => {
  test("ends with the signal while the module still loads", async () => {
    const controller = new AbortController();
    const waiting = untilAborted(new Promise<never>(() => {}), controller.signal);
    controller.abort("enough");
    await expect(waiting).rejects.toMatchObject({ code: "aborted", cause: "enough" });
    const late = untilAborted(Promise.resolve(1), AbortSignal.abort());
    await expect(late).rejects.toMatchObject({ code: "aborted" });
  });

  test("gives what was loaded, or why not", async () => {
    const { signal } = new AbortController();
    await expect(untilAborted(Promise.resolve(1), signal)).resolves.toBe(1);
    const failed = Promise.reject(new PeerError("wasm-failed"));
    await expect(untilAborted(failed, signal)).rejects.toMatchObject({ code: "wasm-failed" });
  });
});
