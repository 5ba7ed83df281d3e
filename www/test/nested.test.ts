import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { CoreModule } from "../src/core.js";
import { load } from "../src/low-level.js";
import { Peer } from "../src/peer.js";
import { realModule } from "./real-module.js";

/** The sockets that were made, in their order. */
let sockets: Socket[] = [];

/** A socket of which the test says what comes. */
class Socket extends EventTarget {
  binaryType = "blob";
  constructor(readonly url: string) {
    super();
    sockets.push(this);
  }
  send(): void {}
  close(): void {}
}

/** A message that comes. */
const message = (hex: string): Event =>
  new MessageEvent("message", { data: Uint8Array.from(Buffer.from(hex, "hex")).buffer });
/** What a server says first: version 1, and no ICE servers. */
const WELCOME = "8200820180";
/** What no server says. */
const NONSENSE = "00".repeat(100);

let module: CoreModule;
beforeEach(async () => {
  sockets = [];
  module = await load(realModule());
  vi.stubGlobal("WebSocket", Socket);
});
afterEach(() => vi.unstubAllGlobals());

// Firefox goes on delivering messages while `alert`, `confirm` or `prompt` wait for people.
test("what comes while a listener waits for people is heard, and told after that", async () => {
  const [first, second] = ["ws://127.0.0.1:1/ws", "ws://127.0.0.1:2/ws"];
  const peer = new Peer(module, { signaling: [first, second] });
  await vi.waitFor(() => expect(sockets).toHaveLength(2));
  const [one, other] = sockets as [Socket, Socket];
  for (const socket of sockets) socket.dispatchEvent(new Event("open"));
  const told: string[] = [];
  peer.addEventListener("server", ({ detail: { url, state } }) => {
    told.push(`${url} ${state}`);
    if (told.length > 1) return;
    one.dispatchEvent(message(NONSENSE));
    other.dispatchEvent(message(NONSENSE));
    told.push("the dialog is closed");
  });
  one.dispatchEvent(message(WELCOME));
  expect(told).toEqual([
    `${first} open`,
    "the dialog is closed",
    `${first} waiting`,
    `${second} waiting`,
  ]);
  await peer.close();
});
