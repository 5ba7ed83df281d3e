const { createRoomLink, init, parseRoomLink } = require("lacis");

init().then(() => {
  console.log(parseRoomLink(createRoomLink(["wss://example.org/ws"])).servers[0]);
});
