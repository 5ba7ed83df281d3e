// Programs and pages: the programs are examples of `lacis-native`.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join as path } from "node:path";
import { fileURLToPath } from "node:url";
import { found, join, reads, start as startPeer, write } from "../support/group.mjs";
import { got, joinRoom, left, linked, scenario, send } from "../support/scenario.mjs";
import { Server } from "../support/server.mjs";

const built = new URL("../../../target/debug/examples/", import.meta.url);
const EXAMPLES = process.env.LACIS_EXAMPLES ?? fileURLToPath(built);

for (const browser of ["chromium", "firefox"]) {
  for (const first of ["program", "page"]) {
    scenario(`a program and ${browser} talk, the ${first} is there first`, async (stage) => {
      const server = await stage.server();
      const page = await stage.tab(browser, server);
      const link = await page.evaluate(() => lacis.createRoomLink());
      const echo = () => stage.run(() => start(server, link));

      let program = first === "program" ? await echo() : undefined;
      await joinRoom(page, link);
      program ??= await echo();
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

function start(server, link) {
  const options = { pattern: /joined as (\S+)/ };
  return Server.run(path(EXAMPLES, "echo"), [server.socketUrl, link], options);
}

scenario("a program gives what it keeps of a group while no page is open", async (stage) => {
  const server = await stage.server();
  const [a, b] = [await stage.tab("chromium", server), await stage.tab("firefox", server)];
  const folder = mkdtempSync(path(tmpdir(), "lacis-member-"));
  stage.defer(() => rmSync(folder, { recursive: true }));
  await startPeer(a, 1);
  await startPeer(b, 2);
  await found(a, "Notes");
  await write(a, ["before"]);
  const [forProgram, forPage] = await a.evaluate(async () => [
    await t.group.invite({ uses: 1, role: "inviter" }),
    await t.group.invite({ uses: 1 }),
  ]);
  const words = [server.socketUrl, forProgram, path(folder, "store")];
  const options = { pattern: /started as (\S+)/ };
  const program = await stage.run(() => Server.run(path(EXAMPLES, "member"), words, options));
  await reads(a, ["before", "a program is here"]);
  await write(a, ["after"]);
  await a.evaluate(() => t.group.stored());
  await a.close();

  await join(b, forPage);
  await reads(b, ["before", "a program is here", "after"]);
  await program.stop("SIGINT");
  assert.match(program.log, /note: before\n[\s\S]*note: after\n[\s\S]*left\n$/);
});
