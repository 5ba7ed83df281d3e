import { describe, expect, test, vi } from "vitest";
import { load } from "../src/low-level.js";
import { Peer } from "../src/peer.js";
import type { IncomingFile } from "../src/receive-file.js";
import type { Room } from "../src/room.js";
import { realModule } from "./real-module.js";
import { ScriptedCore } from "./scripted-core.js";

const MIB = 1024 * 1024;

async function joined(): Promise<{ core: ScriptedCore; room: Room }> {
  const core = new ScriptedCore();
  const joining = core.peer.join("lr1a");
  core.settle("join");
  const room = await joining;
  await core.spoken(room);
  return { core, room };
}

describe("sending a file", () => {
  test("hands over every byte in order and ends when the receiver has all", async () => {
    const { core, room } = await joined();
    const content = new Uint8Array(2 * MIB + 5).map((_, index) => index % 251);
    const progress = vi.fn();
    const file = new File([content], "a.bin", { type: "x/y" });
    const sending = room.sendFile("ada", file, { onProgress: progress });
    expect(core.named("open_file")[0]?.slice(2)).toEqual([
      2,
      1,
      "ada",
      "a.bin",
      "x/y",
      content.length,
    ]);
    core.settle("open_file");
    for (let count = 1; count <= 3; count += 1) {
      await core.asked("write", count);
      core.settle("write");
    }
    await core.asked("finish", 1);
    core.tell({ type: "drained", stream: 2, sent: content.length, acknowledged: content.length });
    core.settle("finish");
    expect(await sending).toEqual({ name: "a.bin", mediaType: "x/y", bytes: content.length });
    const written = core.named("write").map((call) => Buffer.from(call[3] as Uint8Array));
    expect(Buffer.concat(written).equals(content)).toBe(true);
    expect(progress).toHaveBeenCalledExactlyOnceWith(content.length, content.length);
  });

  test("from a stream cancels the source when declined", async () => {
    const { core, room } = await joined();
    const cancel = vi.fn();
    const stream = new ReadableStream<Uint8Array>({ cancel });
    const sending = room.sendFile("ada", { name: "live", size: 7, stream });
    expect(core.named("open_file")[0]?.slice(5)).toEqual(["live", "", 7]);
    core.settle("open_file", "rejected");
    await expect(sending).rejects.toMatchObject({ code: "rejected" });
    expect(cancel).toHaveBeenCalledOnce();
  });

  test("ends while the source is silent when the stream fails", async () => {
    const { core, room } = await joined();
    const source = { name: "live", size: 7, stream: new ReadableStream() };
    const sending = room.sendFile("ada", source);
    core.settle("open_file");
    await Promise.resolve();
    core.tell({ type: "stream-failed", stream: 2, code: "link-lost" });
    await expect(sending).rejects.toMatchObject({ code: "link-lost" });
    expect(core.named("cancel_stream")).toEqual([]);
  });

  test("is cancelled by its signal, with the far side told once", async () => {
    const { core, room } = await joined();
    const controller = new AbortController();
    const { signal } = controller;
    const sending = room.sendFile("ada", new Blob([new Uint8Array(10)]), { signal });
    core.settle("open_file");
    await core.asked("write", 1);
    controller.abort("enough");
    await expect(sending).rejects.toMatchObject({ code: "aborted", cause: "enough" });
    expect(core.named("cancel_stream")).toEqual([["cancel_stream", 2, "aborted"]]);
  });

  test("of another length than announced is an error, not a short file", async () => {
    const { core, room } = await joined();
    const stream = new Blob(["abc"]).stream();
    const sending = room.sendFile("ada", { name: "short", size: 4, stream });
    core.settle("open_file");
    await core.asked("write", 1);
    core.settle("write");
    await expect(sending).rejects.toMatchObject({ code: "invalid-argument" });
    expect(core.named("finish")).toEqual([]);
  });

  test.each([
    ["longer than announced", Uint8Array.of(1, 2, 3), /source.size is 2, but 3 bytes came/],
    ["of texts", "ab", /source.stream must be one of Uint8Arrays, but is a text/],
    ["of buffers", new ArrayBuffer(2), /source.stream must be one of Uint8Arrays/],
  ])("from a stream %s is an error that says so, and nothing is sent", async (_, piece, detail) => {
    const { core, room } = await joined();
    const stream = new ReadableStream({ start: (controller) => controller.enqueue(piece) });
    const sending = room.sendFile("ada", { name: "odd", size: 2, stream });
    core.settle("open_file");
    const error = { code: "invalid-argument", detail: expect.stringMatching(detail) };
    await expect(sending).rejects.toMatchObject(error);
    expect(core.named("write")).toEqual([]);
    expect(core.named("cancel_stream")).toEqual([["cancel_stream", 2, "aborted"]]);
  });

  test("that can be read no more says so, and keeps why", async () => {
    const { core, room } = await joined();
    const gone = new DOMException("It was changed.", "NotReadableError");
    class Changed extends Blob {
      override slice(): Blob {
        return Object.assign(new Blob(["x"]), { arrayBuffer: () => Promise.reject(gone) });
      }
    }
    const sending = room.sendFile("ada", new Changed(["abc"]));
    core.settle("open_file");
    await expect(sending).rejects.toMatchObject({ code: "source-failed", cause: gone });
    expect(core.named("cancel_stream")).toEqual([["cancel_stream", 2, "aborted"]]);
    const importing = core.peer.importGroup(new Changed(["abc"]));
    await expect(importing).rejects.toMatchObject({ code: "source-failed", cause: gone });
    expect(core.named("import_group")).toEqual([]);
  });

  test("from a stream is taken by the core as from a blob", async () => {
    const module = await load(realModule());
    const peer = new Peer(module, { signaling: ["ws://127.0.0.1:1/ws"] });
    const room = await peer.join(module.create_room_link([]), { wait: false });
    const blob = new Blob(["abc"]);
    for (const source of [blob, { name: "abc", size: 3, stream: blob.stream() }]) {
      // Nothing is wrong with either but that nobody of that name is there.
      const sending = room.sendFile(peer.nodeId, source);
      await expect(sending).rejects.toMatchObject({ code: "remote-unknown" });
    }
    await peer.close();
  });
});

