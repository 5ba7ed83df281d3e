import { describe, expect, test, vi } from "vitest";
import { PeerError } from "../src/errors.js";
import { NO_ROOM, Tickets } from "../src/tickets.js";

/** Tickets and the numbers handed to the core, oldest first. */
function start() {
  const cancel = vi.fn();
  const tickets = new Tickets(cancel);
  const given: number[] = [];
  const call = (ticket: number): void => void given.push(ticket);
  return { tickets, cancel, given, call };
}

describe("tickets", () => {
  test("settle once, by whoever comes first", async () => {
    const { tickets, given, call } = start();
    const promise = tickets.issue(1, call);
    tickets.complete(given[0] ?? 0);
    tickets.complete(given[0] ?? 0, "timeout");
    await expect(promise).resolves.toBeUndefined();
    expect(tickets.size).toBe(0);
  });

  test("carry the answer of a request", async () => {
    const { tickets, given, call } = start();
    const promise = tickets.issue<Uint8Array>(1, call);
    tickets.complete(given[0] ?? 0, undefined, Uint8Array.of(7));
    await expect(promise).resolves.toEqual(Uint8Array.of(7));
  });

  test("reject with the code of the core", async () => {
    const { tickets, given, call } = start();
    const promise = tickets.issue(1, call);
    tickets.complete(given[0] ?? 0, "remote-left");
    await expect(promise).rejects.toMatchObject({ name: "PeerError", code: "remote-left" });
  });

  test("reject when the call itself is refused", async () => {
    const { tickets } = start();
    const refuse = (): never => {
      throw Object.assign(new Error("too-large"), { code: "too-large" });
    };
    await expect(tickets.issue(1, refuse)).rejects.toMatchObject({ code: "too-large" });
    expect(tickets.size).toBe(0);
  });

  test("aborted before the call never reach the core", async () => {
    const { tickets, given, call } = start();
    const promise = tickets.issue(1, call, AbortSignal.abort());
    await expect(promise).rejects.toMatchObject({ code: "aborted" });
    expect(given).toEqual([]);
  });

  test("aborted later tell the core once and ignore what it says", async () => {
    const { tickets, cancel, given, call } = start();
    const controller = new AbortController();
    const promise = tickets.issue(1, call, controller.signal);
    controller.abort();
    tickets.complete(given[0] ?? 0);
    await expect(promise).rejects.toMatchObject({ code: "aborted" });
    expect(cancel).toHaveBeenCalledExactlyOnceWith(given[0]);
  });

  test("of one room end together and leave the others alone", async () => {
    const { tickets, call } = start();
    const ended = tickets.issue(1, call);
    const other = tickets.issue(2, call);
    tickets.rejectAll(new PeerError("closed"), 1);
    await expect(ended).rejects.toMatchObject({ code: "closed" });
    expect(tickets.size).toBe(1);
    tickets.rejectAll(new PeerError("closed"));
    await expect(other).rejects.toMatchObject({ code: "closed" });
  });

  test("of no room end with everything only", async () => {
    const { tickets, call } = start();
    const opening = tickets.issue(NO_ROOM, call);
    tickets.rejectAll(new PeerError("left"), NO_ROOM);
    expect(tickets.size).toBe(1);
    tickets.rejectAll(new PeerError("closed"));
    await expect(opening).rejects.toMatchObject({ code: "closed" });
  });
});
