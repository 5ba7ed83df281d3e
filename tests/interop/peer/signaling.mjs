// One session with a signaling server (section 6).
import WebSocket from "ws";
import { random } from "./crypto.mjs";
import { readFrame, writeFrame } from "./schema.mjs";

const [HELLO, JOIN, LEAVE, SEND, PING] = [0, 1, 2, 3, 4];
const [WELCOME, JOINED, DELIVER, UNDELIVERED, REFUSED, BYE, PONG] = [0, 1, 2, 3, 4, 5, 6];

/** Most that a server names at once (section 13). */
const SAMPLE_MAX = 16;

/** Tells its listener: `joined(topic, members)`, `delivered(from, payload)`, `ended(reason)`. */
export class Signaling {
  #socket;
  #listener;
  #seq = 0;

  constructor(url, node, listener) {
    this.#listener = listener;
    this.#socket = new WebSocket(url);
    this.#socket.binaryType = "arraybuffer";
    this.#socket.on("open", () => this.#write(HELLO, [1, 1], node, random(16)));
    this.#socket.on("message", (data, isBinary) => {
      if (!isBinary) return this.#fail("a text message");
      this.#take(new Uint8Array(data));
    });
    this.#socket.on("close", (code) => listener.ended(code));
    this.#socket.on("error", (error) => listener.ended(error.message));
  }

  /** Announces the node and asks who else is there, as soon as the socket is open. */
  join(topic) {
    const ask = () => this.#write(JOIN, topic, SAMPLE_MAX);
    if (this.#socket.readyState === WebSocket.OPEN) ask();
    // After the greeting, which was asked for earlier.
    else this.#socket.once("open", ask);
  }

  leave(topic) {
    if (this.#socket.readyState === WebSocket.OPEN) this.#write(LEAVE, topic);
  }

  send(to, payload) {
    this.#seq += 1;
    this.#write(SEND, to, this.#seq, payload);
  }

  ping(nonce) {
    this.#write(PING, nonce);
  }

  close() {
    this.#socket.close();
  }

  #write(variant, ...fields) {
    this.#socket.send(writeFrame("ClientFrame", [variant, fields]));
  }

  #take(bytes) {
    let frame;
    try {
      frame = readFrame("ServerFrame", bytes);
    } catch (error) {
      return this.#fail(error.message);
    }
    const [variant, fields] = frame;
    switch (variant) {
      case JOINED:
        return this.#listener.joined(fields[0], fields[1]);
      case DELIVER:
        return this.#listener.delivered(fields[0], fields[1]);
      case UNDELIVERED:
        return this.#listener.undelivered?.(fields[0]);
      case REFUSED:
      case BYE:
        return this.#listener.ended(`${variant === BYE ? "bye" : "refused"} ${fields}`);
      case WELCOME:
      case PONG:
        return undefined;
      default:
        // ICE servers and resumption are of no use to a peer that lives for one test.
        return undefined;
    }
  }

  #fail(reason) {
    this.#socket.close();
    this.#listener.ended(reason);
  }
}
