// The yardstick: bare connections by the mailboxes of the same server, written with care but with
// nothing beside: no identities, no priorities, no recovery, no limits. The newcomer sends offers
// to all who are there as soon as it knows them; candidates trickle.
import { End } from "./end.js";
import { Mailbox } from "./mailbox.js";

/** Enough to keep the connection busy, well under what makes `send` throw. */
const BUFFERED_HIGH = 4 * 1024 * 1024;
const BUFFERED_LOW = 1024 * 1024;

export class Raw extends End {
  #place;
  #mailbox;
  #links = new Map();
  #transfer;

  constructor(place) {
    super();
    this.#place = place;
  }

  enter() {
    return new Promise((resolve) => {
      this.#mailbox = new Mailbox(this.#place.server, this.#place.topic, {
        onRoster: (roster) => {
          if (!this.#place.waits) for (const id of roster) this.#offer(id);
          resolve();
        },
        onMessage: async (from, { offer, answer, candidate }) => {
          if (offer !== undefined) await this.#answer(from, offer);
          const connection = this.#links.get(from)?.connection;
          if (answer !== undefined) await connection?.setRemoteDescription(answer);
          if (candidate !== undefined) await connection?.addIceCandidate(candidate);
        },
      });
    });
  }

  get id() {
    return this.#mailbox.id;
  }

  /** Offers to these: a server names no more than some of a large room. */
  offerTo(ids) {
    for (const id of ids) this.#offer(id);
  }

  get connections() {
    return this.#links.size;
  }

  async #offer(id) {
    const { connection } = this.#connect(id);
    await connection.setLocalDescription();
    this.#tell(id, { offer: connection.localDescription });
  }

  async #answer(id, offer) {
    const { connection } = this.#connect(id);
    await connection.setRemoteDescription(offer);
    await connection.setLocalDescription();
    this.#tell(id, { answer: connection.localDescription });
  }

  #connect(id) {
    const connection = new RTCPeerConnection();
    const channel = connection.createDataChannel("raw", { negotiated: true, id: 0 });
    channel.binaryType = "arraybuffer";
    channel.bufferedAmountLowThreshold = BUFFERED_LOW;
    const link = { connection, channel };
    this.#links.set(id, link);
    connection.onicecandidate = ({ candidate }) => {
      if (candidate !== null) this.#tell(id, { candidate });
    };
    const count = () => {
      const states = [...this.#links.values()].map((each) => each.channel.readyState);
      this.setLinked(states.filter((state) => state === "open").length);
    };
    channel.onopen = count;
    channel.onmessage = ({ data }) => this.#onData(channel, data);
    return link;
  }

  #tell(to, message) {
    this.#mailbox.send(to, message);
  }

  #onData(channel, data) {
    if (typeof data === "string") {
      this.#onText(channel, JSON.parse(data));
    } else if (this.#transfer?.expected === undefined) {
      this.take(new Uint8Array(data));
    } else {
      const transfer = this.#transfer;
      transfer.chunks.push(data);
      transfer.bytes += data.byteLength;
      if (transfer.bytes < transfer.expected) return;
      this.#transfer = undefined;
      channel.send(JSON.stringify({ confirmed: transfer.bytes }));
      transfer.resolve(transfer.chunks);
    }
  }

  #onText(channel, { size, confirmed }) {
    if (size !== undefined) {
      this.#transfer.expected = size;
      channel.send(JSON.stringify({ confirmed: 0 }));
    } else {
      this.confirm(confirmed);
    }
  }

  #channel() {
    return this.#links.values().next().value.channel;
  }

  send(data) {
    this.#channel().send(data);
  }

  async transfer(blob, messageBytes) {
    const channel = this.#channel();
    const confirmation = () =>
      new Promise((resolve) => {
        this.confirm = resolve;
      });
    const accepted = confirmation();
    channel.send(JSON.stringify({ size: blob.size }));
    await accepted;
    const done = confirmation();
    const read = (offset) => blob.slice(offset, offset + READ_BYTES).arrayBuffer();
    let ahead = read(0);
    for (let offset = 0; offset < blob.size; offset += READ_BYTES) {
      const slab = await ahead;
      ahead = read(offset + READ_BYTES);
      for (let start = 0; start < slab.byteLength; start += messageBytes) {
        if (channel.bufferedAmount >= BUFFERED_HIGH) await drained(channel);
        channel.send(new Uint8Array(slab, start, Math.min(messageBytes, slab.byteLength - start)));
      }
    }
    await done;
  }

  receive() {
    return new Promise((resolve) => {
      this.#transfer = { chunks: [], bytes: 0, expected: undefined, resolve };
    });
  }

  broadcast(data) {
    for (const { channel } of this.#links.values()) channel.send(data);
  }

  close() {
    this.#mailbox.close();
    for (const { connection } of this.#links.values()) connection.close();
  }
}

function drained(channel) {
  return new Promise((resolve) => {
    channel.addEventListener("bufferedamountlow", resolve, { once: true });
  });
}

/** One read costs a trip to another process, so it fetches several messages. */
const READ_BYTES = 1024 * 1024;
