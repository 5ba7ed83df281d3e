// What one node says to another over their links: messages in order and once, requests, streams
// (section 10). All of it outlives a link.
import { concat } from "./cbor.mjs";
import { isEqual, random } from "./crypto.mjs";

const [MESSAGE, ACK, OPEN, CHUNK, CREDIT, DONE, RESET, EPHEMERAL] = [4, 5, 6, 7, 8, 9, 10, 11];
const [DIRECT, BROADCAST, REQUEST, RESPONSE] = [0, 1, 2, 3];
const [CONTROL, BULK, UNRELIABLE] = [0, 1, 2];
const [NO_HANDLER, REJECTED, PROTOCOL] = [31, 30, 38];

/** Limits of section 13. */
const WINDOW = 4_194_304;
const INTERACTIVE = 61_440;
const CHUNK_BYTES = 16_384;

export class Remote {
  /** Names our sequence of messages to it. */
  session = random(8).reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  /** Everything that came: `{ label, kind, text }`. */
  messages = [];
  /** Answers to requests, by label. */
  handlers = new Map();
  #theirs;
  #link;
  #sent = 0;
  #unacked = [];
  #received = 0;
  #requests = new Map();
  #outgoing = new Map();
  #incoming = new Map();
  #ended = new Map();
  #nextStream;
  #changed;

  /** `isLess`: whether our node id is the smaller one. */
  constructor(isLess, changed) {
    this.#nextStream = isLess ? 2 : 1;
    this.#changed = changed;
  }

