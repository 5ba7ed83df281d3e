// A browser that says in its descriptions how SCTP begins: the other side gets to know, with the
// first description and with that of an ICE restart.
import assert from "node:assert/strict";
import { configure, isIsolated } from "../support/network.mjs";
import { got, joinRoom, linked, scenario, send } from "../support/scenario.mjs";

const SKIP = !isIsolated() && "there is no network of its own here, which can be cut";

const CRASH = "Chromium 156 crashed, as it does with its trial of SNAP on a busy machine";

/** Keeps the descriptions of the other side. */
function keepDescriptions() {
  globalThis.descriptions = [];
  const { setRemoteDescription } = RTCPeerConnection.prototype;
  RTCPeerConnection.prototype.setRemoteDescription = function (description) {
    descriptions.push(description.sdp);
    return setRemoteDescription.call(this, description);
  };
}

/** Drops every datagram until the result is called; the server is reached all the time. */
function dropDatagrams() {
  const rules = `table inet datagrams {
    chain out {
      type filter hook output priority 0; policy accept;
      meta l4proto udp drop
    }
  }`;
  configure("nft", rules);
  return () => configure("nft", "delete", "table", "inet", "datagrams");
}

async function open(stage, server, browser) {
  const tab = await stage.tab(browser, server);
  await tab.evaluate(keepDescriptions);
  return tab;
}

async function link(tabs) {
  const room = await tabs[0].evaluate(() => lacis.createRoomLink());
  for (const tab of tabs) await joinRoom(tab, room);
  return [(await linked(tabs[1]))[0], (await linked(tabs[0]))[0]];
}

const beginnings = (tab) =>
  tab.evaluate(() => descriptions.map((sdp) => /^a=sctp-init:(.*)$/m.exec(sdp)?.[1].trim()));

scenario(
  "how SCTP begins is carried to the other side, and an ICE restart changes nothing",
  async (stage) => {
    const server = await stage.server();
    const tabs = [await open(stage, server, "chromium-snap")];
    tabs.push(await open(stage, server, "chromium-snap"));
    const ids = await link(tabs);
    for (const tab of tabs) {
      const [first] = await beginnings(tab);
      assert.match(first ?? "nothing", /^[A-Za-z0-9+/=]{28,}$/);
    }
    await send(tabs[0], ids[1], "before");
    await got(tabs[1], "before");
    const restore = dropDatagrams();
    stage.defer(() => isDropped && restore());
    let isDropped = true;
    const again = () => t.until(() => descriptions.length > 1, "a restart", 30_000);
    await Promise.all(tabs.map((tab) => tab.evaluate(again)));
    restore();
    isDropped = false;
    await send(tabs[1], ids[0], "after");
    await got(tabs[0], "after");
  },
  { deadlineMs: 120_000, skip: SKIP, crash: CRASH },
);

scenario(
  "whoever says it links with a browser that does not know it",
  async (stage) => {
    const server = await stage.server();
    for (const others of [
      ["chromium-snap", "chromium"],
      ["firefox", "chromium-snap"],
    ]) {
      const tabs = [await stage.tab(others[0], server), await stage.tab(others[1], server)];
      for (const tab of tabs) await tab.evaluate(keepDescriptions);
      const ids = await link(tabs);
      await send(tabs[0], ids[1], "hello");
      await got(tabs[1], "hello");
    }
  },
  { crash: CRASH },
);
