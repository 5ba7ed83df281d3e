import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { got, joinRoom, linked, scenario } from "../e2e/support/scenario.mjs";
import { joinRoom as enterRoom } from "./peer/peer.mjs";

/** A page and the peer in one new room; `first` is there when the other comes. */
async function meet(stage, first) {
  const server = await stage.server();
  const page = await stage.tab("chromium", server);
  const link = await page.evaluate(
    (url) => lacis.createRoomLink({ servers: [url] }),
    server.socketUrl,
  );
  const enter = () => {
    const peer = enterRoom(link);
    stage.defer(() => peer.close());
    return peer;
  };
  let peer;
  if (first === "peer") {
    peer = enter();
    await peer.announced();
  }
  await joinRoom(page, link);
  peer ??= enter();
  const [[id], member] = await Promise.all([linked(page), peer.member()]);
  return { page, peer, member, id };
}

for (const first of ["page", "peer"]) {
  scenario(
    `the ${first} is there first: messages, requests and streams go both ways`,
    async (stage) => {
      const { page, peer, member, id } = await meet(stage, first);
      assert.deepEqual(peer.roles(), [first === "page" ? "offerer" : "answerer"]);

      await member.send("chat", "from the peer");
      assert.equal((await got(page, "from the peer")).kind, "direct");
      await page.evaluate(
        (to) => t.room.send(to, "chat", "from the page", { until: "delivered" }),
        id,
      );
      await peer.until(
        () => member.messages.find(({ text }) => text === "from the page"),
        "a message",
      );
      await member.broadcast("chat", "to all");
      assert.equal((await got(page, "to all")).kind, "reliable");
      member.ephemeral("chat", new TextEncoder().encode("soon old"));
      assert.equal((await got(page, "soon old")).kind, "ephemeral");

      await page.evaluate(() => {
        t.room.respond("upper", (request) => new TextDecoder().decode(request.data).toUpperCase());
      });
      assert.equal(await member.request("upper", "question"), "QUESTION");
      await assert.rejects(member.request("nothing", ""), /refused with 31/);
      member.handlers.set("lower", (text) => text.toLowerCase());
      const ask = (to) => t.room.request(to, "lower", "ANSWER").then((it) => it.text());
      assert.equal(await page.evaluate(ask, id), "answer");

      // Larger than a frame.
      const long = "x".repeat(400_000);
      await member.send("chat", long);
      await page.evaluate(
        (size) => t.until(() => t.messages.find((m) => m.bytes === size), "all of it"),
        long.length,
      );
      await page.evaluate(
        ([to, text]) => t.room.send(to, "chat", text, { until: "delivered" }),
        [id, long],
      );
      await peer.until(() => member.messages.some(({ text }) => text === long), "a long message");
      assert.deepEqual(peer.faults, []);
    },
  );
}

scenario("files go both ways", async (stage) => {
  const { page, peer, member, id } = await meet(stage, "page");
  await page.evaluate(() => {
    t.room.addEventListener("file", async ({ detail: file }) => {
      const bytes = new Uint8Array(await (await file.blob()).arrayBuffer());
      t.taken = { name: file.name, hash: await t.sha256(bytes) };
      t.wake();
    });
  });
  const bytes = Uint8Array.from({ length: 300_000 }, (_, at) => (at * 7) % 251);
  await member.sendFile("notes.bin", "application/octet-stream", bytes);
  const taken = await page.evaluate(() => t.until(() => t.taken, "the file"));
  assert.deepEqual(taken, { name: "notes.bin", hash: sha256(bytes) });

  const sent = await page.evaluate(async (to) => {
    const content = t.bytes(300_000);
    await t.room.sendFile(to, new File([content], "photo.jpg", { type: "image/jpeg" }));
    return t.sha256(content);
  }, id);
  const isFile = ({ kind }) => kind === "file";
  const file = await peer.until(() => member.messages.find(isFile), "a file");
  assert.deepEqual(
    [file.name, file.mediaType, sha256(file.bytes)],
    ["photo.jpg", "image/jpeg", sent],
  );
  assert.deepEqual(peer.faults, []);
});

scenario("what a lost link left open arrives once, over the next one", async (stage) => {
  const { page, peer, member, id } = await meet(stage, "page");
  await member.send("chat", "before");
  const sending = Promise.all(["one", "two"].map((text) => member.send("chat", text)));
  await peer.relink();
  await sending;
  await page.evaluate((to) => t.room.send(to, "chat", "after", { until: "delivered" }), id);
  await got(page, "two");
  const texts = await page.evaluate(() => t.messages.map(({ text }) => text));
  assert.deepEqual(texts, ["before", "one", "two"]);
  assert.ok(member.messages.some(({ text }) => text === "after"));
  assert.deepEqual(peer.faults, []);
});

scenario("a peer that says goodbye has left", async (stage) => {
  const { page, peer, id } = await meet(stage, "page");
  await peer.close();
  const code = (it) =>
    t.event("remoteleave", { where: (d) => d.id === it }).then((e) => e.detail.code);
  assert.equal(await page.evaluate(code, id), "left");
});

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
