// What a browser cannot keep is told as that, whatever the browser calls it.
import { set } from "idb-keyval";
import { expect, test, vi } from "vitest";
import { Files } from "../../apps/chat/files.js";
import type { Space } from "../../apps/shared/space.js";

vi.mock("idb-keyval");

const space = { id: "a", room: undefined, group: { add: vi.fn() } } as unknown as Space;

test.each([
  ["QuotaExceededError", "store-full"],
  ["UnknownError", "store-failed"],
  ["DataError", "store-failed"],
])("a file that fails with %s is told as %s, and to nobody else", async (name, code) => {
  vi.mocked(set).mockRejectedValueOnce(new DOMException("no", name));
  const file = new File([new Uint8Array(300_000)], "film.bin");
  await expect(new Files(space).post(file)).rejects.toMatchObject({ code });
  expect(space.group.add).not.toHaveBeenCalled();
});
