// Links that let people in, as the pages show them, and how somebody is shut out.
import assert from "node:assert/strict";
import { Person } from "../support/people.mjs";
import { scenario } from "../support/scenario.mjs";

const CHARACTERS_MAX = 180;
const MODULES_MAX = 53;

scenario("the link of a group is short, and its code one that cameras read", async (stage) => {
  const server = await stage.server();
  const anna = await Person.arrive(stage, "chromium", server, "Anna");
  await anna.found("letter", "News");
  await anna.click("open-invite");
  const link = await anna.see("invite-link", { text: "#/join/" });
  await anna.see("qr");
  const modules = await anna.tab.evaluate(() => {
    return Number(document.querySelector("[data-testid=qr]").dataset.modules);
  });
  // The code leaves the name out, which is as long as people's names are.
  const bare = link.slice(0, link.lastIndexOf("//"));
  assert.equal(link, `${bare}//Anna`);
  console.info(`link: ${bare.length} characters and a name, ${modules} modules`);
  assert.ok(bare.length <= CHARACTERS_MAX, bare);
  assert.ok(modules > 0 && modules <= MODULES_MAX, `${modules} modules`);
});

for (const locale of ["en", "fr"]) {
  scenario(
    `a link is listed with its uses, ended, and dead from then on: ${locale}`,
    async (stage) => {
      const server = await stage.server();
      const initScript = `localStorage.setItem("lacis.language", '"${locale}"')`;
      const anna = await Person.arrive(stage, "chromium", server, "Anna", { initScript });
      await anna.found("chat", "Kitchen");
      const link = await anna.invitation();
      const bert = await Person.arrive(stage, "chromium", server, "Bert", { link, initScript });
      await bert.picture(`join-${locale}`);
      await bert.join();
      await Promise.all([anna, bert].map((person) => person.meets(1)));

      await anna.click("open-invite");
      await anna.see("invitation", { state: '[data-used="1"][data-uses="1000"]', count: 1 });
      await anna.picture(`invitations-${locale}`);
      await anna.click("end-invitation");
      await anna.see("invitation", { gone: true });
      await anna.close("invite");

      await anna.click("open-details");
      await anna.click("remove-member");
      await anna.click("remove-undo");
      await anna.picture(`remove-${locale}`);
      await anna.click("confirm-yes");
      await bert.see("trouble", { state: '[data-kind="revoked"]' });
      // Nobody else comes in by it. Whoever is asked may not know of an invitation yet, so others
      // are waited for.
      const carl = await stage.tab("chromium", server);
      const code = await carl.evaluate(async (text) => {
        const peer = await t.start();
        return (await t.failure(() => peer.joinGroup(text, { timeoutMs: 5_000 }))).code;
      }, link.split("#/join/chat/")[1].split("/")[0]);
      assert.equal(code, "invitation-ended");
    },
  );
}
