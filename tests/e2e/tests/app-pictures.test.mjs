// Pictures on the board: chosen, pasted and dropped, with the pixels that a screen needs; and what
// is taken back while others work on the same things.
import assert from "node:assert/strict";
import { Person } from "../support/people.mjs";
import { scenario } from "../support/scenario.mjs";

const has = (person, count) => person.see("canvas", { state: `[data-items="${count}"]` });

/** Gives a picture to the page, by a paste, a drop or the button. */
function bring(person, how, { side, isNoise = false, type = "image/png" }) {
  return person.tab.evaluate(
    async ([way, size, noise, mediaType]) => {
      const canvas = new OffscreenCanvas(size, Math.round(size * 0.75));
      const context = canvas.getContext("2d");
      context.fillStyle = "#eef";
      context.fillRect(0, 0, canvas.width, canvas.height);
      if (noise) {
        const image = context.getImageData(0, 0, canvas.width, canvas.height);
        for (let at = 0; at < image.data.length; at += 65_536) {
          crypto.getRandomValues(image.data.subarray(at, at + 65_536));
        }
        for (let at = 3; at < image.data.length; at += 4) image.data[at] = 255;
        context.putImageData(image, 0, 0);
      } else {
        context.fillStyle = "#223";
        context.font = "14px sans-serif";
        for (let line = 0; line < size / 20; line += 1) {
          context.fillText(`Line ${line}: the quick brown fox ${line * 7919}`, 20, line * 16);
        }
      }
      const blob = await canvas.convertToBlob({ type: "image/png" });
      const files = new DataTransfer();
      const name = mediaType === "image/png" ? "picture.png" : "notes.pdf";
      const content = mediaType === "image/png" ? blob : "no picture";
      files.items.add(new File([content], name, { type: mediaType }));
      if (way === "paste") {
        const event = new ClipboardEvent("paste", { clipboardData: files, bubbles: true });
        document.body.dispatchEvent(event);
      } else if (way === "drop") {
        const place = { clientX: 400, clientY: 300, bubbles: true, cancelable: true };
        const target = document.querySelector("[data-testid=canvas]");
        target.dispatchEvent(new DragEvent("drop", { dataTransfer: files, ...place }));
      } else {
        const field = document.querySelector("[data-testid=add-image]");
        field.files = files.files;
        field.dispatchEvent(new Event("change", { bubbles: true }));
      }
    },
    [how, side, isNoise, type],
  );
}

/** What stands on somebody's board. */
async function svgOf(person) {
  await person.tab.evaluate(() => {
    globalThis.saved = [];
    const make = URL.createObjectURL.bind(URL);
    URL.createObjectURL = (blob) => {
      if (blob.type === "image/svg+xml") saved.push(blob);
      return make(blob);
    };
  });
  await person.click("export");
  await person.click("export-svg");
  const text = await person.tab.evaluate(async () => {
    while (saved.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    return saved[0].text();
  });
  await person.close("exporting");
  return text;
}

/** How many pixels wide the pictures are that somebody holds, in order. */
async function widths(person) {
  return person.tab.evaluate(
    async (text) => {
      const svg = new DOMParser().parseFromString(text, "image/svg+xml");
      const all = [...svg.querySelectorAll("image")].map(async (element) => {
        const image = new Image();
        image.src = element.getAttribute("href");
        await image.decode().catch(() => {});
        return image.naturalWidth;
      });
      return Promise.all(all);
    },
    await svgOf(person),
  );
}

/** Waits until somebody holds so many pictures whole. */
async function holds(person, wanted, ms = 20_000) {
  const end = Date.now() + ms;
  let found = [];
  while (Date.now() < end) {
    found = await widths(person);
    if (found.length === wanted && found.every((width) => width > 0)) return found;
  }
  throw new Error(`${person.name} holds ${JSON.stringify(found)}`);
}

scenario(
  "pictures arrive with the pixels that a screen needs, and say when they lost some",
  async (stage) => {
    const server = await stage.server();
    const anna = await Person.arrive(stage, "chromium", server, "Anna");
    await anna.found("board", "Mood");
    const link = await anna.invitation();
    const bert = await Person.arrive(stage, "firefox", server, "Bert", { link });
    await bert.join();
    await anna.meets(1);

    await bring(anna, "paste", { side: 1_920 });
    await has(bert, 1);
    assert.deepEqual(await holds(bert, 1), [1_920]);
    await anna.see("board-note", { state: ":empty" });

    await bring(anna, "drop", { side: 4_000 });
    await has(bert, 2);
    assert.deepEqual(await holds(bert, 2), [1_920, 2_048]);
    await anna.see("board-note", { text: "2,048 of 4,000 pixels" });
    await anna.picture("board-pictures");

    // Nothing is harder to make small than noise.
    await bring(anna, "choose", { side: 2_048, isNoise: true });
    await has(bert, 3);
    const [, , noise] = await holds(bert, 3);
    assert.ok(noise >= 1_200, `${noise} pixels`);

    await bring(anna, "drop", { side: 10, type: "application/pdf" });
    await anna.see("board-problem", { text: "no picture" });
    await anna.picture("board-no-picture");

    // Who comes when its author has gone gets all of it, and keeps it.
    const late = await bert.invitation();
    await anna.tab.close();
    const cleo = await Person.arrive(stage, "chromium", server, "Cleo", { link: late });
    await cleo.join();
    await has(cleo, 3);
    assert.deepEqual(await holds(cleo, 3), [1_920, 2_048, noise]);
    await cleo.stores();
    await cleo.tab.reload();
    await has(cleo, 3);
    assert.deepEqual(await holds(cleo, 3), [1_920, 2_048, noise]);
    await cleo.picture("board-pictures-late");
  },
  { deadlineMs: 120_000 },
);

scenario("a step back says so where others have worked on", async (stage) => {
  const server = await stage.server();
  const anna = await Person.arrive(stage, "chromium", server, "Anna");
  await anna.found("board", "Plan");
  const link = await anna.invitation();
  const bert = await Person.arrive(stage, "chromium", server, "Bert", { link });
  await bert.join();
  await Promise.all([anna.meets(1), bert.meets(1)]);
  const line = [
    [200, 200],
    [400, 260],
  ];
  await bert.click("tool-rect");
  await bert.draw(line);
  await Promise.all([has(anna, 1), has(bert, 1)]);

  // The admin moves what Bert drew: it is not Bert's alone any more.
  const before = await svgOf(bert);
  await anna.click("tool-select");
  await anna.draw([
    [200, 230],
    [260, 330],
  ]);
  for (const end = Date.now() + 10_000; (await svgOf(bert)) === before; ) {
    assert.ok(Date.now() < end, "Bert sees it moved");
  }
  await bert.click("undo");
  await bert.see("board-note", { text: "Others have worked on this since" });
  await has(bert, 1);
  await bert.picture("board-nothing-left");

  // And what she takes away stays away.
  await bert.draw([
    [500, 200],
    [600, 260],
  ]);
  await Promise.all([has(anna, 2), has(bert, 2)]);
  await anna.draw([
    [480, 180],
    [640, 280],
  ]);
  await anna.press("canvas", "Delete");
  await Promise.all([has(anna, 1), has(bert, 1)]);
  await bert.click("undo");
  await bert.see("board-note", { text: "Others have worked on this since" });
  await Promise.all([has(anna, 1), has(bert, 1)]);

  // One's own deletion comes back as what it was.
  await anna.click("undo");
  await Promise.all([has(anna, 2), has(bert, 2)]);
});
