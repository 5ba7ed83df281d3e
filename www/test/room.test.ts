import { describe, expect, test, vi } from "vitest";
import type { Room } from "../src/room.js";
import { ScriptedCore } from "./scripted-core.js";

async function joined(): Promise<{ core: ScriptedCore; room: Room }> {
  const core = new ScriptedCore();
  const joining = core.peer.join("https://example.org/chat/#lr1a");
  core.settle("join");
  const room = await joining;
  await core.spoken(room);
  return { core, room };
}

function meet(core: ScriptedCore, node = "ada"): void {
  core.tell({ type: "remote", room: 1, node, peer: `peer-${node}`, state: "direct", rttMs: 4 });
}

describe("joining", () => {
  test("twice gives the same room, which is left when both have left", async () => {
    const { core, room } = await joined();
    core.tell({ type: "room", room: 1, state: "open" });
    expect(await core.peer.join("lr1a")).toBe(room);
    expect(core.named("join")).toHaveLength(1);
    await room.leave();
    expect(core.named("leave")).toEqual([]);
    await room.leave();
    await room.leave();
    expect(core.named("leave")).toEqual([["leave", 1]]);
    expect(room.state).toBe("left");
  });

  test("exclusively is refused where the room is shared, and harms nothing", async () => {
    const { core, room } = await joined();
    const again = core.peer.join("lr1a", { exclusive: true });
    await expect(again).rejects.toMatchObject({ code: "already-joined" });
    await room.leave();
    expect(core.named("leave")).toHaveLength(1);
  });

  test("that times out leaves the room, so that the next try starts anew", async () => {
    const core = new ScriptedCore();
    const joining = core.peer.join("lr1a");
    core.settle("join", "signaling-unreachable");
    await expect(joining).rejects.toMatchObject({ code: "signaling-unreachable" });
    expect(core.named("leave")).toEqual([["leave", 1]]);
    const again = core.peer.join("lr1a");
    core.settle("join");
    await again;
    expect(core.named("join")).toHaveLength(2);
  });

  test.each([true, false])("refused on the spot is reported, waiting or not (%s)", async (wait) => {
    const core = new ScriptedCore();
    const joining = core.peer.join("lr1full", { wait });
    await expect(joining).rejects.toMatchObject({ code: "too-many-rooms" });
    expect(core.named("leave")).toEqual([]);
  });

  test("refused on the spot is nothing to share for who joins in the same turn", async () => {
    const core = new ScriptedCore();
    const refused = [core.peer.join("lr1full"), core.peer.join("lr1full", { wait: false })];
    for (const joining of refused) {
      await expect(joining).rejects.toMatchObject({ code: "too-many-rooms" });
    }
  });

  test("with an aborted signal never reaches the core", async () => {
    const core = new ScriptedCore();
    const signal = AbortSignal.abort("enough");
    const joining = core.peer.join("lr1a", { signal });
    await expect(joining).rejects.toMatchObject({ code: "aborted", cause: "enough" });
    expect(core.named("join")).toEqual([]);
  });

  test("hears what the core says before its call returns", async () => {
    const core = new ScriptedCore();
    core.duringJoin = (room) => core.tell({ type: "room", room, state: "open" });
    const room = await core.peer.join("lr1a", { wait: false });
    expect(room.state).toBe("open");
    await room.ready();
  });
});

describe("members", () => {
  test("keep their object, follow what happens, and are there for late readers", async () => {
    const { core, room } = await joined();
    meet(core);
    const ada = room.remotes.get("ada");
    const onChange = vi.fn();
    room.addEventListener("remotechange", ({ detail }) => onChange(detail, detail.state));
    core.tell({ type: "remote", room: 1, node: "ada", peer: "peer-ada", state: "recovering" });
    expect(onChange).toHaveBeenCalledExactlyOnceWith(ada, "recovering");
    expect(ada).toMatchObject({ peerId: "peer-ada", connected: false, rttMs: 4 });
    const onLeave = vi.fn();
    room.addEventListener("remoteleave", ({ detail }) => onLeave(detail.remote, detail.code));
    core.tell({ type: "remote-left", room: 1, node: "ada", code: "link-lost" });
    expect(onLeave).toHaveBeenCalledExactlyOnceWith(ada, "link-lost");
    expect(room.remotes.size).toBe(0);
    expect(ada?.state).toBe("left");
  });
});

