import { describe, expect, test } from "vitest";
import type { CoreEvent } from "../src/core.js";
import type { IncomingFile } from "../src/receive-file.js";
import type { Room } from "../src/room.js";
import { DEFAULT_LIMITS } from "../src/room-options.js";
import { ScriptedCore } from "./scripted-core.js";

describe("what the core says in the turn that answers a join", () => {
  const ada = {
    type: "remote",
    room: 1,
    node: "ada",
    peer: "peer-ada",
    state: "direct",
  } as const satisfies CoreEvent;

  const ask: CoreEvent = {
    type: "request",
    request: 9,
    room: 1,
    node: "ada",
    label: "time",
    data: new Uint8Array(),
  };

  /** Says one of everything, as the core does when it pumps. */
  function speak(core: ScriptedCore): void {
    core.tell(ada);
    core.tell({ ...ada, state: "relayed" });
    core.message(1, "ada", "chat", "first");
    core.tell(ask);
    core.tell({ type: "connect-failed", room: 1, node: "bob", code: "ice-failed" });
    core.message(1, "ada", "chat", "second");
    core.tell({ type: "room", room: 1, state: "offline" });
    core.tell({ type: "remote-left", room: 1, node: "ada", code: "left" });
  }

  /** Listens to everything; to be called right behind the await. */
  function listen(room: Room): string[] {
    const heard: string[] = [];
    room.addEventListener("remotejoin", ({ detail }) => heard.push(`join ${detail.state}`));
    room.addEventListener("remotechange", ({ detail }) => heard.push(`change ${detail.state}`));
    room.addEventListener("remoteleave", ({ detail }) => heard.push(detail.code));
    room.addEventListener("message", ({ detail }) => heard.push(detail.text()));
    room.addEventListener("connectfailed", ({ detail: { nodeId, error } }) =>
      heard.push(nodeId === "spoken" ? nodeId : error.code),
    );
    room.addEventListener("statechange", ({ detail }) => heard.push(detail));
    room.respond("time", () => {
      heard.push("asked");
      return "noon";
    });
    return heard;
  }

  const all = [
    "join direct",
    "change relayed",
    "first",
    "asked",
    "ice-failed",
    "second",
    "offline",
    "left",
    "spoken",
  ];

  test("reaches listeners added right behind the await, in order", async () => {
    const core = new ScriptedCore();
    const joining = core.peer.join("lr1a");
    core.tell({ type: "room", room: 1, state: "open" });
    core.settle("join");
    speak(core);
    const room = await joining;
    expect(room.state).toBe("open");
    const heard = listen(room);
    const read = room.messages();
    await core.spoken(room);
    expect(heard).toEqual(all);
    expect((await read.next()).value?.text()).toBe("first");
    await core.asked("respond", 1);
    expect(core.named("respond")[0]?.[3]).toBe("");
  });

  test("reaches them through functions that only pass the room on", async () => {
    const core = new ScriptedCore();
    const inner = async (): Promise<Room> => await core.peer.join("lr1a");
    const outer = async (): Promise<Room> => inner();
    const joining = outer();
    core.settle("join");
    speak(core);
    const room = await joining;
    const heard = listen(room);
    await core.spoken(room);
    expect(heard).toEqual(all);
  });

  test("reaches them without waiting for an answer, too", async () => {
    const core = new ScriptedCore();
    const joining = core.peer.join("lr1a", { wait: false });
    speak(core);
    const room = await joining;
    const heard = listen(room);
    await core.spoken(room);
    expect(heard).toEqual(all);
  });

  test("reaches whoever joins a room that is open already", async () => {
    const core = new ScriptedCore();
    const first = core.peer.join("lr1a");
    core.settle("join");
    const room = await first;
    await core.spoken(room);
    core.tell({ type: "room", room: 1, state: "open" });
    const joining = core.peer.join("lr1a");
    await Promise.resolve();
    speak(core);
    expect(await joining).toBe(room);
    const heard = listen(room);
    await core.spoken(room);
    expect(heard).toEqual(all);
  });

  test("is in the room already where it came before the answer", async () => {
    const core = new ScriptedCore();
    const joining = core.peer.join("lr1a");
    core.tell({ type: "room", room: 1, state: "open" });
    core.tell(ada);
    core.settle("join");
    const room = await joining;
    expect([...room.remotes.keys()]).toEqual(["ada"]);
    const heard = listen(room);
    await core.spoken(room);
    expect(heard).toEqual(["spoken"]);
  });

  test("keeps the end of a file behind its offer", async () => {
    const core = new ScriptedCore();
    const joining = core.peer.join("lr1a");
    core.settle("join");
    const file = { stream: 7, room: 1, node: "ada", name: "a", mediaType: "text/plain", size: 6 };
    core.tell({ type: "file", ...file });
    core.tell({ type: "stream-failed", stream: 7, code: "aborted" });
    const room = await joining;
    const offers: IncomingFile[] = [];
    room.addEventListener("file", ({ detail }) => offers.push(detail));
    await core.spoken(room);
    expect(offers[0]?.signal.reason).toMatchObject({ code: "aborted" });
    expect(room.offers.size).toBe(0);
  });

  test("is not kept without end", async () => {
    const core = new ScriptedCore();
    const joining = core.peer.join("lr1a");
    core.settle("join");
    for (let count = 0; count <= DEFAULT_LIMITS.items; count += 1)
      core.tell({ ...ada, node: `node-${count}` });
    // Nobody can have listened yet: what was too much is at least to be seen.
    expect((await joining).remotes.size).toBe(DEFAULT_LIMITS.items + 1);
  });

  test("is not told any more when the room is left before", async () => {
    const core = new ScriptedCore();
    const joining = core.peer.join("lr1a");
    core.settle("join");
    speak(core);
    const room = await joining;
    const heard = listen(room);
    await room.leave();
    const again = core.peer.join("lr1b");
    core.settle("join");
    await core.spoken(await again, 2);
    expect(heard).toEqual(["left"]);
  });
});
