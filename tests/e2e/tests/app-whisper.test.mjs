// A whisper to somebody whose pages are open, and not at the talk.
import { Person } from "../support/people.mjs";
import { scenario } from "../support/scenario.mjs";

scenario(
  "a whisper reaches whoever is elsewhere in the pages, and counts as unread there",
  async (stage) => {
    const server = await stage.server();
    const anna = await Person.arrive(stage, "chromium", server, "Anna");
    await anna.found("chat", "Sunday walk");
    const link = await anna.invitation();
    const bert = await Person.arrive(stage, "chromium", server, "Bert", { link });
    await bert.join();
    await anna.meets(1);
    // After a reload at the start page nothing of the chat was opened.
    await bert.tab.evaluate(() => {
      location.hash = "#/";
    });
    await bert.tab.reload();
    await bert.see("space", { text: "Sunday walk" });
    await anna.meets(1);
    await anna.fill("recipient", await anna.idOf("Bert"));
    await anna.fill("compose", "Bring the cake, it is a surprise");
    await anna.click("send");
    await anna.see("message", { text: "Bring the cake" });
    await bert.see("unread", { text: "1" });
    await bert.picture("whisper-unread");
    await bert.click("space");
    await bert.see("message", { text: "Bring the cake" });
    await bert.picture("whisper-read");
    await anna.picture("whisper-told");
  },
);
