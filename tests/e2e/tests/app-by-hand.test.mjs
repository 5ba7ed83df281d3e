// Two new people meet in the pages with no server there: one link goes over, one text comes back.
import assert from "node:assert/strict";
import { Person } from "../support/people.mjs";
import { scenario } from "../support/scenario.mjs";

/** Two people whose pages are loaded, and no server. */
async function cutOff(stage, browsers) {
  const server = await stage.server();
  const [anna, bert] = await Promise.all([
    Person.arrive(stage, browsers[0], server, "Anna"),
    Person.arrive(stage, browsers[1], server, "Bert"),
  ]);
  for (const person of [anna, bert]) await person.keepsPages();
  await server.stop();
  return [anna, bert];
}

/** What the first is to give to the other. */
async function first(person) {
  await person.click("open-invite");
  await person.click("by-hand");
  await person.click("by-hand-begin");
  return person.see("by-hand-link", { text: "/lp1" });
}

async function follow(person, link) {
  await person.tab.evaluate((to) => {
    location.hash = new URL(to).hash;
  }, link);
  await person.click("join-now");
  return person.see("give-back-text", { text: "lp1" });
}

for (const browsers of [
  ["chromium", "chromium"],
  ["chromium", "firefox"],
]) {
  scenario(
    `no server: two new people talk after two texts: ${browsers.join(" and ")}`,
    async (stage) => {
      const [anna, bert] = await cutOff(stage, browsers);
      await anna.found("chat", "By hand");
      const link = await first(anna);
      const answer = await follow(bert, link);
      await anna.picture("by-hand-first");
      await bert.picture("by-hand-back");
      // A text that does not belong here changes nothing.
      await anna.fill("by-hand-answer", answer.slice(0, 50));
      await anna.click("by-hand-connect");
      await anna.see("by-hand-problem", { text: "damaged" });
      await anna.fill("by-hand-answer", ` ${answer}\n`);
      await anna.click("by-hand-connect");
      await anna.see("by-hand-state", { text: "connected" });
      await anna.close("invite");
      await bert.see("compose");
      for (const person of [anna, bert]) await person.meets(1);
      for (const [from, to, text] of [
        [anna, bert, "Nobody brought us together"],
        [bert, anna, "But a text"],
      ]) {
        await from.fill("compose", text);
        await from.click("send");
        await to.see("message", { text });
      }
    },
  );
}

scenario("no server: members who have lost each other meet again by hand", async (stage) => {
  const server = await stage.server();
  const anna = await Person.arrive(stage, "chromium", server, "Anna");
  await anna.keepsPages();
  await anna.found("board", "Kept");
  const invitation = await anna.invitation();
  const bert = await Person.arrive(stage, "chromium", server, "Bert", { link: invitation });
  await bert.join();
  await anna.meets(1);
  await bert.tab.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await server.stop();
  await bert.tab.evaluate(() => location.reload());
  await anna.meets(0);
  const link = await first(anna);
  assert.match(link, /#\/join\/board\/lo1[a-z2-7]+\/lp1[a-z2-7]+\/Anna$/);
  const answer = await follow(bert, link);
  await anna.fill("by-hand-answer", answer);
  await anna.click("by-hand-connect");
  await anna.close("invite");
  await bert.see("canvas");
  for (const person of [anna, bert]) await person.meets(1);
});
