import { expect, test, vi } from "vitest";
import { Presence } from "../src/group/presence.js";
import type { Room } from "../src/room.js";

test("presence holds for as long as the group says", () => {
  const sent: unknown[] = [];
  const broadcast = (_: string, data: Uint8Array): Promise<void> => {
    sent.push(JSON.parse(new TextDecoder().decode(data)));
    return Promise.resolve();
  };
  const presence = new Presence(
    () => {},
    () => 45_000,
  );
  presence.set("here");
  presence.attach({ broadcast, addEventListener() {} } as unknown as Room);
  presence.detach();
  expect(sent).toEqual([{ value: "here", ms: 45_000 }]);
});

test("newcomers without a link are told together, and no cursor waits for that", () => {
  vi.useFakeTimers();
  try {
    const [sent, told]: [unknown[], string[]] = [[], []];
    const broadcast = (_: string, data: Uint8Array): Promise<void> => {
      sent.push(JSON.parse(new TextDecoder().decode(data)).value);
      return Promise.resolve();
    };
    const send = (id: string): Promise<void> => {
      told.push(id);
      return Promise.resolve();
    };
    const room = Object.assign(new EventTarget(), { broadcast, send }) as unknown as Room;
    const presence = new Presence(
      () => {},
      () => 45_000,
    );
    const come = (id: string, state: string): void => {
      room.dispatchEvent(new CustomEvent("remotejoin", { detail: { id, state } }));
    };
    presence.attach(room);
    presence.set(1);
    vi.advanceTimersByTime(100);
    for (let at = 0; at < 20; at += 1) come(`far ${at}`, "indirect");
    come("near", "direct");
    presence.set(2);
    expect(sent).toEqual([1, 2]);
    expect(told).toEqual(["near"]);
    vi.advanceTimersByTime(2_000);
    expect(sent).toEqual([1, 2]);
    for (let at = 0; at < 20; at += 1) come(`later ${at}`, "indirect");
    vi.advanceTimersByTime(2_000);
    expect(sent).toEqual([1, 2, 2]);
    presence.detach();
  } finally {
    vi.useRealTimers();
  }
});
