// What the pages keep on a device: enough to open without a server, nothing of what was deleted.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { Person } from "../support/people.mjs";
import { scenario } from "../support/scenario.mjs";

const APPS = "lacis/dist/apps/";

for (const browser of ["chromium", "firefox"]) {
  scenario(
    `pages that are kept open while their server is silent, in ${browser}`,
    async (stage) => {
      const server = await stage.server();
      const anna = await Person.arrive(stage, browser, server, "Anna");
      await anna.found("chat", "Kitchen");
      await anna.click("back");
      await anna.keepsPages();
      // From now on the service worker answers.
      await anna.tab.reload();
      await anna.see("space", { text: "Kitchen" });
      const { hostname, port } = new URL(server.url);
      await server.stop();
      const held = new Set();
      const silent = createServer((socket) => void held.add(socket)).listen(Number(port), hostname);
      stage.defer(() => {
        for (const socket of held) socket.destroy();
        silent.close();
      });
      await once(silent, "listening");
      await anna.page.goto(`${server.url}/${APPS}`, { timeout: 20_000 });
      await anna.see("space", { text: "Kitchen" });
    },
  );
}

/** The files of all groups that are kept in a page's browser, by their sizes. */
const filesOf = ({ tab }) =>
  tab.evaluate(async () => {
    const sizes = [];
    for (const { name } of await indexedDB.databases()) {
      if (!name.startsWith("lacis-files-")) continue;
      const read = (request) =>
        new Promise((resolve, reject) => {
          request.onsuccess = () => resolve(request.result);
          request.onerror = () => reject(request.error);
        });
      const database = await read(indexedDB.open(name));
      const store = database.transaction("files").objectStore("files");
      sizes.push(...(await read(store.getAll())).map(({ size }) => size));
      database.close();
    }
    return sizes;
  });

/** Waits until that many files are kept there. */
async function keeps(person, count) {
  const until = performance.now() + 10_000;
  let sizes = await filesOf(person);
  while (sizes.length !== count) {
    if (performance.now() > until) assert.equal(sizes.length, count);
    await person.tab.evaluate(() => new Promise((resolve) => setTimeout(resolve, 100)));
    sizes = await filesOf(person);
  }
}

scenario(
  "a file that is deleted goes from everybody's disk, a group with all of it",
  async (stage) => {
    const server = await stage.server();
    const anna = await Person.arrive(stage, "chromium", server, "Anna");
    await anna.found("chat", "Kitchen");
    const link = await anna.invitation();
    const bert = await Person.arrive(stage, "chromium", server, "Bert", { link });
    await bert.join();
    await Promise.all([anna, bert].map((person) => person.meets(1)));
    const film = { name: "film.bin", type: "video/mp4", bytes: 400_000 };
    await anna.choose("attach", film);
    await bert.see("message", { text: "film.bin" });
    // A browser tells of a file that is chosen again only if the field is empty.
    const chosen = () => anna.page.getByTestId("attach").inputValue();
    assert.equal(await chosen(), "");
    const saved = bert.page.waitForEvent("download");
    await bert.click("file-save");
    await saved;
    await Promise.all([anna, bert].map((person) => keeps(person, 1)));
    await anna.click("delete");
    await anna.see("confirm", { text: '"film.bin" disappears for everybody in this group' });
    await anna.picture("file-delete");
    await anna.click("confirm-yes");
    await bert.see("message", { gone: true });
    await Promise.all([anna, bert].map((person) => keeps(person, 0)));
    // The same one can be chosen again, and goes with its group.
    await anna.choose("attach", film);
    await anna.see("message", { text: "film.bin" });
    await keeps(anna, 1);
    await anna.click("open-details");
    await anna.click("leave");
    await anna.click("confirm-yes");
    await anna.see("space", { gone: true });
    const left = () =>
      anna.tab.evaluate(async () => {
        const names = (await indexedDB.databases()).map(({ name }) => name);
        return names.filter((name) => name.startsWith("lacis-files-"));
      });
    await anna.page.waitForFunction(async () => {
      const names = (await indexedDB.databases()).map(({ name }) => name);
      return names.every((name) => !name.startsWith("lacis-files-"));
    });
    assert.deepEqual(await left(), []);
    await anna.click("me");
    await anna.click("delete-identity");
    await anna.click("confirm-yes");
    await anna.see("welcome");
    const keys = await anna.tab.evaluate(() => Object.keys(localStorage));
    assert.deepEqual(
      keys.filter((key) => key !== "lacis.last-identity"),
      [],
    );
  },
);
