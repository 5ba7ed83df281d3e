// One page of a measurement of groups. It keeps its identity by number, so that a reload finds what
// was stored.

/** The memory of the module, to be weighed. */
let memory;
const { instantiateStreaming } = WebAssembly;
WebAssembly.instantiateStreaming = async (...words) => {
  const result = await instantiateStreaming.apply(WebAssembly, words);
  memory = result.instance.exports.memory;
  return result;
};

/** The connections of the page, to count what travels. */
const connections = [];
const carried = new Map();
const Native = RTCPeerConnection;
globalThis.RTCPeerConnection = class extends Native {
  constructor(...words) {
    super(...words);
    connections.push(this);
  }
};

const { createPeer, init, parseCard } = await import("./lacis/dist/index.js");

const BODY = "x".repeat(300);
/** Records that are being stored at once. */
const AT_ONCE = 500;

let peer;
let group;

globalThis.graph = {
  async start(number, signaling) {
    const identity = new Uint8Array(32).fill(number);
    peer = await createPeer({ identity, store: `bench-${number}`, signaling: [signaling] });
    return peer.id;
  },

  async found() {
    group = await peer.createGroup({ name: "Bench", connect: false });
    return group.id;
  },

  invite: (id) => group.invite({ for: id }),

  async join(invitation) {
    group = await peer.joinGroup(invitation, { connect: false });
  },

  connect: () => group.connect(),

  disconnect: () => group.disconnect(),

  /** Adds records; milliseconds until all of them are stored. */
  async add(count) {
    const start = performance.now();
    for (let done = 0; done < count; done += AT_ONCE) {
      const some = Math.min(AT_ONCE, count - done);
      const add = (_, at) => group.add({ type: "note", data: `${done + at} ${BODY}` });
      await Promise.all(Array.from({ length: some }, add));
    }
    return performance.now() - start;
  },

  count: async () => (await group.find({ type: "note" })).length,

  /** Connects; milliseconds until so many more records are here. */
  async receive(count) {
    let missing = count;
    const all = new Promise((resolve) => {
      group.addEventListener("record", () => {
        missing -= 1;
        if (missing === 0) resolve();
      });
    });
    const start = performance.now();
    await group.connect();
    await all;
    return performance.now() - start;
  },

  /** Opens what is stored; milliseconds since the page began to load. */
  async open(id) {
    group = await peer.openGroup(id, { connect: false });
    return performance.now();
  },

  /** Bytes of memory of the module and of the page. */
  async heap() {
    globalThis.gc?.();
    return memory.buffer.byteLength + (performance.memory?.usedJSHeapSize ?? 0);
  },

  /** Bytes that the data channels have carried since the last call, in both directions. */
  async carried() {
    let bytes = 0;
    for (const connection of connections) {
      let now = 0;
      for (const entry of (await connection.getStats()).values()) {
        if (entry.type === "data-channel") now += entry.bytesSent + entry.bytesReceived;
      }
      // One that is closed has nothing to say any more.
      bytes += Math.max(0, now - (carried.get(connection) ?? 0));
      carried.set(connection, now);
    }
    return bytes;
  },

  /** Signatures verified a second, by reading a card. */
  async verifies(card) {
    await init();
    const start = performance.now();
    let count = 0;
    while (performance.now() - start < 1_000) {
      await Promise.all(Array.from({ length: 32 }, () => parseCard(card)));
      count += 32;
    }
    return (count * 1_000) / (performance.now() - start);
  },
};

globalThis.isReady = true;
dispatchEvent(new Event("ready"));