describe("messages", () => {
  test("reach listeners and iterators of their label until the room is left", async () => {
    const { core, room } = await joined();
    meet(core);
    const heard: string[] = [];
    room.addEventListener("message", ({ detail }) => heard.push(detail.text()));
    const chat = room.messages({ label: "chat" });
    core.message(1, "ada", "chat", "one");
    core.message(1, "ada", "other", "two");
    core.message(1, "ada", "chat", "three");
    await room.leave();
    const read: string[] = [];
    for await (const message of chat) {
      expect(message.from.id).toBe("ada");
      read.push(message.text());
    }
    expect(read).toEqual(["one", "three"]);
    expect(heard).toEqual(["one", "two", "three"]);
  });

  test("to iterators end with aborted when their signal does", async () => {
    const { core, room } = await joined();
    const controller = new AbortController();
    const reading = room.messages({ signal: controller.signal }).next();
    controller.abort();
    await expect(reading).rejects.toMatchObject({ code: "aborted" });
    core.message(1, "ada", "chat", "later");
  });

  test("to iterators wait as many as is usual where a limit is left open", async () => {
    const { core, room } = await joined();
    const reading = room.messages({ limits: { items: undefined, bytes: undefined } });
    for (let count = 0; count < 1_025; count += 1) core.message(1, "ada", "chat", "");
    for (let count = 0; count < 1_024; count += 1) await reading.next();
    await expect(reading.next()).rejects.toMatchObject({ code: "too-slow" });
  });

  test("are handed to the core as they are, without a copy", async () => {
    const { core, room } = await joined();
    const data = Uint8Array.of(1, 2, 3);
    const sent = room.send("ada", "x", data, { priority: "bulk", until: "delivered" });
    core.settle("send");
    await sent;
    const [call] = core.named("send");
    expect(call?.slice(2)).toEqual([1, "ada", "x", data, 2, 1]);
    expect(call?.[5]).toBe(data);
  });
});

describe("requests", () => {
  const ask = (core: ScriptedCore, label: string): void =>
    core.tell({ type: "request", request: 9, room: 1, node: "ada", label, data: new Uint8Array() });

  test("are answered by their handler, refused without one and when it throws", async () => {
    const { core, room } = await joined();
    vi.stubGlobal("reportError", vi.fn());
    const stop = room.respond("time", async () => "noon");
    room.respond("broken", () => {
      throw new Error("no");
    });
    for (const label of ["time", "broken", "nothing"]) ask(core, label);
    await core.asked("respond", 3);
    const answers = core.named("respond").map(([, , data, code]) => [data, code]);
    const none = new Uint8Array();
    expect(answers).toHaveLength(3);
    expect(answers).toContainEqual([new TextEncoder().encode("noon"), ""]);
    expect(answers).toContainEqual([none, "handler-failed"]);
    expect(answers).toContainEqual([none, "no-handler"]);
    expect(globalThis.reportError).toHaveBeenCalledOnce();
    expect(() => room.respond("time", () => "")).toThrow(
      expect.objectContaining({ code: "invalid-argument" }),
    );
    stop();
    ask(core, "time");
    expect(core.named("respond").at(-1)?.[3]).toBe("no-handler");
    vi.unstubAllGlobals();
  });

  test("to everybody end together, each with what came of it", async () => {
    const { core, room } = await joined();
    for (const node of ["ada", "bob", "cid"]) {
      core.tell({ type: "remote", room: 1, node, peer: `peer-${node}`, state: "direct" });
    }
    const controller = new AbortController();
    const { signal } = controller;
    const asking = room.requestAll("vote", { motion: 7 }, { timeoutMs: 700, signal });
    const data = new TextEncoder().encode('{"motion":7}');
    expect(core.named("request").map((call) => call.slice(3))).toEqual(
      ["ada", "bob", "cid"].map((node) => [node, "vote", data, 700]),
    );
    core.tell({ type: "remote", room: 1, node: "dan", peer: "peer-dan", state: "direct" });
    const tickets = core.named("request").map(([, ticket]) => ticket as number);
    core.tell({
      type: "completed",
      ticket: tickets[1] as number,
      code: undefined,
      outcome: new TextEncoder().encode('"yes"'),
    });
    core.settled(tickets[2] as number, "no-handler");
    controller.abort();
    const outcomes = [...(await asking)].map(([remote, outcome]) => [
      remote.peerId,
      outcome.status === "fulfilled" ? outcome.value.json() : outcome.reason.code,
    ]);
    expect(outcomes).toEqual([
      ["peer-ada", "aborted"],
      ["peer-bob", "yes"],
      ["peer-cid", "no-handler"],
    ]);
  });

  test("answered after the peer was closed trouble nobody", async () => {
    const { core, room } = await joined();
    let answer = (_: string): void => {};
    room.respond("slow", () => new Promise<string>((resolve) => (answer = resolve)));
    ask(core, "slow");
    await core.peer.close();
    answer("too late");
    await Promise.resolve();
    expect(core.named("respond")).toEqual([]);
    expect(core.calls.at(-1)).toEqual(["free"]);
  });
});

