const { createRoomLink, parseRoomLink } = require("lacis");

createRoomLink({ servers: ["wss://example.org/ws"] })
  .then(parseRoomLink)
  .then((read) => console.log(read.servers[0]));
