import { createRoomLink, init, parseRoomLink } from "lacis";

test("the module loads by itself", async () => {
  await init();
  const link = await createRoomLink({ servers: ["wss://example.org/ws"] });
  expect((await parseRoomLink(link)).servers).toEqual(["wss://example.org/ws"]);
});