describe("closing", () => {
  test("ends all that waits with closed, once, and frees the node last", async () => {
    const { core, room } = await joined();
    const ended = vi.fn();
    const fate = (promise: Promise<unknown>) =>
      promise.then(
        () => "done",
        (e) => e.code,
      );
    const fates = [
      fate(room.send("ada", "x", "y")),
      fate(room.request("ada", "x", "y")),
      fate(room.sendFile("ada", new Blob(["z"]))),
      fate(
        room
          .messages()
          .next()
          .then(({ done }) => ended(done)),
      ),
    ];
    const closed = core.peer.close();
    expect(core.peer.close()).toBe(closed);
    await closed;
    expect(await Promise.all(fates)).toEqual(["closed", "closed", "closed", "done"]);
    expect(ended).toHaveBeenCalledWith(true);
    expect(core.peer.state).toBe("closed");
    expect(core.calls.at(-1)).toEqual(["free"]);
    await expect(room.send("ada", "x", "y")).rejects.toMatchObject({ code: "closed" });
    await expect(core.peer.join("lr1b")).rejects.toMatchObject({ code: "closed" });
    expect(() => core.peer.diagnose()).toThrow(expect.objectContaining({ code: "closed" }));
  });

  test("happens by the signal that the peer was made with", async () => {
    const controller = new AbortController();
    const core = new ScriptedCore(controller.signal);
    controller.abort();
    expect(core.named("close")).toHaveLength(1);
    await core.peer.close();
    expect(core.peer.state).toBe("closed");
  });
});

describe("servers", () => {
  test("decide the state of the peer", async () => {
    const core = new ScriptedCore();
    const states: string[] = [];
    core.peer.addEventListener("statechange", ({ detail }) => states.push(detail));
    const url = "ws://127.0.0.1:1/ws";
    core.tell({ type: "server", url, state: "dialing" });
    expect(core.peer.state).toBe("connecting");
    const before = Date.now();
    core.tell({ type: "server", url, state: "waiting", code: "signaling-lost", retryMs: 500 });
    core.tell({ type: "online", online: false });
    const status = core.peer.servers.get(url);
    expect(status?.code).toBe("signaling-lost");
    expect(status?.retryAt).toBeGreaterThanOrEqual(before + 500);
    core.tell({ type: "server", url, state: "dialing" });
    core.tell({ type: "server", url, state: "open" });
    core.tell({ type: "online", online: true });
    expect(states).toEqual(["offline", "online"]);
    core.tell({ type: "server", url, state: "closed" });
    expect(core.peer.servers.size).toBe(0);
  });
});

test("the compiler knows the labels of a room also where one remote is told", () => {
  type Game = { move: { from: string; to: string }; time: (zone: string) => number };
  return async (room: Room<Game>): Promise<void> => {
    await room.send("ada", "move", { from: "e2", to: "e4" });
    // @ts-expect-error: there is no such label.
    await room.send("ada", "mvoe", { from: "e2", to: "e4" });
    // @ts-expect-error: a move has two ends.
    await room.send("ada", "move", 5);
    // @ts-expect-error: it is asked for, and not told.
    await room.send("ada", "time", "UTC");
  };
});
