// A peer in one room: whom it knows, and how it gets linked with them (section 9).
import {
  bigEndian,
  hex,
  isEqual,
  nodeIdOf,
  open,
  random,
  roomKeys,
  seal,
} from "./crypto.mjs";
import { Link } from "./link.mjs";
import { Member } from "./member.mjs";
import { readFrame, writeFrame } from "./schema.mjs";
import { Signaling } from "./signaling.mjs";
import { publicKeyOf } from "./signatures.mjs";
import { parseRoomLink } from "./texts.mjs";

const [OFFER, ANSWER, CANDIDATES, REFUSE] = [0, 1, 2, 6];
const VERSION_MISMATCH = 18;

export class Peer {
  seed = random(32);
  peer = publicKeyOf(this.seed);
  salt = random(16);
  node = nodeIdOf(this.peer, this.salt);
  keys;
  /** What others did against the protocol, and what failed here. */
  faults = [];
  /** Why links and sessions ended. */
  endings = [];
  members = new Map();
  #links = new Map();
  #attempts = new Map();
  #seen = new Set();
  #early = new Map();
  #signaling;
  #isAnnounced = false;
  #waiting = new Set();

  /** Joins a room at one server. */
  constructor(roomLink, server = parseRoomLink(roomLink).servers[0]) {
    this.keys = roomKeys(parseRoomLink(roomLink).secret);
    this.#signaling = new Signaling(server, this.node, {
      joined: (nodes) => {
        this.#isAnnounced = true;
        for (const node of nodes) this.#meet(node);
        this.#changed();
      },
      delivered: (from, payload) => this.#onPayload(from, payload),
      ended: (reason) => this.endings.push(reason),
    });
    this.#signaling.join(this.keys.topic);
  }

  /** Waits until `condition` gives something. */
  until(condition, what, ms = 15_000) {
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
    return this.until(() => this.#isAnnounced, "the server's answer");
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
      this.#offer(Uint8Array.from(Buffer.from(node, "hex")));
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

  /** Seals a setup message and sends it through the server. */
  say(to, setup) {
    this.#signaling.send(to, seal(this.keys, this.node, to, writeFrame("Setup", setup)));
  }

  linked(remote, link) {
    const node = hex(remote);
    this.#attempts.delete(node);
    const older = this.#links.get(node);
    this.#links.set(node, link);
    if (older !== undefined && older !== link) older.close({ silently: true });
    this.#changed();
  }

  unlinked(remote, link, reason) {
    const node = hex(remote);
    this.endings.push(reason);
    if (this.#links.get(node) === link) this.#links.delete(node);
    if (this.#attempts.get(node) === link) this.#attempts.delete(node);
    this.#changed();
  }

  #meet(node) {
    const isKnown = this.#links.has(hex(node)) || this.#attempts.has(hex(node));
    if (!isKnown) this.#offer(node);
  }

  #offer(node) {
    const attempt = random(8).reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
    this.#begin(node, "offerer", attempt)
      .offer()
      .catch((error) => this.faults.push(error));
  }

  #begin(node, role, attempt) {
    const name = hex(node);
    if (!this.members.has(name)) {
      const isLess = Buffer.compare(this.node, node) < 0;
      this.members.set(name, new Member(isLess, () => this.#changed()));
    }
    const link = new Link(this, this.members.get(name), node, role, attempt);
    this.#attempts.set(name, link);
    return link;
  }

  #onPayload(from, payload) {
    if (isEqual(from, this.node)) return;
    // Attempts are told apart by their number, whatever size it has.
    const name = (attempt) => `${hex(from)}/${hex(bigEndian(attempt, 8))}`;
    let setup;
    try {
      setup = readFrame("Setup", open(this.keys, from, this.node, payload));
    } catch (error) {
      return this.faults.push(error);
    }
    const [variant, [attempt, ...fields]] = setup;
    this.#onSetup(from, variant, attempt, fields, name(attempt)).catch((error) => {
      this.faults.push(error);
      this.#changed();
    });
  }

  async #onSetup(from, variant, attempt, fields, name) {
    const found = [this.#attempts.get(hex(from)), this.#links.get(hex(from))];
    const link = found.find((it) => it !== undefined && BigInt(it.attempt) === BigInt(attempt));
    switch (variant) {
      case OFFER:
        return this.#onOffer(from, attempt, fields, name);
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

  async #onOffer(from, attempt, [introduction, [min, max], description], name) {
    if (this.#seen.has(name)) return;
    this.#seen.add(name);
    if (min > 1 || max < 1) return this.say(from, [REFUSE, [attempt, VERSION_MISMATCH]]);
    const own = this.#attempts.get(hex(from));
    if (own?.role === "offerer") {
      // Both have offered: the greater node id wins.
      if (Buffer.compare(this.node, from) > 0) return;
      own.close({ silently: true });
    }
    const link = this.#begin(from, "answerer", attempt);
    await link.answer(introduction, description);
    await link.addCandidates(this.#early.get(name) ?? []);
    this.#early.delete(name);
  }

  #changed() {
    for (const check of [...this.#waiting]) check();
  }
}
