import { createRoomLink, parseRoomLink } from "lacis";

const link = await createRoomLink({ servers: ["wss://example.org/ws"] });
console.log((await parseRoomLink(link)).servers[0]);
