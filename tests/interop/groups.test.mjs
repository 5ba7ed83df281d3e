import assert from "node:assert/strict";
import { found, join, reads, start, write } from "../e2e/support/group.mjs";
import { scenario } from "../e2e/support/scenario.mjs";
import { random } from "./peer/crypto.mjs";
import { Group } from "./peer/group.mjs";
import { publicKeyOf } from "./peer/signatures.mjs";
import { toBase32 } from "./peer/texts.mjs";

scenario("invited by name: what one writes the other reads, changes and deletions too", async (stage) => {
  const server = await stage.server();
  const page = await stage.tab("chromium", server);
  await start(page, 1);
  await found(page, "Board");
  await write(page, ["from the page"]);
  const seed = random(32);
  const invitation = await page.evaluate(
    (id) => t.group.invite({ for: id }),
    toBase32(publicKeyOf(seed)),
  );
  const group = new Group(invitation, { seed, server: server.socketUrl });
  stage.defer(() => group.close());
  await group.joined();
  await group.reads("note", "from the page");
  group.write("note", "from the peer");
  await reads(page, ["from the page", "from the peer"]);
  assert.deepEqual([...group.faults, ...group.peer.faults], []);
});
