// A peer in one group: how it comes in, where it meets the others, and what it writes (section 15).

import { checkChain, invitationUse, isValidAt } from "./chains.mjs";
import { hex, isEqual, placeKeys, random } from "./crypto.mjs";
import { GroupLink } from "./group_link.mjs";
import { recordIdOf } from "./group_schema.mjs";
import { openSealed } from "./keys.mjs";
import { Peer } from "./peer.mjs";
import { authorOf, openBody, sealBody, signRecord, versionName } from "./records.mjs";
import { Replica } from "./replica.mjs";
import { sign } from "./signatures.mjs";
import { parseInvitation, parseInvitationLink } from "./texts.mjs";

/** Times of section 13. */
const RECORD_LIFETIME = 315_532_800_000n;
const VERSION_PACE = 10n;
const DOOR_AFTER = 3_000;

export class Group {
  replica;
  /** The credentials that make this peer a member, as fields, once there are some. */
  chain;
  /** What is left of the invitation until this peer has come in. */
  invitation;
  /** What broke a rule, or could not be read. */
  faults = [];
  peer;
  /** The keys of the topic, once they are known. */
  place;
  doorKey;
  /** Answers `JoinRequest`, where this peer lets others in: gives a chain, or a code. */
  admit;
  #door;
  #links = new Map();
  #read = new Map();
  #timer;

