import { expect, test } from "vitest";
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
