import { describe, expect, test, vi } from "vitest";
import type { CoreEvent, CoreListener, CoreModule, CoreNode } from "../src/core.js";
import { PeerError } from "../src/errors.js";
import { sendFile } from "../src/send-file.js";
import { type RoomEvent, Session } from "../src/session.js";
import type { Store } from "../src/store/store.js";

/** A session over a node of which only the given methods exist. */
function start(node: Partial<CoreNode> = {}, store?: Partial<Store>) {
  let listener: CoreListener | undefined;
  const construct = (_: object, [, given]: [unknown, CoreListener]): object => {
    listener = given;
    given.event({ type: "warning", code: "said-in-the-constructor" });
    return node;
  };
  const module = { WebNode: new Proxy(class {}, { construct }) } as unknown as CoreModule;
  const peerEvents: CoreEvent[] = [];
  const note = (event: CoreEvent): unknown => peerEvents.push(event);
  const session = new Session(module, { signaling: [] }, note, store as Store | undefined);
  const tell = (event: CoreEvent): void => listener?.event(event);
  const settled = (ticket: number, code?: string): void =>
    listener?.completed(ticket, code, undefined);
  const data = (stream: number, bytes: Uint8Array): void => listener?.fileData(stream, bytes);
  return { session, peerEvents, tell, settled, data };
}

describe("events", () => {
  test("wait for the owner and then come in order", () => {
    const { session, peerEvents, tell } = start();
    tell({ type: "warning", code: "second" });
    expect(peerEvents).toEqual([]);
    session.start();
    tell({ type: "warning", code: "third" });
    const codes = peerEvents.map((event) => event.type === "warning" && event.code);
    expect(codes).toEqual(["said-in-the-constructor", "second", "third"]);
  });

  test("go to their own room and to no other", () => {
    const { session, tell } = start();
    session.start();
    const heard = [[], []] as [RoomEvent[], RoomEvent[]];
    session.rooms.set(1, (event) => heard[0].push(event));
    session.rooms.set(2, (event) => heard[1].push(event));
    tell({ type: "room", room: 2, state: "open" });
    tell({ type: "room", room: 3, state: "open" });
    expect(heard).toEqual([[], [{ type: "room", room: 2, state: "open" }]]);
  });

  test("of a transfer go to its stream until it is over", () => {
    const { session, tell, data } = start();
    session.start();
    const sink = { scope: 1, data: vi.fn(), end: vi.fn(), drained: vi.fn(), failed: vi.fn() };
    session.streams.set(5, sink);
    data(5, Uint8Array.of(1));
    data(6, Uint8Array.of(2));
    tell({ type: "drained", stream: 5, sent: 9, acknowledged: 4 });
    tell({ type: "file-end", stream: 5 });
    data(5, Uint8Array.of(3));
    tell({ type: "stream-failed", stream: 5, code: "link-lost" });
    expect(sink.data.mock.calls).toEqual([[Uint8Array.of(1)]]);
    expect(sink.drained.mock.calls).toEqual([[4]]);
    expect(sink.end).toHaveBeenCalledOnce();
    expect(sink.failed).not.toHaveBeenCalled();
    expect(session.streams.size).toBe(0);
  });

  test("said inside a call reach what it is about", async () => {
    const scripted = start({
      open_file: (ticket, stream) => {
        scripted.tell({ type: "drained", stream, sent: 3, acknowledged: 2 });
        scripted.settled(ticket);
        scripted.tell({ type: "stream-failed", stream, code: "link-lost" });
      },
    });
    scripted.session.start();
    const onProgress = vi.fn();
    const target = { room: 1, nodeId: "ada" };
    const sending = sendFile(scripted.session, target, new File(["abc"], "a"), { onProgress });
    await expect(sending).rejects.toMatchObject({ code: "link-lost" });
    expect(onProgress).toHaveBeenCalledExactlyOnceWith(2, 3);
  });

  test("nobody hears of what was refused, and nothing has its number", async () => {
    const numbers: number[] = [];
    const scripted = start({
      open_file: (_ticket, stream) => {
        numbers.push(stream);
        throw { code: "would-block" };
      },
    });
    scripted.session.start();
    for (let tries = 0; tries < 2; tries += 1) {
      const target = { room: 1, nodeId: "ada" };
      const sending = sendFile(scripted.session, target, new File(["abc"], "a"), {});
      await expect(sending).rejects.toMatchObject({ code: "would-block" });
      expect(scripted.session.streams.size).toBe(0);
    }
    expect(numbers).toEqual([1, 2]);
  });
});

describe("what is over", () => {
  test("in one room ends its tickets and transfers, and no others", async () => {
    const { session } = start();
    const [here, there] = [vi.fn(), vi.fn()];
    session.streams.set(1, { scope: 1, failed: here });
    session.streams.set(2, { scope: 2, failed: there });
    const ticket = session.tickets.issue(1, () => {});
    const error = new PeerError("left");
    session.abandon(error, 1);
    await expect(ticket).rejects.toBe(error);
    expect(here).toHaveBeenCalledExactlyOnceWith(error);
    expect(there).not.toHaveBeenCalled();
    expect([...session.streams.keys()]).toEqual([2]);
  });

  test("may be refused by the core, but a fault of it is not hidden", () => {
    const { session } = start();
    const refuse = (code: string) => (): never => {
      throw { code };
    };
    expect(() => session.attempt(refuse("stream-unknown"))).not.toThrow();
    const trap = (): never => {
      throw new WebAssembly.RuntimeError("unreachable");
    };
    expect(() => session.attempt(trap)).toThrow(WebAssembly.RuntimeError);
  });
});

