// The chat, as four people live it: in both browsers, through an absence, a reload and a lost page.
import assert from "node:assert/strict";
import { Person } from "../support/people.mjs";
import { scenario } from "../support/scenario.mjs";
import { Server } from "../support/server.mjs";

const say = async (person, text) => {
  await person.fill("compose", text);
  await person.click("send");
};

const hears = (person, text) => person.see("message", { text });

scenario(
  "the chat: four people, an absence, a reload and a lost page",
  async (stage) => {
    const server = await stage.server();
    const anna = await Person.arrive(stage, "chromium", server, "Anna");
    await anna.found("chat", "Sunday walk");
    const link = await anna.invitation();
    const others = [];
    for (const [browser, name] of [
      ["chromium", "Bert"],
      ["chromium", "Cleo"],
      ["firefox", "Dora"],
    ]) {
      const person = await Person.arrive(stage, browser, server, name, { link });
      await person.join();
      others.push(person);
    }
    const [bert, cleo, dora] = others;
    const all = [anna, ...others];
    await Promise.all(all.map((person) => person.meets(3)));

    // Everybody hears, and the mark says so only then.
    await say(anna, "Ten o'clock at the mill, @Bert? https://example.org/map");
    await Promise.all(others.map((person) => hears(person, "Ten o'clock")));
    await anna.see("message", { text: "delivered to 3 of 3" });
    await bert.see("message", { state: ".mentioned" });
    await dora.fill("compose", "typing");
    await anna.see("typing", { text: "Dora is typing" });
    await dora.fill("compose", "");
    await anna.picture("chat");

    // A whisper is for one alone.
    await anna.fill("recipient", await anna.idOf("Bert"));
    await say(anna, "Bring the cake, it is a surprise");
    await hears(bert, "Bring the cake");
    await anna.fill("recipient", "");
    await say(anna, "See you all");
    for (const person of [cleo, dora]) {
      await hears(person, "See you all");
      await person.see("message", { text: "Bring the cake", gone: true });
    }

    // What one wrote one can change and take away.
    await say(bert, "I come by bike");
    await hears(cleo, "I come by bike");
    await bert.click("edit");
    await bert.fill("compose", "I come by train");
    await bert.click("send");
    await cleo.see("message", { text: "I come by trainedited".slice(0, 15) });
    await cleo.see("message", { text: "I come by bike", gone: true });
    await bert.click("delete");
    await bert.click("confirm-yes");
    await Promise.all(
      [anna, cleo, dora].map((person) =>
        person.see("message", { text: "I come by train", gone: true }),
      ),
    );

    // A small file stays with the group, a large one comes from whoever has it.
    await anna.choose("attach", { name: "map.txt", type: "text/plain", bytes: "left at the oak" });
    await anna.choose("attach", { name: "film.bin", type: "video/mp4", bytes: 3_000_000 });
    await cleo.see("file", { text: "film.bin" });
    await saved(cleo, "film.bin", 3_000_000);

    // The server is gone: those who are linked go on, and whoever comes back reads and writes.
    await cleo.tab.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
    const listen = server.address;
    await server.stop();
    await say(anna, "The server is gone, we are not");
    await Promise.all(others.map((person) => hears(person, "The server is gone")));
    // What is delivered is stored, and so outlasts the page.
    await anna.see("message", { text: ["The server is gone", "delivered to 3 of 3"] });
    await cleo.tab.reload();
    await hears(cleo, "Ten o'clock");
    await hears(cleo, "The server is gone");
    await say(cleo, "Written with nobody around");
    await cleo.see("message", { text: "kept here, nobody has it yet" });
    await cleo.picture("chat-offline");

    // It is back, and everything flows without a click.
    await stage.run(() => Server.start({ pages: stage.pages, listen }));
    for (const person of [anna, bert, dora]) await hears(person, "Written with nobody around");
    await cleo.see("message", { text: "delivered to" });

    // Who founded the group is gone; the others have everything.
    await anna.tab.close();
    await dora.tab.reload();
    for (const text of ["Ten o'clock", "See you all", "Written with nobody around"]) {
      await hears(dora, text);
    }
    await say(dora, "Anna has left already");
    await Promise.all([bert, cleo].map((person) => hears(person, "Anna has left already")));
    await saved(bert, "map.txt", "left at the oak".length);
    await dora.click("search-open");
    await dora.fill("search", "mill");
    await dora.see("message", { count: 1 });
    for (const { tab } of others) {
      const wrong = tab.log.filter((line) => line.startsWith("error"));
      assert.deepEqual(
        wrong.filter((line) => !isNetwork(line)),
        [],
      );
    }
  },
  { deadlineMs: 180_000 },
);

/** What browsers themselves write when a server is not there. */
function isNetwork(line) {
  return /ERR_CONNECTION_REFUSED|WebSocket|can.t establish a connection|Failed to fetch/.test(line);
}

/** Saves a file of the talk and looks at how large it is. */
async function saved(person, name, size) {
  await person.tab.evaluate(() => {
    globalThis.sizes = [];
    const make = URL.createObjectURL.bind(URL);
    URL.createObjectURL = (blob) => {
      sizes.push(blob.size);
      return make(blob);
    };
  });
  await person.tab.evaluate((called) => {
    const files = [...document.querySelectorAll("[data-testid=file]")];
    const file = files.find((it) => it.textContent.includes(called));
    file.querySelector("[data-testid=file-save]").click();
  }, name);
  await person.see("file-progress", { gone: true });
  const sizes = await person.tab.evaluate(
    () =>
      new Promise((resolve) => {
        const look = () => (sizes.length > 0 ? resolve(sizes) : setTimeout(look, 50));
        look();
      }),
  );
  assert.deepEqual(sizes, [size]);
}
