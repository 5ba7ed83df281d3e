// A peer in one room or group: whom it knows, and how it gets linked with them (section 9).
import { bigEndian, hex, isEqual, nodeIdOf, open, random, roomKeys, seal } from "./crypto.mjs";
import { Link } from "./link.mjs";
import { Remote } from "./member.mjs";
import { readFrame, writeFrame } from "./schema.mjs";
import { Signaling } from "./signaling.mjs";
import { publicKeyOf } from "./signatures.mjs";
import { parseRoomLink } from "./texts.mjs";

const [OFFER, ANSWER, CANDIDATES, REFUSE] = [0, 1, 2, 6];
const VERSION_MISMATCH = 18;

/** Joins a room at one server. */
export function joinRoom(roomLink, server = parseRoomLink(roomLink).servers[0]) {
  const keys = roomKeys(parseRoomLink(roomLink).secret);
  const peer = new Peer(server, keys);
  peer.enter(keys);
  return peer;
}

export class Peer {
  seed;
  peer;
  salt = random(16);
  node;
  /** What the room is shown by on links. */
  keys;
  server;
  /** What others did against the protocol, and what failed here. */
  faults = [];
  /** Why links and sessions ended. */
  endings = [];
  members = new Map();
  /** Is told of links and of frames about the group, if this is one. */
  group;
  /** The keys of the places at the server: one of a room, those of a group. */
  #places = new Map();
  #links = new Map();
  #attempts = new Map();
  #seen = new Set();
  #early = new Map();
  #signaling;
  #announced = new Set();
  #waiting = new Set();

