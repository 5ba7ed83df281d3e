// Files in a talk: what is kept, from whom it comes, and what deleting one takes away.
import { IDBFactory, IDBObjectStore } from "fake-indexeddb";
import { beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { FILE_TYPE, type FileNote, Files, filesOf, readFileNote } from "../../apps/chat/files.js";
import { type Line, type Talk, talkOf } from "../../apps/chat/model.js";
import { Blobs } from "../../apps/shared/blobs.js";
import { hashOf } from "../../apps/shared/hash.js";
import type { Space } from "../../apps/shared/space.js";
import { give, meet, twoAdmins } from "./members.js";

const BYTES_TYPE = "chat.bytes";
const SMALL = new File(["a small secret"], "small.txt", { type: "text/plain" });
const LARGE = new File([new Uint8Array(300_000).fill(7)], "film.bin");

beforeEach(() => void vi.stubGlobal("indexedDB", new IDBFactory()));

test.each([
  ["QuotaExceededError", "store-full"],
  ["UnknownError", "store-failed"],
  ["DataError", "store-failed"],
])("a file that fails with %s is told as %s, and to nobody else", async (name, code) => {
  const [ada] = await twoAdmins();
  const put = vi.spyOn(IDBObjectStore.prototype, "put").mockImplementationOnce(() => {
    throw new DOMException("no", name);
  });
  onTestFinished(() => put.mockRestore());
  await expect(filesOf(ada).post(LARGE)).rejects.toMatchObject({ code });
  expect(await ada.group.find({ type: FILE_TYPE })).toEqual([]);
});

const hashesAt = ({ me, id, signal }: Space): Promise<string[]> =>
  new Blobs(me.id, id, signal).hashes();

async function lineOf(talk: Talk, at = 0): Promise<Line> {
  await talk.load();
  const line = talk.lines.filter(({ file }) => file !== undefined)[at];
  if (line === undefined) throw new Error("there is no such file");
  return line;
}

describe("a file that is deleted", () => {
  test("takes its bytes along, everywhere", async () => {
    const [ada, bob] = await twoAdmins();
    await filesOf(ada).post(SMALL);
    await meet(ada, bob);
    expect(await bob.group.find({ type: BYTES_TYPE })).toHaveLength(1);
    await talkOf(ada).delete(await lineOf(talkOf(ada)));
    await meet(ada, bob);
    for (const { group } of [ada, bob]) {
      expect(await group.find({ type: BYTES_TYPE })).toEqual([]);
      expect(await group.find({ type: FILE_TYPE })).toEqual([]);
    }
  });

  test("leaves the bytes that another line still needs, of its author or of others", async () => {
    const [ada, bob] = await twoAdmins();
    for (let time = 0; time < 2; time += 1) await filesOf(ada).post(SMALL);
    await filesOf(bob).post(SMALL);
    await meet(ada, bob);
    const talk = talkOf(ada);
    const mine = (): number[] =>
      talk.lines.flatMap(({ author }, at) => (author === ada.me.id ? at : []));
    await talk.load();
    await talk.delete(talk.lines[mine()[0] as number] as Line);
    expect(await ada.group.find({ type: BYTES_TYPE })).toHaveLength(3);
    await talk.delete(talk.lines[mine()[0] as number] as Line);
    const left = await ada.group.find({ type: BYTES_TYPE });
    expect(left.map(({ creator }) => creator)).toEqual([bob.me.id]);
    const note = (await lineOf(talk)).file as FileNote;
    expect(await filesOf(ada).held(note)).toMatchObject({ size: SMALL.size });
  });

  test("goes from the disk of its author, and of whoever has saved it", async () => {
    const [ada, bob] = await twoAdmins();
    await filesOf(ada).post(LARGE);
    const [hash] = await hashesAt(ada);
    await new Blobs(bob.me.id, bob.id, bob.signal).set(hash as string, LARGE);
    await meet(ada, bob);
    filesOf(bob);
    await talkOf(ada).delete(await lineOf(talkOf(ada)));
    await meet(ada, bob);
    for (const space of [ada, bob]) {
      await vi.waitFor(async () => expect(await hashesAt(space)).toEqual([]));
    }
  });

  test("goes from the disk also where nobody looked when it was deleted", async () => {
    const [ada, bob] = await twoAdmins();
    for (const file of [LARGE, new File([LARGE, "more"], "other.bin")]) {
      await filesOf(ada).post(file);
      await new Blobs(bob.me.id, bob.id, bob.signal).set(await hashOf(file), file);
    }
    await talkOf(ada).delete(await lineOf(talkOf(ada)));
    await meet(ada, bob);
    filesOf(bob);
    await vi.waitFor(async () => expect(await hashesAt(bob)).toHaveLength(1));
    expect(await hashesAt(bob)).toEqual(await hashesAt(ada));
  });
});

/** A room in which these nodes are linked; `answer` is what they say when they are asked. */
function roomOf(ids: readonly string[], answer: (nodeId: string) => Promise<string>) {
  const remotes = new Map(ids.map((id) => [id, { id, connected: true }]));
  const request = vi.fn(async (nodeId: string) => {
    const text = await answer(nodeId);
    return { text: () => text };
  });
  return Object.assign(new EventTarget(), { remotes, request, respond: () => () => {} });
}

/** Offers a file as a node of the room, and says what becomes of it. */
function offer(room: EventTarget, nodeId: string, name: string, content: Blob) {
  const made = { name, size: content.size, from: { id: nodeId } };
  const detail = { ...made, accept: vi.fn(() => content.stream()), reject: vi.fn() };
  room.dispatchEvent(new CustomEvent("file", { detail }));
  return detail;
}

describe("a file of others", () => {
  async function withRoom(ids: readonly string[], answer: (nodeId: string) => Promise<string>) {
    const [ada] = await twoAdmins();
    const room = roomOf(ids, answer);
    Object.defineProperty(ada, "room", { value: room });
    const hash = await hashOf(LARGE);
    const note = readFileNote({ name: "film.bin", size: LARGE.size, mediaType: "a/b", hash });
    const files = new Files(ada);
    const { signal } = new AbortController();
    const fetch = () => files.fetch(note as FileNote, () => {}, signal);
    return { ada, room, hash, note: note as FileNote, files, fetch };
  }

  test("is taken from whom it was asked of, and of nobody else", async () => {
    const offers: ReturnType<typeof offer>[] = [];
    const { room, hash, fetch } = await withRoom(["bert"], async (nodeId) => {
      offers.push(offer(room, "mallory", hash, new Blob(["something else"])));
      offers.push(offer(room, nodeId, hash, LARGE));
      offers.push(offer(room, nodeId, hash, LARGE));
      return "coming";
    });
    expect(await fetch()).toMatchObject({ size: LARGE.size });
    expect(offers.map(({ reject }) => reject.mock.calls.length)).toEqual([1, 0, 1]);
  });

  test("comes once for two who want it at the same time", async () => {
    const { room, hash, fetch } = await withRoom(["bert"], async (nodeId) => {
      offer(room, nodeId, hash, LARGE);
      return "coming";
    });
    const both = await Promise.all([fetch(), fetch()]);
    expect(both.map(({ size }) => size)).toEqual([LARGE.size, LARGE.size]);
    expect(room.request).toHaveBeenCalledTimes(1);
  });

  test("is found among records that only say that they are it", async () => {
    const { ada, note, files } = await withRoom([], () => Promise.resolve("none"));
    const hash = await hashOf(SMALL);
    const right = new Uint8Array(await SMALL.arrayBuffer());
    for (const data of [new Uint8Array(3), right.map(() => 1), right]) {
      await ada.group.add({ type: BYTES_TYPE, data, attributes: { hash } });
    }
    const found = await files.held({ ...note, hash, size: SMALL.size });
    expect(found && new Uint8Array(await found.arrayBuffer())).toEqual(right);
  });

  test("is declined where it is offered to somebody who has just given up", async () => {
    const ending = new AbortController();
    const offers: ReturnType<typeof offer>[] = [];
    const { room, hash, note, files } = await withRoom(["bert"], async (nodeId) => {
      offers.push(offer(room, nodeId, hash, LARGE));
      ending.abort();
      throw new Error("given up");
    });
    await expect(files.fetch(note, () => {}, ending.signal)).rejects.toThrow("given up");
    await vi.waitFor(() => expect(offers[0]?.reject).toHaveBeenCalledTimes(1));
    expect(offers[0]?.accept).not.toHaveBeenCalled();
  });

  test("is asked for again when whoever asked first has given up", async () => {
    let asked = 0;
    const { room, hash, note, files, fetch } = await withRoom(["bert"], async (nodeId) => {
      asked += 1;
      if (asked > 1) offer(room, nodeId, hash, LARGE);
      return "coming";
    });
    const ending = new AbortController();
    const first = files.fetch(note, () => {}, ending.signal);
    const second = fetch();
    await vi.waitFor(() => expect(asked).toBe(1));
    ending.abort();
    await expect(first).rejects.toMatchObject({ code: "aborted" });
    expect(await second).toMatchObject({ size: LARGE.size });
  });
});

test("what is deleted here is not in the way of whoever shares it", async () => {
  const [ada, bob] = await twoAdmins();
  await filesOf(ada).post(LARGE);
  await give(ada, bob);
  // Another identity of the same browser has disks of its own.
  expect(await hashesAt(bob)).toEqual([]);
});
