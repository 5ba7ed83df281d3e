// Any web server: files of a folder, and one address handed on to the signaling server, as
// docs/operating.md has it for proxies. `lacis-signaling --pages` allows no scripts in pages, which
// import maps and pages of one file have.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { connect } from "node:net";
import { extname, join, normalize } from "node:path";

const TYPES = { ".html": "text/html", ".js": "text/javascript", ".wasm": "application/wasm" };

/** Serves the folder until `close`. */
export async function serveFiles(folder, signaling) {
  const server = createServer(({ url }, response) => {
    const path = normalize(url === "/" ? "/index.html" : url);
    try {
      const body = readFileSync(join(folder, path));
      response.writeHead(200, { "content-type": TYPES[extname(path)] ?? "text/plain" }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  const sockets = new Set();
  server.on("upgrade", (request, socket, head) => {
    const { hostname, port } = new URL(signaling.url);
    const onward = connect({ host: hostname, port });
    const headers = Object.entries(request.headers).map(([name, value]) => `${name}: ${value}\r\n`);
    onward.write(`GET ${request.url} HTTP/1.1\r\n${headers.join("")}\r\n`);
    onward.write(head);
    for (const end of [socket, onward]) {
      sockets.add(end);
      // Either end takes the other one along.
      end.on("error", () => {}).on("close", () => (end === socket ? onward : socket).destroy());
    }
    socket.pipe(onward).pipe(socket);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
