// The whiteboard, as four people live it: drawing at once, late, offline and after a page is lost.
import assert from "node:assert/strict";
import { Person } from "../support/people.mjs";
import { scenario } from "../support/scenario.mjs";
import { Server } from "../support/server.mjs";

/** Waits until so many things stand on somebody's board. */
const has = (person, count) => person.see("canvas", { state: `[data-items="${count}"]` });

/** How many points of the board are not white, so that a picture can be told from none. */
function inked(person) {
  return person.tab.evaluate(() => {
    const canvas = document.querySelector("[data-testid=canvas]");
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let count = 0;
    for (let at = 3; at < data.length; at += 4) if (data[at] > 128) count += 1;
    return count;
  });
}

/** Waits until more ink is seen than that. */
async function inkedMore(person, than, ms = 10_000) {
  const end = Date.now() + ms;
  while (Date.now() < end) {
    const now = await inked(person);
    if (now > than) return now;
  }
  throw new Error(`${person.name} sees nothing new`);
}

/** What stands on somebody's board, to compare it with another one. */
async function svgOf(person) {
  await person.tab.evaluate(() => {
    globalThis.saved = [];
    const make = URL.createObjectURL.bind(URL);
    URL.createObjectURL = (blob) => {
      saved.push(blob);
      return make(blob);
    };
  });
  await person.click("export");
  await person.click("export-svg");
  const text = await person.tab.evaluate(() => saved[0].text());
  await person.close("exporting");
  return text;
}

scenario(
  "the board: four people draw at once, late and offline, and end with the same picture",
  async (stage) => {
    const server = await stage.server();
    const anna = await Person.arrive(stage, "chromium", server, "Anna");
    await anna.found("board", "Garden plan");
    const link = await anna.invitation();
    const come = async (browser, name) => {
      const person = await Person.arrive(stage, browser, server, name, { link });
      await person.join();
      return person;
    };
    const bert = await come("chromium", "Bert");
    const dora = await come("firefox", "Dora");
    await Promise.all([anna, bert, dora].map((person) => person.meets(2)));

    // A stroke is seen while it is being drawn, and stays when it is done.
    const { mouse } = anna.page;
    const before = await inked(bert);
    await mouse.move(200, 200);
    await mouse.down();
    await mouse.move(420, 260, { steps: 12 });
    await inkedMore(bert, before + 200);
    await bert.see("canvas", { state: '[data-items="0"]' });
    await mouse.up();
    await Promise.all([anna, bert, dora].map((person) => has(person, 1)));

    for (const [tool, from, to] of [
      ["rect", [300, 330], [480, 430]],
      ["ellipse", [520, 200], [640, 300]],
      ["arrow", [520, 420], [700, 340]],
    ]) {
      await anna.click(`tool-${tool}`);
      await anna.draw([from, to]);
    }
    await anna.click("tool-text");
    await mouse.click(320, 350);
    await anna.fill("text-field", "Tomatoes");
    await anna.press("text-field", "Enter");
    await dora.draw([
      [100, 150],
      [150, 250],
      [250, 150],
    ]);
    await Promise.all([anna, bert, dora].map((person) => has(person, 6)));

    // One's own can be moved and taken back; what others drew is theirs.
    const still = await svgOf(bert);
    await anna.click("tool-select");
    await anna.draw([
      [310, 230],
      [360, 180],
    ]);
    await changed(bert, still);
    await anna.click("undo");
    await same(bert, still);
    await bert.click("tool-select");
    await bert.draw([
      [50, 100],
      [760, 480],
    ]);
    await bert.press("canvas", "Delete");
    await anna.click("tool-pen");

    // The server is gone, and Bert with it for a while; he draws all the same.
    await bert.tab.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
    const listen = server.address;
    await server.stop();
    await anna.draw([
      [200, 500],
      [400, 520],
    ]);
    await Promise.all([anna, dora].map((person) => has(person, 7)));
    await bert.stores();
    await bert.tab.reload();
    await has(bert, 7);
    await bert.click("tool-pen");
    await bert.draw([
      [450, 500],
      [650, 520],
    ]);
    await has(bert, 8);
    assert.equal((await svgOf(anna)).split("\n").length, (await svgOf(dora)).split("\n").length);
    await stage.run(() => Server.start({ pages: stage.pages, listen }));
    await Promise.all([anna, dora].map((person) => has(person, 8)));

    // Who founded the board is gone; somebody who comes late gets it from the others.
    await anna.picture("board");
    await anna.tab.close();
    const late = await bert.invitation();
    const eve = await Person.arrive(stage, "chromium", server, "Eve", { link: late });
    await eve.join();
    await has(eve, 8);
    const picture = await svgOf(eve);
    for (const person of [bert, dora]) assert.equal(await svgOf(person), picture);
    assert.match(picture, /Tomatoes/);
    await dora.tab.reload();
    await has(dora, 8);
    await eve.picture("board-late");
  },
  { deadlineMs: 180_000 },
);

scenario("keys work on the board wherever the keyboard is, and never in a field", async (stage) => {
  const server = await stage.server();
  const anna = await Person.arrive(stage, "chromium", server, "Anna");
  await anna.found("board", "Plan");
  const { keyboard, mouse } = anna.page;
  await anna.click("tool-text");
  await mouse.click(300, 250);
  await anna.see("text-field");
  await keyboard.type("Tomatoes");
  await keyboard.press("Enter");
  await has(anna, 1);
  // The field is gone, and the keyboard in no other place.
  await keyboard.press("Control+z");
  await has(anna, 0);
  // This button is switched off by what it does.
  await anna.page.getByTestId("redo").click();
  await has(anna, 1);
  await keyboard.press("Control+z");
  await has(anna, 0);
  await keyboard.press("Control+y");
  await has(anna, 1);
  await anna.page.getByTestId("tool-select").click();
  await keyboard.press("Control+a");
  await anna.see("trash", { state: ":not(:disabled)" });
  // In a dialog they mean what they mean there.
  await anna.page.getByTestId("open-details").click();
  await anna.page.getByLabel("Name", { exact: true }).focus();
  await keyboard.press("End");
  await keyboard.press("Backspace");
  assert.equal(await anna.page.getByLabel("Name", { exact: true }).inputValue(), "Pla");
  await anna.close("details");
  await has(anna, 1);
  await keyboard.press("Delete");
  await has(anna, 0);
});

async function same(person, picture, ms = 10_000) {
  const end = Date.now() + ms;
  while (Date.now() < end) if ((await svgOf(person)) === picture) return;
  assert.equal(await svgOf(person), picture);
}

async function changed(person, picture, ms = 10_000) {
  const end = Date.now() + ms;
  while (Date.now() < end) if ((await svgOf(person)) !== picture) return;
  assert.notEqual(await svgOf(person), picture);
}
