import assert from "node:assert/strict";
import { joinRoom, linked, scenario } from "../support/scenario.mjs";

scenario(
  "a link that is none, is damaged or is newer says so, and a good one works after",
  async (stage) => {
    const server = await stage.server();
    const a = await stage.tab("chromium", server);
    const b = await stage.tab("chromium", server);
    const link = await a.evaluate(() => lacis.createRoomLink());
    const broken = {
      "": "link-unknown",
      "https://example.org/": "link-unknown",
      hello: "link-unknown",
      [`${link.slice(0, 20)}${link[20] === "a" ? "b" : "a"}${link.slice(21)}`]: "link-damaged",
      [link.slice(0, -3)]: "link-damaged",
      [`${link}xyz`]: "link-damaged",
      [`lr2${link.slice(3)}`]: "link-version",
    };
    for (const [text, code] of Object.entries(broken)) {
      const parsed = await a.evaluate((l) => t.failure(() => lacis.parseRoomLink(l)), text);
      assert.equal(parsed.code, code, text);
      const joined = await a.evaluate(
        (l) =>
          t.failure(async () => {
            t.peer ??= await t.start();
            await t.peer.join(l);
          }),
        text,
      );
      assert.deepEqual(joined, parsed, text);
      assert.equal(joined.name, "PeerError");
      assert.match(joined.message, /^[A-Z].*\.$/, "a sentence for people");
    }
    // Copied with an address before it and blanks around it, it is still good.
    await joinRoom(a, `  https://example.org/chat/#${link}\n`);
    await joinRoom(b, link.toUpperCase().replace("LR1", "lr1"));
    await Promise.all([linked(a), linked(b)]);
  },
);