  constructor(server, keys, seed = random(32)) {
    [this.server, this.keys, this.seed] = [server, keys, seed];
    this.peer = publicKeyOf(seed);
    this.node = nodeIdOf(this.peer, this.salt);
    this.#signaling = new Signaling(server, this.node, {
      joined: (topic, nodes) => {
        const place = this.#places.get(hex(topic));
        if (place === undefined) return;
        this.#announced.add(place);
        for (const node of nodes) this.#meet(node, place);
        this.changed();
      },
      delivered: (from, payload) => this.#onPayload(from, payload),
      ended: (reason) => this.endings.push(reason),
    });
  }

  /** Is announced at a place from now on, and offers links to whoever is there. */
  enter(place) {
    this.#places.set(hex(place.topic), place);
    this.#signaling.join(place.topic);
  }

  /** Is announced there no more; what is sealed for the place is still opened. */
  leave(place) {
    if (this.#announced.delete(place)) this.#signaling.leave(place.topic);
  }

  /** Waits until `condition` gives something. */
  until(condition, what, ms = 30_000) {
    return new Promise((resolve, reject) => {
      const check = () => {
        const value = condition();
        if (!value) return;
        clearTimeout(timer);
        this.#waiting.delete(check);
        resolve(value);
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(check);
        const said = [...this.faults, ...this.endings].join("; ");
        reject(new Error(`after ${ms} ms still waiting for ${what}: ${said}`));
      }, ms);
      this.#waiting.add(check);
      check();
    });
  }

  /** Waits until others find this node at the server. */
  announced() {
    return this.until(() => this.#announced.size > 0, "the server's answer");
  }

  /** The member that is linked first. */
  member() {
    const first = () => this.members.get([...this.#links.keys()][0]);
    return this.until(first, "a linked member");
  }

  /** Ends every link without a word, as a lost network does, and offers new ones. */
  async relink() {
    for (const [node, link] of [...this.#links]) {
      await link.close({ silently: true });
      this.#offer(Uint8Array.from(Buffer.from(node, "hex")), link.place);
    }
  }

  roles() {
    return [...this.#links.values()].map((link) => link.role);
  }

  async close() {
    const all = new Set([...this.#links.values(), ...this.#attempts.values()]);
    await Promise.all([...all].map((link) => link.close()));
    this.#signaling.close();
  }

  /** Seals a setup message with the keys of a place, and sends it through the server. */
  say(to, setup, place) {
    this.#signaling.send(to, seal(place, this.node, to, writeFrame("Setup", setup)));
  }

  linked(remote, link) {
    const node = hex(remote);
    this.#attempts.delete(node);
    const older = this.#links.get(node);
    this.#links.set(node, link);
    if (older !== undefined && older !== link) older.close({ silently: true });
    this.group?.linked(link);
    this.changed();
  }

  unlinked(remote, link, reason) {
    const node = hex(remote);
    this.endings.push(reason);
    if (this.#links.get(node) === link) this.#links.delete(node);
    if (this.#attempts.get(node) === link) this.#attempts.delete(node);
    this.group?.unlinked(link);
    this.changed();
  }

  #meet(node, place) {
    const isKnown = this.#links.has(hex(node)) || this.#attempts.has(hex(node));
    if (!isKnown) this.#offer(node, place);
  }

  #offer(node, place) {
    const attempt = random(8).reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
    this.#begin(node, "offerer", attempt, place)
      .offer()
      .catch((error) => this.faults.push(error));
  }

  #begin(node, role, attempt, place) {
    const name = hex(node);
    if (!this.members.has(name)) {
      const isLess = Buffer.compare(this.node, node) < 0;
      this.members.set(name, new Remote(isLess, () => this.changed()));
    }
    const link = new Link(this, this.members.get(name), node, role, attempt, place);
    this.#attempts.set(name, link);
    return link;
  }

  #onPayload(from, payload) {
    if (isEqual(from, this.node)) return;
    // Attempts are told apart by their number, whatever size it has.
    const name = (attempt) => `${hex(from)}/${hex(bigEndian(attempt, 8))}`;
    // The first bytes of the topic say for which place it is sealed.
    const isFor = ({ topic }) => isEqual(payload.subarray(1, 9), topic.subarray(0, 8));
    const place = [...this.#places.values()].find(isFor);
    let setup;
    try {
      if (place === undefined) throw new Error("sealed for a place where this node never was");
      setup = readFrame("Setup", open(place, from, this.node, payload));
    } catch (error) {
      return this.faults.push(error);
    }
    const [variant, [attempt, ...fields]] = setup;
    this.#onSetup(from, place, variant, attempt, fields, name(attempt)).catch((error) => {
      this.faults.push(error);
      this.changed();
    });
  }

  async #onSetup(from, place, variant, attempt, fields, name) {
    const found = [this.#attempts.get(hex(from)), this.#links.get(hex(from))];
    const link = found.find((it) => it !== undefined && BigInt(it.attempt) === BigInt(attempt));
    switch (variant) {
      case OFFER:
        return this.#onOffer(from, place, attempt, fields, name);
      case ANSWER:
        return link?.accept(fields);
      case CANDIDATES:
        // They may be here before the description that they belong to.
        if (link === undefined) return this.#early.set(name, fields[0]);
        return link.addCandidates(fields[0]);
      case REFUSE:
        return link?.close({ silently: true });
      default:
        return undefined;
    }
  }

  async #onOffer(from, place, attempt, [introduction, [min, max], description], name) {
    if (this.#seen.has(name)) return;
    this.#seen.add(name);
    if (min > 1 || max < 1) {
      return this.say(from, [REFUSE, [attempt, VERSION_MISMATCH]], place);
    }
    const own = this.#attempts.get(hex(from));
    if (own?.role === "offerer") {
      // Both have offered: the greater node id wins.
      if (Buffer.compare(this.node, from) > 0) return;
      own.close({ silently: true });
    }
    const link = this.#begin(from, "answerer", attempt, place);
    await link.answer(introduction, [min, max], description);
    await link.addCandidates(this.#early.get(name) ?? []);
    this.#early.delete(name);
  }

  changed() {
    for (const check of [...this.#waiting]) check();
  }
}
