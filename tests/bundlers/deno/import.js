import { createRoomLink, init, parseRoomLink } from "lacis";

await init();
console.log(parseRoomLink(createRoomLink(["wss://example.org/ws"])).servers[0]);