  /** `door` is its key, `server` where members are looked for. */
  constructor({ group, door, server, seed = random(32) }) {
    this.doorKey = door;
    this.#door = placeKeys(door);
    this.peer = new Peer(server, this.#door, seed);
    this.peer.group = this;
    this.replica = new Replica(group, seed, this.peer.peer);
    // Whoever has no topic waits at the door.
    this.peer.enter(this.#door);
  }

  /** Opens the invitation for one identity, whose seed is given, or the link of an open one. */
  static join(text, { seed, server } = {}) {
    const isLink = /^lo[0-9]/i.test(text.trim().split("#").at(-1));
    const invitation = isLink ? parseInvitationLink(text) : parseInvitation(text);
    const group = new Group({ ...invitation, seed, server: server ?? invitation.servers[0] });
    if (isLink) {
      const proof = sign(invitationUse(invitation.group, group.peer.peer), invitation.seed);
      group.invitation = { use: [invitation.key, proof] };
    } else group.#open(invitation);
    return group;
  }

  /** An invitation for one identity is a membership already. */
  #open({ group, chain, key }) {
    const { subject, notBefore, notAfter } = checkChain(chain, group).at(-1);
    if (!isEqual(subject, this.peer.peer)) throw new Error("not for you");
    const now = this.replica.now();
    if (now < notBefore) throw new Error("not yet valid");
    if (!isValidAt({ notBefore, notAfter }, now)) throw new Error("expired");
    if (key !== undefined) {
      const opened = openSealed(this.peer.seed, subject, group, key.name, [key.sealed]);
      this.replica.keys.give(key.name, opened);
    }
    this.become(chain);
  }

  /** `JoinAccept`: a chain that is believed if it is valid and ends in our key. */
  accepted(chain) {
    const { subject } = checkChain(chain, this.replica.group).at(-1);
    if (isEqual(subject, this.peer.peer)) this.become(chain);
  }

  /** Publishes the chain that makes this peer a member, and shows it. */
  become(chain) {
    this.chain = chain;
    for (const link of this.#links.values()) link.enter();
    this.publish(chain);
  }

  /** Publishes a chain of this peer or of one that it let in. */
  publish(chain) {
    const all = checkChain(chain, this.replica.group);
    return this.commit(this.replica.shown(all, this.peer.seed, this.peer.peer));
  }

  linked(link) {
    if (this.#links.has(link)) return;
    const spoken = new GroupLink(this, link);
    this.#links.set(link, spoken);
    spoken.enter();
  }

  unlinked(link) {
    this.#links.delete(link);
  }

  part(link, channel, fields) {
    try {
      this.#links.get(link)?.part(channel, fields);
    } catch (error) {
      // Whoever sends what breaks a rule keeps its link.
      this.faults.push(error);
      this.changed();
    }
  }

  /** Takes a record in that came over a link, and gives it on; gives its name. */
  take(header, body, from) {
    const live = this.replica.take(header, body, (other) => from?.share(other));
    for (const link of this.#links.values()) {
      if (link !== from) for (const version of live) link.share(version);
    }
    this.changed();
    return versionName(header);
  }

  changed() {
    for (const link of this.#links.values()) link.giveKeys();
    this.#move();
    this.peer.changed();
  }

  /** Goes to the topic of the newest key. */
  #move() {
    const newest = this.replica.newestKey();
    const key = newest && this.replica.keys.topicOf(newest.name);
    if (key === undefined) return;
    const topic = placeKeys(key);
    if (this.place !== undefined && isEqual(this.place.topic, topic.topic)) return;
    if (this.place !== undefined) this.peer.leave(this.place);
    this.place = topic;
    this.peer.enter(topic);
    if (this.#timer !== undefined) return;
    this.peer.leave(this.#door);
    // In groups of three at the most everybody has a seat at the door, after a while.
    this.#timer = setTimeout(() => this.peer.enter(this.#door), DOOR_AFTER);
  }

  /** Waits until this peer is a member that can read. */
  joined() {
    const isIn = () => {
      const newest = this.replica.newestKey();
      return this.chain !== undefined && newest && this.replica.keys.get(newest.name);
    };
    return this.peer.until(isIn, "membership and the newest key");
  }

  /** What is said on each link that stands. */
  links() {
    return [...this.#links.values()];
  }

  /** What members can read of a type: `{ header, name, attributes, text, author }`. */
  records(type) {
    return this.replica
      .all()
      .filter(({ header }) => header.type === type && header.flags === 0)
      .map((version) => this.#opened(version))
      .filter((record) => record !== undefined);
  }

  /** Opens a body, which takes a while, once. */
  #opened({ header, name, body }) {
    const key = this.replica.keys.get(header.key);
    if (!this.#read.has(hex(name)) && key !== undefined) {
      const [attributes, data] = openBody(key, this.replica.group, header, body);
      const text = new TextDecoder().decode(data);
      this.#read.set(hex(name), { header, name, attributes, text, author: authorOf(header) });
    }
    return this.#read.get(hex(name));
  }

  /** Waits for a record with this text. */
  reads(type, text) {
    const find = () => this.records(type).find((it) => it.text === text);
    return this.peer.until(find, `the record ${text.slice(0, 40)}`);
  }

  /** Waits for so many records of a type; gives their texts. */
  async holds(type, count) {
    const isThere = () => this.records(type).length === count;
    await this.peer.until(isThere, `${count} records`);
    return this.records(type).map(({ text }) => text);
  }

  /** Writes a record of the application; gives its version. */
  write(type, text, attributes) {
    return this.commit(this.draft(type, text, attributes));
  }

  /** Writes the next version of one, or deletes it where no text is given. */
  change(version, text) {
    return this.commit(this.draftNext(version, text));
  }

  /** Takes in what was drafted, and gives it to the others. */
  commit(version) {
    this.take(version.header, version.body);
    return version;
  }

  /** A new record, signed and not yet told to anybody. Nothing outlasts its credential. */
  draft(type, text, attributes = [], { notAfter } = this.best()) {
    const created = BigInt(this.replica.now());
    const wanted = created + RECORD_LIFETIME;
    const latest = wanted < notAfter ? wanted : notAfter;
    const salt = random(8);
    const creator = this.peer.peer;
    const id = recordIdOf({ creator, created, latest, salt, replaces: null, type });
    const header = { id, type, salt, creator, created, modified: created, latest, version: 1 };
    return this.#sign(header, [attributes, new TextEncoder().encode(text)]);
  }

  draftNext({ header }, text) {
    const [now, pace] = [BigInt(this.replica.now()), VERSION_PACE * BigInt(header.version)];
    const earliest = [now, BigInt(header.modified), BigInt(header.created) + pace];
    const modified = earliest.reduce((one, other) => (one > other ? one : other));
    const version = header.version + 1;
    const next = { ...header, modified, version, modifier: this.peer.peer };
    return this.#sign(next, text === undefined ? undefined : [[], new TextEncoder().encode(text)]);
  }

  /** Signs anew what was drafted, with other fields. */
  resign({ header, body }, changes) {
    const { group } = this.replica;
    return signRecord({ ...header, ...changes, group, seed: this.peer.seed, body });
  }

  #sign(header, body) {
    const { group } = this.replica;
    const { id: credential } = this.best();
    const latest = BigInt(header.latest);
    if (body === undefined) {
      const last = { ...header, credential, expires: latest, key: null, flags: 1 };
      return this.resign({ header: last, body: new Uint8Array() });
    }
    const key = this.replica.newestKey().name;
    const whole = { ...header, credential, key, expires: latest };
    return this.resign({
      header: whole,
      body: sealBody(this.replica.keys.get(key), group, whole, body),
    });
  }

  /** The credential under which this peer acts. */
  best() {
    return this.replica.credentials.best(this.peer.peer, this.replica.now());
  }

  async close() {
    clearTimeout(this.#timer);
    await this.peer.close();
  }
}
