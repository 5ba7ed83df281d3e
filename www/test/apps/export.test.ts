// The board as a file: whatever members write on it, programs of others can open it.
import { expect, test } from "vitest";
import { sizeOf, svgOf } from "../../apps/board/export.js";
import { areaOf, readShape, type Shape } from "../../apps/board/item.js";
import type { Item } from "../../apps/board/pile.js";

function label(text: string): Item {
  const fields = { kind: "text", colour: "#1b2130", width: 20, x: 1, y: 2, text };
  const shape = readShape(fields) as Shape;
  return { id: "a", shape, area: areaOf(shape), creator: "bob", at: 1, record: undefined };
}

test("a text that no XML may hold does not make the whole board unreadable", async () => {
  const text = "a\u0001b\u0008c\u000bd\uFFFEe\uFFFFf\uD800g <&> \u{1F469}\t";
  const svg = await (await svgOf([label(text)], () => Promise.resolve(undefined))).text();
  expect(svg).toContain(">abcdefg &lt;&amp;&gt; \u{1F469}\t</tspan>");
});

test.each([
  [100, 50, 200, 100],
  [16_000, 1, 8_000, 1],
  [1, 1_000_000, 1, 8_000],
])("a board of %d by %d is a picture of %d by %d pixels", (width, height, wide, high) => {
  expect(sizeOf(width, height)).toMatchObject({ width: wide, height: high });
});
