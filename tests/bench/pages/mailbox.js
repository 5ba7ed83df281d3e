// The mailboxes of the signaling server, with as little as it takes: whoever names a topic hears
// who named it before, and a payload goes to the one it is for. No retries, no sealing.

const HELLO = [0x82, 0x00, 0x83, 0x82, 0x01, 0x01, 0x50];
const JOIN = [0x82, 0x01, 0x82, 0x58, 0x20];
const SEND = [0x82, 0x03, 0x83, 0x50];
/** What the server says first in a frame. */
const JOINED = 1;
const DELIVER = 2;
const EVERYBODY = 16;

export class Mailbox {
  #socket;

  /**
   * Opens one. `onRoster` is told once who was there before, `onMessage` of everything that comes.
   */
  constructor(url, topic, { onRoster, onMessage }) {
    this.#socket = new WebSocket(url);
    this.#socket.binaryType = "arraybuffer";
    this.#socket.onopen = () => {
      const [id, secret] = [random(), random()];
      this.id = nameOf(id);
      this.#socket.send(Uint8Array.of(...HELLO, ...id, 0x50, ...secret));
      this.#socket.send(Uint8Array.of(...JOIN, ...topic, EVERYBODY));
    };
    this.#socket.onmessage = ({ data }) => {
      const [kind, words] = read({ bytes: new Uint8Array(data), at: 0 });
      if (kind === JOINED) onRoster(words[1].map(nameOf));
      else if (kind === DELIVER) {
        onMessage(nameOf(words[0]), JSON.parse(new TextDecoder().decode(words[1])));
      }
    };
  }

  send(to, message) {
    const payload = new TextEncoder().encode(JSON.stringify(message));
    const { length } = payload;
    // The shortest form is the only one. Nothing here is shorter than 24 bytes.
    const size = length < 256 ? [0x58, length] : [0x59, length >> 8, length & 255];
    const head = [...SEND, ...idOf(to), 0, ...size];
    const frame = new Uint8Array(head.length + length);
    frame.set(head);
    frame.set(payload, head.length);
    this.#socket.send(frame);
  }

  close() {
    this.#socket.close();
  }
}

const random = () => crypto.getRandomValues(new Uint8Array(16));
const nameOf = (id) => id.join(" ");
const idOf = (name) => name.split(" ").map(Number);

/** Reads one item of CBOR: an array, bytes, text or a number. */
function read(from) {
  const first = from.bytes[from.at];
  from.at += 1;
  let length = first & 31;
  if (length >= 24) {
    const bytes = 2 ** (length - 24);
    length = from.bytes
      .subarray(from.at, from.at + bytes)
      .reduce((sum, byte) => sum * 256 + byte, 0);
    from.at += bytes;
  }
  if (first >> 5 === 4) return Array.from({ length }, () => read(from));
  if (first >> 5 === 0) return length;
  from.at += length;
  return from.bytes.subarray(from.at - length, from.at);
}
