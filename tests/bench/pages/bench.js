// One page of a measurement. Both variants offer the same steps, so that the driver treats them
// alike: enter a room, be linked, send small messages back and forth, send many bytes.
//
// `?ours` makes it a page of the package, `?raw` one of the yardstick.
const [variant] = new URLSearchParams(location.search).keys();
// A page of the yardstick loads nothing of the package.
const page = variant === "ours" ? await import("./ours.js") : await import("./raw.js");
const Variant = page.Ours ?? page.Raw;
/** The open end, if there is one. */
let end;

/** Every message that leaves on a data channel of this page. */
let sends = 0;

/** What is seen of a large room. */
const crowd = { ages: [], connectionsMax: 0, watch: undefined, isCounted: false };

/** Counts connections when there are more than before: asking the package takes milliseconds. */
function watchConnections() {
  globalThis.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...given) {
      super(...given);
      crowd.isCounted = false;
    }
  };
  crowd.watch = setInterval(() => {
    if (crowd.isCounted) return;
    crowd.isCounted = true;
    crowd.connectionsMax = Math.max(crowd.connectionsMax, end.connections);
  }, 50);
}

/** A clock that the pages of one machine share. */
const now = () => performance.timeOrigin + performance.now();

globalThis.bench = {
  initMs: page.initMs,

  createLink: () => page.createLink(),

  /** Enters a room as the only one in it; resolves when others can find this page. */
  async enter(place) {
    end = new Variant(place);
    await end.enter();
  },

  /**
   * Enters a room where somebody is. Gives the moment of the first step; the first message leaves
   * as soon as it can.
   */
  join(place) {
    const startedAt = now();
    end = new Variant(place);
    end.whenLinked(1).then(() => end.send(new Uint8Array(64)));
    end.enter();
    return startedAt;
  },

  /** The moment when the first message came. */
  async firstMessage() {
    await end.received(1);
    return end.firstAt;
  },

  /** Enters and waits for links to `count` others. */
  async gather({ place, count }) {
    end = new Variant(place);
    const linked = end.whenLinked(count);
    end.enter();
    await linked;
  },

  /** Enters, and is in when it can be offered to; gives the name by which it can. */
  async enterCrowd(place) {
    end = new Variant({ ...place, waits: true });
    watchConnections();
    await end.enter();
    return end.id;
  },

  /** Waits until all others are reached; `ids` are those to whom it is for this page to offer. */
  async meet({ ids, count }) {
    end.offerTo?.(ids);
    await end.whenLinked(count);
  },

  /** From now on the age of what comes is noted, in milliseconds. */
  hear() {
    crowd.ages = [];
    end.onMessage = (data) => {
      crowd.ages.push(now() - new DataView(data.slice().buffer).getFloat64(0));
    };
  },

  /** Tells everybody the time, so many times. */
  async tellTime({ times, everyMs }) {
    for (let time = 0; time < times; time += 1) {
      if (time > 0) await new Promise((resolve) => setTimeout(resolve, everyMs));
      const message = new Uint8Array(64);
      new DataView(message.buffer).setFloat64(0, now());
      end.broadcast(message);
    }
  },

  /** The ages of so many that came. */
  async heard(count) {
    await end.received(count);
    return crowd.ages;
  },

  connections: () => ({ now: end.connections, most: crowd.connectionsMax }),

  linked: () => end.whenLinked(1),

  /** Sends back what comes, until the next step. */
  echo() {
    end.onMessage = (data) => end.send(data);
  },

  /** So many round trips one after the other; gives the moments between them. */
  roundTrips(count) {
    const message = new Uint8Array(64);
    const moments = [performance.now()];
    return new Promise((resolve) => {
      end.onMessage = () => {
        moments.push(performance.now());
        if (moments.length <= count) end.send(message);
        else resolve(moments);
      };
      end.send(message);
    });
  },

  /** Counts from now on what this page sends on data channels. */
  countSends() {
    const { send } = RTCDataChannel.prototype;
    RTCDataChannel.prototype.send = function (data) {
      // Signs of life go on whatever is said.
      if (!page.isSignOfLife?.(data)) sends += 1;
      return send.call(this, data);
    };
  },

  sends: () => sends,

  /** Tells everybody in the room something, so many times. */
  async broadcast({ times, everyMs }) {
    for (let time = 0; time < times; time += 1) {
      if (time > 0) await new Promise((resolve) => setTimeout(resolve, everyMs));
      end.broadcast(new Uint8Array(64));
    }
  },

  /** Prepares the bytes of a transfer; gives their hash. */
  async prepare(length) {
    const words = new Uint32Array(length / 4);
    let state = 1;
    for (let index = 0; index < words.length; index += 1) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      words[index] = state;
    }
    bench.bytes = new Uint8Array(words.buffer);
    bench.blob = new Blob([bench.bytes]);
    return digest([bench.bytes]);
  },

  /** Receives one transfer and gives the hash of what came. */
  receive() {
    bench.arrived = end.receive();
  },

  receivedHash: async () => digest(await bench.arrived),

  /** Sends the prepared bytes; gives the milliseconds until the receiver has confirmed them. */
  async transfer(messageBytes) {
    const start = performance.now();
    await end.transfer(bench.blob, messageBytes);
    return performance.now() - start;
  },

  async leave() {
    await end?.close();
    end = undefined;
  },
};

async function digest(chunks) {
  const bytes = await new Blob(chunks).arrayBuffer();
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

globalThis.isReady = true;
dispatchEvent(new Event("ready"));
