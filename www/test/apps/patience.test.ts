import { PeerError, type PeerErrorCode } from "lacis";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { patiently } from "../../apps/shared/patience.js";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** Something that fails with each of these codes in turn, and then succeeds. */
function failing(...codes: PeerErrorCode[]) {
  return vi.fn(async () => {
    const code = codes.shift();
    if (code !== undefined) throw new PeerError(code);
    return "in";
  });
}

test("whoever waits for somebody goes in when that person comes", async () => {
  const enter = failing("no-issuer", "signaling-unreachable", "timeout");
  const entered = patiently(enter, new AbortController().signal);
  await vi.advanceTimersByTimeAsync(5_999);
  expect(enter).toHaveBeenCalledTimes(3);
  await vi.advanceTimersByTimeAsync(1);
  await expect(entered).resolves.toBe("in");
});

test("what took long is tried again at once", async () => {
  const enter = failing("no-issuer");
  const slow = (): Promise<string> => new Promise((end) => setTimeout(() => end(enter()), 60_000));
  const entered = patiently(slow, new AbortController().signal);
  await vi.advanceTimersByTimeAsync(120_000);
  await expect(entered).resolves.toBe("in");
});

test("a failure for good is told at once", async () => {
  const enter = failing("no-issuer", "invitation-ended");
  const entered = patiently(enter, new AbortController().signal);
  const told = expect(entered).rejects.toMatchObject({ code: "invitation-ended" });
  await vi.advanceTimersByTimeAsync(2_000);
  await told;
});

test("nobody waits who has gone", async () => {
  const ending = new AbortController();
  const enter = failing("no-issuer", "no-issuer");
  const told = expect(patiently(enter, ending.signal)).rejects.toMatchObject({ code: "no-issuer" });
  ending.abort();
  await told;
  expect(enter).toHaveBeenCalledTimes(1);
});
