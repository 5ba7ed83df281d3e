// What other members write is read with care: they may have written anything.
import { describe, expect, test } from "vitest";
import { moved, POINTS_MAX, readShape } from "../../apps/board/item.js";
import { readFileNote } from "../../apps/chat/files.js";
import { flawOf, TEXT_MAX } from "../../apps/letter/model.js";
import { plainName } from "../../apps/shared/names.js";
import { readProfile } from "../../apps/shared/people.js";
import { PICTURE_BYTES, readPictureNote } from "../../apps/shared/pictures.js";

const stroke = { kind: "stroke", colour: "#1b2130", width: 6, points: [0, 0, -1, 5, 5, 0.5] };
const text = { kind: "text", colour: "#1b2130", width: 20, x: 1, y: 2, text: "a" };
const picture = { ...text, kind: "image", w: 3, h: 4, picture: "omiotvsfm4alghmzpfwj" };

describe("shapes", () => {
  test.each([stroke, text, picture, { ...text, kind: "arrow", w: -3, h: 4 }])("%j", (shape) => {
    expect(readShape(shape)).toMatchObject({ kind: shape.kind });
  });

  test.each([
    null,
    "stroke",
    {},
    { ...stroke, colour: "red; }" },
    { ...stroke, width: 0 },
    { ...stroke, width: Number.NaN },
    { ...stroke, points: [1, 2] },
    { ...stroke, points: [1, 2, "3"] },
    { ...stroke, points: [1, 2, Number.POSITIVE_INFINITY] },
    { ...stroke, points: Array.from({ length: 3 * POINTS_MAX + 3 }, () => 1) },
    { ...text, x: 1e9 },
    { ...text, text: "" },
    { ...picture, picture: "https://example.org/spy.png" },
    { ...picture, picture: "data:image/svg+xml;base64,AAAA" },
    { ...picture, kind: "script" },
  ])("%j is none", (value) => {
    expect(readShape(value)).toBeUndefined();
  });

  test("move and keep their pressure", () => {
    const shape = readShape(stroke);
    expect(shape && moved(shape, 10, -1)).toMatchObject({ points: [10, -1, -1, 15, 4, 0.5] });
  });
});

describe("profiles", () => {
  test.each([undefined, 1, {}, { name: " " }, { name: 7 }])("%j is none", (value) => {
    expect(readProfile(value)).toBeUndefined();
  });

  test("are cut to what can be shown", () => {
    const spy = { name: "x".repeat(500), colour: 99, picture: "https://example.org/spy.png" };
    const read = readProfile(spy);
    expect(read?.name).toHaveLength(60);
    expect(read?.colour).toBeLessThan(8);
    expect(read?.picture).toBeUndefined();
  });

  test("keep joiners and lose marks that reverse what stands beside them", () => {
    const name = "\u202EanA\u202C \u0645\u06cc\u200c\u062e \u{1F469}\u200D\u{1F467}";
    const plain = "anA \u0645\u06cc\u200c\u062e \u{1F469}\u200D\u{1F467}";
    expect(readProfile({ name })?.name).toBe(plain);
    expect(readProfile({ name: "\u202E\u2069 " })).toBeUndefined();
  });
});

describe("names", () => {
  test.each([
    "",
    " ",
    "\u200B",
    "\u2060",
    "\u3164",
    "\uFFA0",
    "\u2800",
    "\u{E0041}",
    "\u00AD\u180E \uFE0F",
  ])("of which nothing can be seen are none: %j", (name) => {
    expect(plainName(name)).toBe("");
    expect(readProfile({ name })).toBeUndefined();
  });

  test.each([
    "\u0645\u06cc\u200c\u062e",
    "\u{1F469}\u200D\u{1F467}",
    "\u{1F3F4}\u{E0067}\u{E0062}\u{E007F}",
  ])("keep what belongs to their letters: %j", (name) => expect(plainName(name)).toBe(name));
});

describe("notes of files", () => {
  const note = { name: "a", size: 3, mediaType: "text/plain", hash: "0".repeat(64) };

  test("are read", () => expect(readFileNote(note)).toMatchObject(note));

  test("show a name as it will be saved", () => {
    expect(readFileNote({ ...note, name: "a\u202Egpj.exe" })?.name).toBe("agpj.exe");
    expect(readFileNote({ ...note, name: "\u202E" })?.name).toBe("file");
  });

  test.each([{}, { ...note, size: -1 }, { ...note, size: 1.5 }, { ...note, hash: "../../x" }])(
    "%j is none",
    (value) => expect(readFileNote(value)).toBeUndefined(),
  );
});

describe("notes of pictures", () => {
  const note = { size: 3, mediaType: "image/webp", hash: "0".repeat(64), parts: ["a"] };

  test("are read", () => expect(readPictureNote(note)).toEqual(note));

  test.each([
    null,
    {},
    { ...note, size: PICTURE_BYTES + 1 },
    { ...note, size: -1 },
    { ...note, mediaType: "image/svg+xml" },
    { ...note, hash: "x" },
    { ...note, parts: [] },
    { ...note, parts: [1] },
    { ...note, parts: Array.from({ length: 11 }, () => "a") },
  ])("%j is none", (value) => expect(readPictureNote(value)).toBeUndefined());
});

test.each([
  ["", "text", "no-title"],
  ["title", " ", "no-text"],
  ["title", "x".repeat(TEXT_MAX + 1), "too-long"],
  ["title", "text", undefined],
])("an issue %j with its text has the flaw %3$s", (title, body, flaw) => {
  expect(flawOf(title, body)).toBe(flaw);
});
