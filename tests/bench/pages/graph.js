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

  createDataChannel(...words) {
    const channel = super.createDataChannel(...words);
    channel.addEventListener("message", ({ data }) => note("in", data));
    return channel;
  }
};

/** What was said about groups since that was asked for last. */
let said = [];
const { send } = RTCDataChannel.prototype;
RTCDataChannel.prototype.send = function (data) {
  note("out", data);
  send.call(this, data);
};

/** Notes a `LinkFrame::Group`: `[13, [tag of 16 bytes, more, [kind, ..] as bytes]]`. */
function note(way, data) {
  const bytes = data instanceof ArrayBuffer ? new Uint8Array(data) : data;
  if (bytes[0] !== 0x82 || bytes[1] !== 13 || bytes[3] !== 0x50) return;
  const head = 21 + ({ 88: 2, 89: 3, 90: 5 }[bytes[21]] ?? 1);
  said.push({ way, kind: bytes[head + 1], bytes: bytes.length, inside: bytes.length - head });
}

const { createPeer } = await import("./lacis/dist/index.js");

const BODY = "x".repeat(300);
/** Records that are being stored at once. */
const AT_ONCE = 500;
/** The large group holds more records of one member than groups do that say nothing. */
const BUDGET = { records: 131_072 };
const DAY_MS = 86_400_000;
/** Days from now on which records end, in no order. */
const endOf = (at) => new Date(Date.now() + (30 + ((at * 7_919) % 3_000)) * DAY_MS);

/** The longest that the page was busy without a pause, in milliseconds. */
let longestTask = 0;
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) longestTask = Math.max(longestTask, duration);
}).observe({ type: "longtask" });

let peer;
let group;

globalThis.graph = {
  async start(number, signaling) {
    const identity = new Uint8Array(32).fill(number);
    peer = await createPeer({ identity, store: `bench-${number}`, signaling: [signaling] });
    return peer.id;
  },

  async found() {
    group = await peer.createGroup({ name: "Bench", connect: false, budget: BUDGET });
    return group.id;
  },

  invite: (id) => group.invite({ for: id }),

  async join(invitation) {
    group = await peer.joinGroup(invitation, { connect: false });
  },

  connect: () => group.connect(),

  disconnect: () => group.disconnect(),

  /** Adds records, perhaps with ends of their own; milliseconds until all of them are stored. */
  async add(count, ends = false) {
    const start = performance.now();
    for (let done = 0; done < count; done += AT_ONCE) {
      const some = Math.min(AT_ONCE, count - done);
      const add = (_, at) => {
        const expires = ends ? endOf(done + at) : undefined;
        return group.add({ type: "note", data: `${done + at} ${BODY}`, expires });
      };
      await Promise.all(Array.from({ length: some }, add));
    }
    return performance.now() - start;
  },

  count: async () => (await group.find({ type: "note" })).length,

  /** Connects; milliseconds until so many more records are here, and the longest task. */
  async receive(count) {
    let missing = count;
    const all = new Promise((resolve) => {
      group.addEventListener("record", () => {
        missing -= 1;
        if (missing === 0) resolve();
      });
    });
    // What came before is told of first.
    await new Promise((resolve) => setTimeout(resolve, 100));
    longestTask = 0;
    const start = performance.now();
    await group.connect();
    await all;
    const ms = performance.now() - start;
    await new Promise((resolve) => setTimeout(resolve, 100));
    return { ms, longestTask };
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

  /** What was said about groups since the last call, once nothing more is likely to follow. */
  async said() {
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const all = said;
    said = [];
    return all;
  },

  /** Signatures of records verified a second, of several authors, in one of the ways there are. */
  async verifies(how, authors) {
    const { default: initVerify, Signed } = await import("./verify.js");
    await initVerify();
    const count = 1_024;
    const signed = new Signed(count, authors);
    let best = 0;
    // The first turns are for the compiler.
    for (let turn = 0; turn < 8; turn += 1) {
      const start = performance.now();
      if (signed[how]() !== count) throw new Error("a signature is not verified");
      best = Math.max(best, (count * 1_000) / (performance.now() - start));
    }
    return best;
  },
};

globalThis.isReady = true;
dispatchEvent(new Event("ready"));
