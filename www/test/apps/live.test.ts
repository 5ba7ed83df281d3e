// Strokes while they are drawn: members send them many times a second, and may send anything.
import { expect, test } from "vitest";
import { POINTS_MAX } from "../../apps/board/item.js";
import { Live } from "../../apps/board/live.js";
import type { Space } from "../../apps/shared/space.js";

type Hear = (peer: string, data: Uint8Array) => void;

/** What is drawn live, and a way to say something as a member. */
function drawing() {
  let hear: Hear = () => {};
  const onMessage = (_label: string, listener: Hear): void => {
    hear = listener;
  };
  const space = { onMessage, signal: new AbortController().signal } as unknown as Space;
  const live = new Live(space);
  const say = (peer: string, wire: unknown): void =>
    hear(peer, new TextEncoder().encode(JSON.stringify(wire)));
  const draw = (peer: string, id: string, from: number, points: readonly number[]): void =>
    say(peer, { stroke: { id, colour: "#000000", width: 3, from, points } });
  return { live, say, draw };
}

const LONG = Array.from({ length: 3 * POINTS_MAX }, () => 1);
const SHORT = [1, 2, -1];

test("a stroke grows by what is sent of it, also if parts of that come twice", () => {
  const { live, draw } = drawing();
  draw("m", "x", 0, [1, 1, -1, 2, 2, -1]);
  draw("m", "x", 3, [3, 3, -1, 4, 4, -1]);
  expect(live.strokes).toMatchObject([{ points: [1, 1, -1, 3, 3, -1, 4, 4, -1] }]);
});

test("a stroke has no more points than one that is kept", () => {
  const { live, draw } = drawing();
  for (let time = 0; time < 20; time += 1) draw("m", "x", 1e9, LONG);
  expect(live.strokes[0]?.points).toHaveLength(3 * POINTS_MAX);
});

test("what one member draws at once is no more than a frame can show, and leaves room", () => {
  const { live, draw } = drawing();
  for (let at = 0; at < 100; at += 1) draw("m", `long ${at}`, 0, LONG);
  expect(live.strokes).toHaveLength(1);
  for (let at = 0; at < 100; at += 1) draw("m", `short ${at}`, 0, SHORT);
  expect(live.strokes).toHaveLength(8);
  draw("n", "another", 0, SHORT);
  expect(live.strokes).toHaveLength(9);
});

const stroke = { id: "x", colour: "#000000", width: 3, from: 0, points: SHORT };

test.each([
  ...[null, 1, "a", true, [], {}].flatMap((it) => [it, { at: it }, { stroke: it }, { end: it }]),
  { at: [null, 1] },
  { stroke: { ...stroke, id: 1 } },
  { stroke: { ...stroke, id: "x".repeat(65) } },
  { stroke: { ...stroke, from: -1 } },
  { stroke: { ...stroke, from: 0.5 } },
  { stroke: { ...stroke, points: "1, 2, 3" } },
])("%j is nothing that can be shown", (wire) => {
  const { live, say } = drawing();
  say("m", wire);
  expect(live.strokes).toEqual([]);
  expect(live.cursors).toEqual([]);
});
