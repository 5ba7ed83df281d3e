// Files that may be larger than memory are hashed and gathered a piece at a time.
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { FILE_MAX, gathered } from "../../apps/chat/files.js";
import { hashOf, PIECE_BYTES, Pieces } from "../../apps/shared/hash.js";

const bytesOf = (length: number) => new Uint8Array(length).map((_, index) => (index * 7) % 251);

/** Bytes as they may come: in chunks of any size. */
function chunks(bytes: Uint8Array): Uint8Array[] {
  const all: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 1 + Math.floor(Math.random() * PIECE_BYTES * 1.5);
    all.push(bytes.subarray(at, end));
    at = end;
  }
  return all;
}

const streamOf = (all: readonly Uint8Array[]): ReadableStream<Uint8Array> =>
  new ReadableStream({
    start: (controller) => {
      for (const chunk of all) controller.enqueue(chunk);
      controller.close();
    },
  });

describe("a file in pieces", () => {
  test.each([0, 1, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES + 5])(
    "of %i bytes has one hash, however it came",
    async (length) => {
      const bytes = bytesOf(length);
      const pieces = new Pieces();
      for (const chunk of chunks(bytes)) await pieces.add(chunk);
      const { hash, blob } = await pieces.finish("x/y");
      expect(hash).toBe(await hashOf(new Blob([bytes])));
      expect(Buffer.from(await blob.arrayBuffer()).equals(bytes)).toBe(true);
    },
  );

  test("has another hash if one bit differs", async () => {
    const bytes = bytesOf(2 * PIECE_BYTES);
    const before = await hashOf(new Blob([bytes]));
    bytes[PIECE_BYTES + 3] = 99;
    expect(await hashOf(new Blob([bytes]))).not.toBe(before);
  });
});

describe("what is fetched", () => {
  const bytes = bytesOf(2 * PIECE_BYTES + 9);
  const note = async (change = {}) => ({
    ...{ name: "a", size: bytes.length, mediaType: "x/y", preview: undefined },
    ...{ hash: await hashOf(new Blob([bytes])), ...change },
  });
  const take = async (given: object, from = streamOf(chunks(bytes))) =>
    gathered(from, await note(given), () => {}, new AbortController().signal);

  test("is what was told", async () => expect((await take({})).size).toBe(bytes.length));

  test("is refused if it is something else", async () => {
    await expect(take({ hash: "0".repeat(64) })).rejects.toMatchObject({ code: "protocol" });
  });

  test("ends where it was told to end, although more comes", async () => {
    let given = 0;
    const pull = (controller: ReadableStreamDefaultController<Uint8Array>): void => {
      given += 1;
      controller.enqueue(bytes);
    };
    const endless = new ReadableStream({ pull }, { highWaterMark: 0 });
    await expect(take({}, endless)).rejects.toMatchObject({ code: "protocol" });
    expect(given).toBe(2);
  });

  test("is given up where it stands still, so that another is asked", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    onTestFinished(() => void vi.useRealTimers());
    const silent = new ReadableStream<Uint8Array>();
    const told = await note();
    const taking = gathered(silent, told, () => {}, new AbortController().signal);
    const refused = expect(taking).rejects.toMatchObject({ code: "timeout" });
    vi.advanceTimersByTime(20_000);
    await refused;
    expect(vi.getTimerCount()).toBe(0);
  });

  test("stops when it is not wanted any more", async () => {
    const abort = new AbortController();
    const silent = new ReadableStream<Uint8Array>();
    const taking = gathered(silent, await note(), () => {}, abort.signal);
    abort.abort();
    await expect(taking).rejects.toMatchObject({ code: "aborted" });
    expect(FILE_MAX).toBeLessThan(2 ** 30);
  });
});