describe("receiving a file", () => {
  async function offered(name = "a.txt"): Promise<{ core: ScriptedCore; file: IncomingFile }> {
    const { core, room } = await joined();
    const offer = { stream: 7, room: 1, node: "ada", mediaType: "text/plain", size: 6 };
    core.tell({ type: "file", ...offer, name });
    const [file] = room.offers;
    if (file === undefined) throw new Error("the offer is not listed");
    return { core, file };
  }

  test.each([
    ["../../etc/passwd", "passwd"],
    ["C:\\temp\\a.txt", "a.txt"],
    ["photo\u202egnp.exe", "photognp.exe"],
    ["..", "file"],
    ["", "file"],
  ])("cleans the name %j to %j", async (given, clean) => {
    expect((await offered(given)).file.name).toBe(clean);
  });

  test("as a blob grants what it has stored and reports progress", async () => {
    const { core, file } = await offered();
    const progress = vi.fn();
    const blob = file.blob({ onProgress: progress });
    core.fileData(7, new TextEncoder().encode("abc"));
    core.fileData(7, new TextEncoder().encode("def"));
    core.tell({ type: "file-end", stream: 7 });
    expect(await (await blob).text()).toBe("abcdef");
    expect((await blob).type).toBe("text/plain");
    expect(core.named("grant")).toEqual([
      ["grant", 7, 3],
      ["grant", 7, 3],
    ]);
    expect(progress.mock.calls).toEqual([
      [3, 6],
      [6, 6],
    ]);
  });

  test("goes on when a progress callback throws, and reports it", async () => {
    const { core, file } = await offered();
    vi.stubGlobal("reportError", vi.fn());
    const onProgress = (): never => {
      throw new Error("mine");
    };
    const blob = file.blob({ onProgress });
    core.fileData(7, new TextEncoder().encode("abcdef"));
    core.tell({ type: "file-end", stream: 7 });
    expect((await blob).size).toBe(6);
    expect(globalThis.reportError).toHaveBeenCalledOnce();
    vi.unstubAllGlobals();
  });

  test("as a stream grants only what its reader has taken", async () => {
    const { core, file } = await offered();
    const reader = file.accept().getReader();
    core.fileData(7, Uint8Array.of(1, 2));
    core.fileData(7, Uint8Array.of(3));
    await Promise.resolve();
    expect(core.named("grant")).toEqual([]);
    expect((await reader.read()).value).toEqual(Uint8Array.of(1, 2));
    await core.asked("grant", 1);
    expect(core.named("grant")).toEqual([["grant", 7, 2]]);
    expect((await reader.read()).value).toEqual(Uint8Array.of(3));
    core.tell({ type: "file-end", stream: 7 });
    expect((await reader.read()).done).toBe(true);
  });

  test("that was cancelled by its reader tells the sender", async () => {
    const { core, file } = await offered();
    await file.accept().cancel();
    expect(core.named("cancel_stream")).toEqual([["cancel_stream", 7, "aborted"]]);
  });

  test("declined or withdrawn is no longer on offer", async () => {
    const declined = await offered();
    declined.file.reject();
    declined.file.reject();
    expect(declined.core.named("cancel_stream")).toEqual([["cancel_stream", 7, "rejected"]]);
    const { core, file } = await offered();
    core.tell({ type: "stream-failed", stream: 7, code: "aborted" });
    expect(file.signal.reason).toMatchObject({ code: "aborted" });
    await expect(file.blob()).rejects.toMatchObject({ code: "aborted" });
    expect(core.named("accept_file")).toEqual([]);
  });

  test("twice is refused", async () => {
    const { file } = await offered();
    file.accept();
    await expect(file.blob()).rejects.toMatchObject({ code: "invalid-argument" });
  });
});
