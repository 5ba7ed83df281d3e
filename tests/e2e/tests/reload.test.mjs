import assert from "node:assert/strict";
import { got, joinRoom, left, linked, scenario, send } from "../support/scenario.mjs";

for (const name of ["chromium", "firefox"]) {
  scenario(`a reloaded page is a new member, and the old one leaves: ${name}`, async (stage) => {
    const server = await stage.server();
    const { a, b, link, idOfB } = await stage.pair(server, ["chromium", name]);

    await b.reload();
    // It said goodbye, so nobody has to find out by waiting.
    assert.equal(await left(a, idOfB, 3_000), "left");
    await b.ready();
    await joinRoom(b, link);

    const [newId] = await linked(a);
    assert.notEqual(newId, idOfB);
    await linked(b);
    await send(a, newId, "welcome back");
    await got(b, "welcome back");
  });
}
