// Programs and pages in one room.
import assert from "node:assert/strict";
import { echo } from "../support/programs.mjs";
import { got, joinRoom, left, linked, scenario, send } from "../support/scenario.mjs";

for (const browser of ["chromium", "firefox"]) {
  for (const first of ["program", "page"]) {
    scenario(`a program and ${browser} talk, the ${first} is there first`, async (stage) => {
      const server = await stage.server();
      const page = await stage.tab(browser, server);
      const link = await page.evaluate(() => lacis.createRoomLink());
      let program = first === "program" ? await echo(stage, server, link) : undefined;
      await joinRoom(page, link);
      program ??= await echo(stage, server, link);
      const [id] = await linked(page);
      assert.match(program.log, new RegExp(`joined as ${id}`));

      await send(page, id, "there and back");
      const message = await got(page, "there and back");
      assert.deepEqual([message.from, message.kind, message.label], [id, "direct", "chat"]);
      await send(page, id, "x".repeat(200_000));
      await page.evaluate(() => t.until(() => t.messages[1], "the large message"));
      const large = await page.evaluate(() => t.messages[1].bytes);
      assert.equal(large, 200_000);
      const answer = await page.evaluate(
        async (to) => (await t.room.request(to, "upper", "question")).text(),
        id,
      );
      assert.equal(answer, "QUESTION");

      await program.stop("SIGINT");
      assert.equal(await left(page, id), "left");
      assert.match(program.log, /left\n$/);
    });
  }
}
