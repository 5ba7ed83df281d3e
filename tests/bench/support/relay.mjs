// The simplest signaling there can be: everybody in a room hears who is there on arrival, and a
// message is passed on to the one it names.
import { createRequire } from "node:module";

const require = createRequire(new URL("../../../www/package.json", import.meta.url));
// The browser drivers bring it along.
const { WebSocketServer } = createRequire(require.resolve("puppeteer-core"))("ws");

/** Starts the relay on a free port; gives its address and how to end it. */
export async function startRelay() {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
  await new Promise((resolve) => server.once("listening", resolve));
  const rooms = new Map();
  let last = 0;
  server.on("connection", (socket, request) => {
    const room = rooms.get(request.url) ?? new Map();
    rooms.set(request.url, room);
    last += 1;
    const id = last;
    socket.send(JSON.stringify({ roster: [...room.keys()] }));
    room.set(id, socket);
    socket.on("message", (text) => {
      const { to, ...message } = JSON.parse(text);
      room.get(to)?.send(JSON.stringify({ from: id, ...message }));
    });
    socket.on("close", () => {
      room.delete(id);
      if (room.size === 0) rooms.delete(request.url);
    });
  });
  return {
    url: `ws://127.0.0.1:${server.address().port}`,
    close: () => {
      for (const client of server.clients) client.terminate();
      server.close();
    },
  };
}