  /** The other side has introduced itself: another session is another sequence. */
  meet(session) {
    if (this.#theirs === session) return;
    this.#theirs = session;
    this.#received = 0;
    this.#incoming.clear();
    this.#ended.clear();
  }

  /** A link stands, and the room is shared on it: what was left open goes on. */
  attach(link) {
    if (this.#link === link) return;
    this.#link = link;
    for (const stream of this.#outgoing.values()) this.#open(stream);
    for (const message of this.#unacked) this.#transmit(message);
  }

  detach(link) {
    if (this.#link === link) this.#link = undefined;
  }

  send(label, text, kind = [DIRECT, []]) {
    const payload = new TextEncoder().encode(text);
    if (payload.length > INTERACTIVE) return this.#stream(label, kind, [0, []], payload);
    this.#sent += 1;
    const message = { seq: this.#sent, kind, label, payload };
    const done = new Promise((resolve) => {
      message.acked = resolve;
    });
    this.#unacked.push(message);
    if (this.#link !== undefined) this.#transmit(message);
    return done;
  }

  broadcast(label, text) {
    return this.send(label, text, [BROADCAST, []]);
  }

  ephemeral(label, bytes) {
    const envelope = [this.#link.ourTag, [BROADCAST, []], label];
    this.#link.send(UNRELIABLE, [EPHEMERAL, [envelope, bytes]]);
  }

  request(label, text) {
    const id = random(4).reduce((sum, byte) => sum * 256 + byte, 0);
    const answer = new Promise((resolve, reject) => this.#requests.set(id, { resolve, reject }));
    this.send(label, text, [REQUEST, [id]]);
    return answer;
  }

  sendFile(name, mediaType, bytes) {
    return this.#stream("file", [DIRECT, []], [1, [name, mediaType]], bytes);
  }

  /** Handles what comes over a link. */
  take(link, [variant, fields]) {
    switch (variant) {
      case MESSAGE:
        return this.#onMessage(link, fields);
      case ACK:
        return this.#onAck(fields[0]);
      case OPEN:
        return this.#onOpen(link, fields);
      case CHUNK:
        return this.#onChunk(link, fields);
      case CREDIT:
        return this.#onCredit(fields);
      case DONE:
      case RESET:
        return this.#onEnd(fields);
      case EPHEMERAL:
        return this.#deliver(fields[0], fields[1], "ephemeral");
      default:
        throw new Error(`a frame that is not of this version: ${variant}`);
    }
  }

  #transmit({ seq, kind, label, payload }) {
    const envelope = [this.#link.ourTag, kind, label];
    this.#link.send(CONTROL, [MESSAGE, [seq, this.#received, envelope, payload]]);
  }

  #onMessage(link, [seq, ack, envelope, payload]) {
    this.#onAck(ack);
    if (seq <= this.#received) return link.send(CONTROL, [ACK, [this.#received]]);
    this.#received = seq;
    link.send(CONTROL, [ACK, [seq]]);
    if (isEqual(envelope[0], link.theirTag)) this.#deliver(envelope, payload, "message");
  }

  #onAck(upto) {
    while (this.#unacked.length > 0 && this.#unacked[0].seq <= upto) this.#unacked.shift().acked();
  }

  #deliver([, [kind, fields], label], payload, way) {
    const text = new TextDecoder().decode(payload);
    if (kind === RESPONSE) {
      const [id, refused] = fields;
      const open = this.#requests.get(id);
      this.#requests.delete(id);
      if (refused === undefined || refused === null) open?.resolve(text);
      else open?.reject(new Error(`refused with ${refused}`));
    } else if (kind === REQUEST) this.#answer(fields[0], label, text);
    else {
      const name = kind === DIRECT ? "direct" : "broadcast";
      this.messages.push({ label, kind: way === "ephemeral" ? way : name, text });
      this.#changed();
    }
  }

  #answer(id, label, text) {
    const handler = this.handlers.get(label);
    if (handler === undefined) this.send(label, "", [RESPONSE, [id, NO_HANDLER]]);
    else this.send(label, handler(text), [RESPONSE, [id]]);
  }

  #stream(label, kind, body, bytes) {
    const number = this.#nextStream;
    this.#nextStream += 2;
    const stream = { number, label, kind, body, bytes, at: 0 };
    const done = new Promise((resolve, reject) => {
      stream.done = (code) => (code === undefined ? resolve() : reject(new Error(`reset ${code}`)));
    });
    this.#outgoing.set(number, stream);
    if (this.#link !== undefined) this.#open(stream);
    return done;
  }

  #open({ number, label, kind, body, bytes }) {
    const envelope = [this.#link.ourTag, kind, label];
    this.#link.send(BULK, [OPEN, [number, envelope, body, bytes.length]]);
  }

  #onCredit([number, received, upto]) {
    const stream = this.#outgoing.get(number);
    if (stream === undefined) return;
    // The first credit on a link says where to go on.
    if (stream.link !== this.#link) [stream.link, stream.at] = [this.#link, received];
    while (stream.at < Math.min(upto, stream.bytes.length)) {
      const end = Math.min(stream.at + CHUNK_BYTES, upto, stream.bytes.length);
      this.#link.send(BULK, [CHUNK, [number, stream.bytes.subarray(stream.at, end)]]);
      stream.at = end;
    }
  }

  #onEnd([number, code]) {
    this.#outgoing.get(number)?.done(code);
    this.#outgoing.delete(number);
    this.#incoming.delete(number);
  }

  #onOpen(link, [number, envelope, body, size]) {
    const known = this.#incoming.get(number);
    const ended = this.#ended.get(number);
    if (ended !== undefined) return link.send(CONTROL, ended);
    if (number % 2 === this.#nextStream % 2) return link.send(CONTROL, [RESET, [number, PROTOCOL]]);
    const stream = known ?? { envelope, body, size, parts: [], received: 0 };
    this.#incoming.set(number, stream);
    if (body[0] === 1 && this.onFile?.(body[1]) === false) {
      return this.#endIncoming(link, number, [RESET, [number, REJECTED]]);
    }
    this.#grant(link, number, stream);
  }

  #onChunk(link, [number, data]) {
    const stream = this.#incoming.get(number);
    if (stream === undefined) return;
    stream.received += data.length;
    if (stream.received > Math.min(stream.size, stream.upto)) {
      return this.#endIncoming(link, number, [RESET, [number, PROTOCOL]]);
    }
    stream.parts.push(data);
    if (stream.received === stream.size || stream.upto - stream.received < WINDOW / 2) {
      this.#grant(link, number, stream);
    }
  }

  #grant(link, number, stream) {
    stream.upto = Math.min(stream.size, stream.received + WINDOW);
    const { received, upto } = stream;
    link.send(CONTROL, [CREDIT, [number, received, upto, received]]);
    if (received < stream.size) return;
    this.#endIncoming(link, number, [DONE, [number]]);
    const bytes = concat(...stream.parts);
    if (stream.body[0] === 0) this.#deliver(stream.envelope, bytes, "message");
    else {
      const [name, mediaType] = stream.body[1];
      this.messages.push({ label: stream.envelope[2], kind: "file", name, mediaType, bytes });
      this.#changed();
    }
  }

  #endIncoming(link, number, frame) {
    this.#incoming.delete(number);
    this.#ended.set(number, frame);
    if (this.#ended.size > 64) this.#ended.delete(this.#ended.keys().next().value);
    link.send(CONTROL, frame);
  }
}
