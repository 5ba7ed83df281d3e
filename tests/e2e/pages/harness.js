// What a test finds in its page: the package as `lacis`, and `t`, which keeps what happened and
// waits for what a test expects.
import * as lacis from "./lacis/dist/index.js";

const t = {
  peer: undefined,
  room: undefined,
  /** Everything the peer and the room told, in order: { at, type, detail }. */
  events: [],
  /** Received messages as plain objects. */
  messages: [],
  waiting: new Set(),

  /** Starts the peer and joins; the first room is `t.room`. */
  async join(link, { peer: peerOptions, join: joinOptions } = {}) {
    t.peer ??= await t.start(peerOptions);
    t.room = t.watchRoom(await t.peer.join(link, joinOptions));
    return t.room;
  },

  async start(options) {
    const peer = await lacis.createPeer(options);
    for (const type of ["statechange", "server", "warning"]) {
      peer.addEventListener(type, ({ detail }) => t.note(`peer-${type}`, detail));
    }
    return peer;
  },

  watchRoom(room) {
    for (const type of ["statechange", "remotejoin", "remotechange"]) {
      room.addEventListener(type, ({ detail }) => t.note(type, plain(detail)));
    }
    room.addEventListener("remoteleave", ({ detail }) => {
      t.note("remoteleave", { id: detail.remote.id, code: detail.code });
    });
    room.addEventListener("connectfailed", ({ detail }) => {
      t.note("connectfailed", { id: detail.nodeId, code: detail.error.code });
    });
    room.addEventListener("message", ({ detail }) => {
      const { label, kind, data } = detail;
      const text = data.byteLength <= 4096 ? detail.text() : "";
      t.messages.push({ from: detail.from.id, label, kind, text, bytes: data.byteLength });
      t.wake();
    });
    room.addEventListener("file", ({ detail }) => t.note("file", detail));
    // The members who were there before anybody listened.
    for (const member of room.remotes.values()) t.note("remotejoin", plain(member));
    t.wake();
    return room;
  },

  note(type, detail) {
    t.events.push({ at: performance.now(), type, detail });
    t.wake();
  },

  wake() {
    for (const check of [...t.waiting]) check();
  },

  /**
   * Waits until `condition` gives something; it is asked after each event. `what` says, or tells at
   * the end, what is missing.
   */
  until(condition, what, ms = 15_000) {
    return new Promise((resolve, reject) => {
      const check = () => {
        const value = condition();
        if (!value) return;
        clearTimeout(timer);
        t.waiting.delete(check);
        resolve(value);
      };
      const timer = setTimeout(() => {
        t.waiting.delete(check);
        const missing = typeof what === "function" ? what() : what;
        reject(new Error(`after ${ms} ms still waiting for ${missing}`));
      }, ms);
      t.waiting.add(check);
      check();
    });
  },

  /** Waits for an event that was not used yet, from `from` on. */
  event(type, { where = () => true, from = 0, ms } = {}) {
    const find = () => t.events.slice(from).find((e) => e.type === type && where(e.detail));
    return t.until(find, `the event ${type}`, ms);
  },

  /** Waits until so many members are connected, and gives their ids. */
  linked(count = 1, ms) {
    const ids = () => [...t.room.remotes.values()].filter((m) => m.connected).map((m) => m.id);
    return t.until(() => ids().length === count && ids(), `${count} linked members`, ms);
  },

  /** Waits for a message with this text. */
  got(text, ms) {
    return t.until(() => t.messages.find((m) => m.text === text), `the message ${text}`, ms);
  },

  /** The code and the sentence that a promise fails with; `none` when it does not. */
  async failure(act) {
    try {
      await act();
      return { code: "none" };
    } catch (error) {
      const { name, code, retryable, message, detail } = error;
      return { name, code, retryable, message, detail, cause: String(error.cause ?? "") };
    }
  },

  /** What to keep when a test has failed. */
  report() {
    let diagnosis;
    try {
      diagnosis = t.peer?.diagnose();
    } catch (error) {
      diagnosis = String(error);
    }
    const { events, messages } = t;
    return JSON.stringify({ id: t.peer?.nodeId, diagnosis, events, messages }, null, 1);
  },
};

function plain(detail) {
  if (typeof detail !== "object") return detail;
  const { id, state, connected, rttMs } = detail;
  return { id, state, connected, rttMs };
}

/** SHA-256 as hexadecimal digits. */
t.sha256 = async (bytes) => {
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return [...new Uint8Array(digest)].map((b) => b.toString(16).padStart(2, "0")).join("");
};

/** Bytes that cannot be compressed or guessed, the same for one seed. */
t.bytes = (length, seed = 1) => {
  const words = new Uint32Array(Math.ceil(length / 4));
  let state = seed >>> 0 || 1;
  for (let index = 0; index < words.length; index += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[index] = state;
  }
  return new Uint8Array(words.buffer, 0, length);
};

// In a browser that cannot, the tests want to see how the package says so.
t.initFailure = await t.failure(() => lacis.init());
globalThis.lacis = lacis;
globalThis.t = t;
globalThis.isReady = true;
dispatchEvent(new Event("ready"));
