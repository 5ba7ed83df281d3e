import { describe, expect, test } from "vitest";
import { Standing } from "../../apps/shared/standing.js";
import { texts } from "../../apps/shared/texts/index.js";
import { codeOf } from "../../src/errors.js";
import type { ServerStatus } from "../../src/peer-options.js";

const url = "ws://a/ws";
const NOW = 1_000_000;

function status(state: ServerStatus["state"], code?: string, retryAt?: number): ServerStatus {
  return { url, state, code: codeOf(code), retryAt };
}

describe("the words about the servers", () => {
  test("hope at first, and say so when all is well", () => {
    const standing = new Standing();
    expect(standing.words("connecting", NOW).text).toBe(texts.connecting);
    standing.see(status("dialing"));
    expect(standing.words("connecting", NOW).text).toBe(texts.connecting);
    standing.see(status("open"));
    expect(standing.words("open", NOW)).toMatchObject({ state: "open", text: texts.online });
  });

  test.each(Object.entries(texts.refusals))(
    "name the refusal %s, and the next try",
    (code, why) => {
      const standing = new Standing();
      standing.see(status("waiting", code, NOW + 12_000));
      const words = standing.words("connecting", NOW);
      expect(words).toMatchObject({ state: "offline", isCounting: true });
      expect(words.text).toContain(why);
      expect(words.text).toContain("12 s");
      expect(words.text).not.toContain(texts.unreachable);
      // It stays said while the next try is under way.
      standing.see(status("dialing"));
      expect(standing.words("offline", NOW).text).toBe(texts.offline(why, 0));
      standing.see(status("open"));
      expect(standing.words("connecting", NOW).text).toBe(texts.connecting);
    },
  );

  test.each(["server-full", "too-many-rooms", "rate-limited"] as const)(
    "say what to do when an open server refuses the room: %s",
    (code) => {
      const standing = new Standing();
      standing.see(status("open", code));
      const words = standing.words("connecting", NOW);
      expect(words.text).toBe(texts.refused(texts.refusals[code]));
      expect(words.isCounting).toBe(false);
    },
  );

  test.each(["signaling-unreachable", "signaling-lost"])("call %s what it is", (code) => {
    const standing = new Standing();
    standing.see(status("waiting", code, NOW + 1));
    expect(standing.words("offline", NOW).text).toBe(texts.offline(texts.unreachable, 1));
  });

  test("prefer a refusal to silence, and wait for a server that was not tried yet", () => {
    const standing = new Standing();
    standing.see(status("waiting", "signaling-unreachable", NOW + 9_000));
    standing.see({ ...status("dialing"), url: "ws://b/ws" });
    expect(standing.words("connecting", NOW).text).toBe(texts.connecting);
    standing.see({ ...status("waiting", "server-full", NOW + 20_000), url: "ws://b/ws" });
    const { text } = standing.words("connecting", NOW);
    expect(text).toBe(texts.offline(texts.refusals["server-full"], 9));
    standing.see({ ...status("closed"), url: "ws://b/ws" });
    expect(standing.words("connecting", NOW).text).toBe(texts.offline(texts.unreachable, 9));
  });

  test("call a server slow that says nothing, until it does", () => {
    const standing = new Standing();
    standing.see(status("dialing"));
    expect(standing.words("connecting", NOW).text).toBe(texts.connecting);
    // Whoever shows it looks again.
    expect(standing.words("connecting", NOW + 3_999).isCounting).toBe(true);
    expect(standing.words("connecting", NOW + 4_000).text).toBe(texts.slowServer);
    expect(standing.words("open", NOW + 5_000).text).toBe(texts.online);
    expect(standing.words("connecting", NOW + 9_000).text).toBe(texts.connecting);
  });

  test("are there for each server, which keeps why it was not reached", () => {
    const standing = new Standing();
    expect(standing.of(url)).toBeUndefined();
    standing.see(status("waiting", "server-full", NOW + 1));
    standing.see(status("dialing"));
    expect(standing.of(url)).toMatchObject({ state: "dialing", code: "server-full" });
    standing.see(status("open"));
    expect(standing.of(url)).toMatchObject({ state: "open", code: undefined });
  });

  test("are of those servers at which a group meets", () => {
    const standing = new Standing();
    const other = "ws://b/ws";
    standing.see(status("open"));
    standing.see({ ...status("waiting", "server-full", NOW + 7_000), url: other });
    const { state, text } = standing.words("connecting", NOW, [other]);
    expect([state, text]).toEqual(["offline", texts.offline(texts.refusals["server-full"], 7)]);
    expect(standing.words("connecting", NOW, [url]).text).toBe(texts.connecting);
  });

  test("leave the links out for whoever has none", () => {
    const standing = new Standing();
    standing.see(status("waiting", "signaling-unreachable", NOW + 3_000));
    const { text, short } = standing.words("connecting", NOW);
    expect(text).toBe(texts.offline(texts.unreachable, 3));
    expect(short).toBe(texts.offlineShort(texts.unreachable, 3));
    expect(text.startsWith(texts.unreachable) && text.length > short.length).toBe(true);
  });
});