describe("reading a source", () => {
  const MIB = 1024 * 1024;

  /** A core that takes a file; each write waits until the test lets it go on. */
  function taking() {
    const chunks: Uint8Array[] = [];
    const tickets: number[] = [];
    const scripted = start({
      open_file: (ticket) => scripted.settled(ticket),
      write: (ticket, _stream, chunk) => {
        chunks.push(chunk);
        tickets.push(ticket);
      },
      finish: (ticket) => scripted.settled(ticket),
      cancel_stream: () => {},
    });
    scripted.session.start();
    return { ...scripted, chunks, next: () => scripted.settled(tickets.shift() ?? 0) };
  }

  test("runs one piece ahead of sending, and not further", async () => {
    const core = taking();
    let pulled = 0;
    const pull = (controller: ReadableStreamDefaultController<Uint8Array>): void => {
      pulled += 1;
      controller.enqueue(Uint8Array.of(pulled));
      if (pulled === 5) controller.close();
    };
    const stream = new ReadableStream<Uint8Array>({ pull }, { highWaterMark: 0 });
    const source = { name: "live", size: 5, stream };
    const sending = sendFile(core.session, { room: 1, nodeId: "ada" }, source, {});
    for (let sent = 1; sent <= 5; sent += 1) {
      await vi.waitFor(() => expect(core.chunks).toHaveLength(sent));
      await vi.waitFor(() => expect(pulled).toBe(Math.min(sent + 1, 5)));
      core.next();
    }
    expect(await sending).toMatchObject({ bytes: 5 });
    expect(core.chunks.map((chunk) => chunk[0])).toEqual([1, 2, 3, 4, 5]);
  });

  test("cuts a large piece into what the core takes, one after the other", async () => {
    const core = taking();
    const piece = new Uint8Array(2 * MIB + 7).map((_, index) => index % 253);
    const stream = new ReadableStream<Uint8Array>({
      start: (controller) => {
        controller.enqueue(piece);
        controller.close();
      },
    });
    const progress = vi.fn();
    const given = { name: "large", size: piece.length, stream };
    const options = { onProgress: progress, name: "other" };
    const sending = sendFile(core.session, { room: 1, nodeId: "ada" }, given, options);
    for (let sent = 1; sent <= 3; sent += 1) {
      await vi.waitFor(() => expect(core.chunks.length).toBe(sent));
      core.next();
    }
    expect(await sending).toEqual({ name: "other", mediaType: "", bytes: piece.length });
    expect(core.chunks.map((chunk) => chunk.length)).toEqual([MIB, MIB, 7]);
    expect(Buffer.concat(core.chunks).equals(piece)).toBe(true);
    // The last word is all of it, also where the core did not report the last bytes by themselves.
    expect(progress.mock.calls).toEqual([[piece.length, piece.length]]);
    expect(core.session.streams.size).toBe(0);
    expect(core.session.tickets.size).toBe(0);
  });

  test("that does not answer is given up by the signal of the transfer", async () => {
    const core = taking();
    const silent = new Blob(["x"]);
    const asked = vi.fn(() => new Promise<never>(() => {}));
    silent.slice = () => Object.assign(new Blob(), { arrayBuffer: asked });
    const enough = new AbortController();
    const { signal } = enough;
    const sending = sendFile(core.session, { room: 1, nodeId: "ada" }, silent, { signal });
    await vi.waitFor(() => expect(asked).toHaveBeenCalled());
    enough.abort("enough");
    await expect(sending).rejects.toMatchObject({ code: "aborted", cause: "enough" });
  });

  test("that fails ends the transfer with what failed, and tells the receiver", async () => {
    const told: unknown[] = [];
    const scripted = start({
      open_file: (ticket) => scripted.settled(ticket),
      cancel_stream: (stream, code) => {
        told.push([stream, code]);
        // As the core does, to whoever cancels as well.
        scripted.tell({ type: "stream-failed", stream, code });
      },
    });
    scripted.session.start();
    const broken = new Error("the disk is gone");
    const stream = new ReadableStream<Uint8Array>({
      pull: () => {
        throw broken;
      },
    });
    const given = { name: "broken", size: 5, stream };
    const sending = sendFile(scripted.session, { room: 1, nodeId: "ada" }, given, {});
    await expect(sending).rejects.toMatchObject({ code: "source-failed", cause: broken });
    expect(told).toEqual([[1, "aborted"]]);
    expect(scripted.session.streams.size).toBe(0);
  });
});

test("a session whose store cannot be closed gives its memory back all the same", async () => {
  const free = vi.fn();
  const wrong = new Error("it is closed already");
  const close = (): never => {
    throw wrong;
  };
  const { session, settled } = start({ free, close: (ticket) => settled(ticket) }, { close });
  session.start();
  await expect(session.close()).rejects.toBe(wrong);
  expect(free).toHaveBeenCalledOnce();
});
