// One page of a measurement. Both variants offer the same steps, so that the driver treats them
// alike: enter a room, be linked, send small messages back and forth, send many bytes.
import { initMs, Ours } from "./ours.js";
import { Raw } from "./raw.js";

const variants = { ours: Ours, raw: Raw };
/** Open ends by name: a page can hold one of each variant. */
const open = new Map();

/** A clock that the pages of one machine share. */
const now = () => performance.timeOrigin + performance.now();

globalThis.bench = {
  initMs,
  now,

  createLink: () => Ours.createLink(),

  /** Enters a room as the only one in it; resolves when others can find this page. */
  async enter(variant, place) {
    const end = new variants[variant](place);
    open.set(variant, end);
    await end.enter();
  },

  /**
   * Enters a room where somebody is. Gives the moment of the first step; the first message leaves
   * as soon as it can.
   */
  join(variant, place) {
    const startedAt = now();
    const end = new variants[variant](place);
    open.set(variant, end);
    end.whenLinked(1).then(() => end.send(new Uint8Array(64)));
    end.enter();
    return startedAt;
  },

  /** The moment when the first message came. */
  async firstMessage(variant) {
    const end = open.get(variant);
    await end.received(1);
    return end.firstAt;
  },

  /** Enters and waits for links to `count` others. */
  async gather(variant, place, count) {
    const end = new variants[variant](place);
    open.set(variant, end);
    const linked = end.whenLinked(count);
    end.enter();
    await linked;
  },

  linked: (variant) => open.get(variant).whenLinked(1),

  /** Sends back what comes, until the next step. */
  echo(variant) {
    const end = open.get(variant);
    end.onMessage = (data) => end.send(data);
  },

  /** So many round trips one after the other; gives the mean in milliseconds. */
  roundTrips(variant, count) {
    const end = open.get(variant);
    const message = new Uint8Array(64);
    return new Promise((resolve) => {
      let left = count;
      const start = performance.now();
      end.onMessage = () => {
        left -= 1;
        if (left > 0) end.send(message);
        else resolve((performance.now() - start) / count);
      };
      end.send(message);
    });
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
  receive(variant) {
    const end = open.get(variant);
    bench.arrived = end.receive();
  },

  receivedHash: async () => digest(await bench.arrived),

  /** Sends the prepared bytes; gives the milliseconds until the receiver has confirmed them. */
  async transfer(variant, messageBytes) {
    const end = open.get(variant);
    const start = performance.now();
    await end.transfer(bench.blob, messageBytes);
    return performance.now() - start;
  },

  async leave(variant) {
    const end = open.get(variant);
    open.delete(variant);
    await end?.close();
  },
};

async function digest(chunks) {
  const bytes = await new Blob(chunks).arrayBuffer();
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

globalThis.isReady = true;
dispatchEvent(new Event("ready"));
