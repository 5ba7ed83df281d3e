// The built pages as people use them. The package's own tests show that the network works; these
// show that the pages tell the truth about it.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { OUTPUT } from "../support/pages.mjs";
import { got, joinRoom, linked, scenario } from "../support/scenario.mjs";

const APPS = "lacis/dist/apps";
const LINES_MAX = 1000;

/** Opens one of the built pages; gives the tab and what finds an element by its `data-testid`. */
async function open(stage, url, options) {
  const tab = await stage.bareTab("chromium", url, options);
  tab.page.setDefaultTimeout(15_000);
  return [tab, (hook) => tab.page.getByTestId(hook)];
}

const isOpen = (of) => of("room-state").and(of("room-state").page().locator("[data-state=open]"));

/** A tab whose package swallows all that it would send to other pages while `isMute` is set. */
const MUTE = `{
  const send = RTCDataChannel.prototype.send;
  RTCDataChannel.prototype.send = function (data) {
    if (!globalThis.isMute) send.call(this, data);
  };
}`;

scenario("a line that reached some says how many, and goes again to the rest", async (stage) => {
  const server = await stage.server();
  const [first, of] = await open(stage, `${server.url}/${APPS}/`);
  await of("start-room").click();
  await isOpen(of).waitFor();
  const link = first.page.url();
  const [, ofThird] = await open(stage, link);
  const second = await stage.tab("chromium", server, { initScript: MUTE });
  await joinRoom(second, link);
  await linked(second, 2);
  await first.page.locator("[data-testid=members] [data-state=direct]").nth(1).waitFor();

  // It has the line and is gone before it could say so.
  await second.evaluate(() => {
    globalThis.isMute = true;
  });
  await of("compose").fill("Is everybody here?");
  await of("send").click();
  await got(second, "Is everybody here?");
  await ofThird("message").filter({ hasText: "Is everybody here?" }).waitFor();
  await of("message").filter({ hasText: "delivered to 1 of 2" }).waitFor();
  await second.evaluate(() => {
    globalThis.isMute = false;
    t.messages.length = 0;
    return t.room.leave();
  });
  const line = of("message").and(first.page.locator("[data-state=partial]"));
  await line.filter({ hasText: "delivered to 1 of 2. This person has left the room." }).waitFor();
  const again = of("send-again");
  assert.equal(await again.isVisible(), false, "there is nobody to send it to");

  // The same page is back in the room.
  await joinRoom(second, link);
  await again.filter({ hasText: "Send again to the rest" }).waitFor();
  await takePictures("chat-partial", first.page);
  await linked(second, 2);
  await again.click();
  await got(second, "Is everybody here?");
  await of("message").filter({ hasText: "delivered to 2 of 2" }).waitFor();
  assert.equal(await again.isVisible(), false);
  assert.equal(await ofThird("message").count(), 1, "whoever had it is not told twice");
});

scenario("a server that is full is called full, and let in again later", async (stage) => {
  const server = await stage.server({ words: ["--connections-max", "1"] });
  const inside = await stage.tab("chromium", server);
  const link = await inside.evaluate(() => lacis.createRoomLink());
  await joinRoom(inside, link);
  const [outside, of] = await open(stage, `${server.url}/${APPS}/chat/#${link}`);
  const state = of("room-state");
  await state.filter({ hasText: /^The server is full\. .*Trying again in \d+ s\.$/ }).waitFor();
  assert.equal(await state.getAttribute("data-state"), "offline");
  await takePictures("chat-full", outside.page);

  await inside.evaluate(() => t.peer.close());
  // As if the device had just come back to the network; the wait would end by itself as well.
  await outside.evaluate(() => dispatchEvent(new Event("online")));
  await isOpen(of).waitFor();
});

scenario("a room started at another server is met there by its link alone", async (stage) => {
  const pages = await stage.server();
  const named = await stage.server();
  const query = `?server=${encodeURIComponent(named.socketUrl)}`;
  const [first, of] = await open(stage, `${pages.url}/${APPS}/${query}`);
  await takePictures("start", first.page);
  await of("start-room").click();
  await isOpen(of).waitFor();
  const link = first.page.url().split("#").at(-1);
  // Neither the query nor the page's own server is needed.
  const [second, ofSecond] = await open(stage, `${pages.url}/${APPS}/`);
  await ofSecond("paste-link").fill(link);
  await ofSecond("paste-open").click();
  for (const tab of [first, second]) {
    await tab.page.locator("[data-testid=members] [data-state=direct]").waitFor();
  }

  const [wrong, ofWrong] = await open(stage, `${pages.url}/${APPS}/?server=example.org`);
  await ofWrong("start-room").click();
  await ofWrong("paste-error").filter({ hasText: "wss://" }).waitFor();
  assert.match(wrong.page.url(), /\?server=example\.org$/);
});

scenario("the log keeps its newest lines, and those with something to do", async (stage) => {
  const server = await stage.server();
  const [first, of] = await open(stage, `${server.url}/${APPS}/`);
  await of("start-room").click();
  await isOpen(of).waitFor();
  const second = await stage.tab("chromium", server);
  await joinRoom(second, first.page.url());
  const [id] = await linked(second);
  await second.evaluate((to) => {
    // The promise stays open until the file is accepted.
    t.file = t.room.sendFile(to, new File(["kept"], "kept.txt"));
  }, id);
  await of("file-accept").waitFor();
  const say = (from, to) =>
    second.evaluate(
      async ([member, start, end]) => {
        for (let n = start; n < end; n += 1) await t.room.send(member, "chat", `line ${n}.`);
        await t.room.send(member, "chat", `up to ${end}.`, { until: "delivered" });
      },
      [id, from, to],
    );
  await say(0, LINES_MAX - 2);
  assert.equal(await of("dropped").count(), 0, "nothing has been dropped yet");
  await say(LINES_MAX, LINES_MAX + 5);
  await of("message")
    .filter({ hasText: `up to ${LINES_MAX + 5}.` })
    .waitFor();
  await of("dropped").filter({ hasText: "newest 1,000" }).waitFor();
  const items = first.page.locator("[data-testid=messages] > li");
  assert.equal(await items.count(), LINES_MAX + 1, "the lines, and what says that some are gone");
  assert.equal(await items.first().getAttribute("data-testid"), "dropped");
  assert.equal(await of("message").filter({ hasText: "line 0." }).count(), 0);
  await of("messages").evaluate((list) => list.scrollTo(0, 0));
  await takePictures("chat-dropped", first.page);

  await of("file-accept").click();
  assert.equal((await second.evaluate(() => t.file.then(() => "sent"))) ?? "", "sent");
  await say(0, 1);
  await of("message").filter({ hasText: "up to 1." }).waitFor();
  assert.equal(await of("file").count(), 0, "a file that is done makes room, too");
  assert.equal(await items.count(), LINES_MAX + 1);
});

/** What people see, for people to look at; nothing may scroll sideways. */
async function takePictures(name, page) {
  const folder = join(OUTPUT, "screenshots");
  mkdirSync(folder, { recursive: true });
  const before = page.viewportSize();
  const sizes = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 800 } };
  for (const [device, size] of Object.entries(sizes)) {
    await page.setViewportSize(size);
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: join(folder, `${name}-${device}-${colorScheme}.png`) });
      const isWide = () => document.documentElement.scrollWidth > innerWidth;
      assert.equal(await page.evaluate(isWide), false, `${name} on a ${device} scrolls sideways`);
    }
  }
  await page.setViewportSize(before);
}
