// The package under measurement, used as an application would.

import { End } from "./end.js";
import { createPeer, createRoomLink, init } from "./lacis/dist/index.js";

export const createLink = () => createRoomLink();

const start = performance.now();
await init();
/** How long the page took to fetch and start the Wasm module. */
export const initMs = performance.now() - start;

/** A ping or its answer: a frame of that kind, as the protocol writes it. */
export const isSignOfLife = (data) => data[0] === 0x82 && (data[1] === 2 || data[1] === 3);

export class Ours extends End {
  #place;
  #peer;
  #room;
  #other;

  constructor(place) {
    super();
    this.#place = place;
  }

  async enter() {
    this.#peer = await createPeer({ signaling: [this.#place.server] });
    this.#room = await this.#peer.join(this.#place.link, { wait: false });
    const count = () => {
      const linked = [...this.#room.remotes.values()].filter((member) => member.connected);
      this.#other = linked[0]?.id;
      this.setLinked(linked.length);
    };
    for (const type of ["remotejoin", "remotechange", "remoteleave"]) {
      this.#room.addEventListener(type, count);
    }
    this.#room.addEventListener("message", ({ detail }) => this.take(detail.data));
    count();
    await this.#room.ready();
  }

  get connections() {
    return this.#peer.diagnose().connections;
  }

  send(data) {
    this.#room.send(this.#other, "bench", data);
  }

  broadcast(data) {
    this.#room.broadcast("bench", data);
  }

  transfer(blob) {
    return this.#room.sendFile(this.#other, blob, { name: "bench" });
  }

  async receive() {
    const file = await new Promise((resolve) => {
      this.#room.addEventListener("file", ({ detail }) => resolve(detail), { once: true });
    });
    const chunks = [];
    for await (const chunk of file.accept()) chunks.push(chunk);
    return chunks;
  }

  close() {
    return this.#peer.close();
  }
}
