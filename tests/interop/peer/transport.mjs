// One WebRTC connection with the three channels of a link (section 10).
import { RTCPeerConnection } from "werift";
import { descriptionOf, isCandidate, sdpOf } from "./descriptions.mjs";

const CHANNELS = [
  { id: 0, label: "lacis-control", options: { ordered: true } },
  { id: 1, label: "lacis-bulk", options: { ordered: true } },
  { id: 2, label: "lacis-ephemeral", options: { ordered: false, maxRetransmits: 0 } },
];

/** Says `candidate(line)`, `opened()`, `data(channel, bytes)` and `closed()` to its listener. */
export class Transport {
  #connection = new RTCPeerConnection({ iceServers: [], iceUseIpv6: false });
  #channels;
  #early = [];
  #hasRemote = false;
  #isClosed = false;

  constructor(listener) {
    this.#channels = CHANNELS.map(({ id, label, options }) => {
      const channel = this.#connection.createDataChannel(label, {
        ...options,
        protocol: "",
        negotiated: true,
        id,
      });
      channel.onmessage = ({ data }) => {
        listener.data(id, typeof data === "string" ? data : Uint8Array.from(data));
      };
      return channel;
    });
    // Told of no STUN server, the library asks one on the internet, and waits seconds for it.
    for (const { connection } of this.#connection.iceTransports) connection.stunServer = undefined;
    this.#channels[0].onopen = () => listener.opened();
    this.#channels[0].onclose = () => this.#end(listener);
    this.#connection.onIceCandidate.subscribe((candidate) => {
      if (candidate?.candidate) listener.candidate(lineOf(candidate.candidate));
    });
    this.#connection.connectionStateChange.subscribe((state) => {
      if (state === "failed" || state === "closed") this.#end(listener);
    });
  }

  /** Begins a connection, and gives its description. */
  async offer() {
    return this.#describe(await this.#connection.createOffer());
  }

  /** Takes an offer, and gives the description that answers it. */
  async answer(offered) {
    await this.#setRemote("offer", offered);
    return this.#describe(await this.#connection.createAnswer());
  }

  accept(answered) {
    return this.#setRemote("answer", answered);
  }

  async addCandidate(line) {
    if (!isCandidate(line)) throw new Error(`not a candidate: ${line}`);
    if (!this.#hasRemote) this.#early.push(line);
    else await this.#connection.addIceCandidate({ candidate: line, sdpMid: "0", sdpMLineIndex: 0 });
  }

  send(channel, bytes) {
    this.#channels[channel].send(Buffer.from(bytes));
  }

  close() {
    this.#isClosed = true;
    return this.#connection.close();
  }

  async #describe(description) {
    await this.#connection.setLocalDescription(description);
    return descriptionOf(this.#connection.localDescription.sdp);
  }

  async #setRemote(type, description) {
    await this.#connection.setRemoteDescription({ type, sdp: sdpOf(description) });
    this.#hasRemote = true;
    for (const line of this.#early.splice(0)) await this.addCandidate(line);
  }

  #end(listener) {
    if (this.#isClosed) return;
    this.#isClosed = true;
    listener.closed();
  }
}

const lineOf = (text) => (text.startsWith("candidate:") ? text : `candidate:${text}`);
