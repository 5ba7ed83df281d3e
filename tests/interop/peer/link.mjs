// One attempt to link two nodes, and the link that comes of it (sections 8 and 9).
import {
  isEqual,
  nodeIdOf,
  random,
  roomTag,
  signProof,
  transcriptOf,
  verifyProof,
} from "./crypto.mjs";
import { readFrame, writeFrame } from "./schema.mjs";
import { Transport } from "./transport.mjs";

const [OFFER, ANSWER, CANDIDATES, REFUSE] = [0, 1, 2, 6];
const [PROOF, ROOMS, PING, PONG, BYE, GROUP, START, CARRY] = [0, 1, 2, 3, 12, 13, 14, 16];
const [FINGERPRINT_MISMATCH, IDENTITY_MISMATCH, LEFT, PROTOCOL] = [21, 22, 33, 38];
const [CONTROL, BULK, UNRELIABLE] = [0, 1, 2];

/** Two chains (section 15, Groups on a link). */
const EARLY_BYTES = 2 * 14_400;

/** On which channels which frames travel (section 10). */
const CHANNEL_OF = new Map([
  [6, [1]],
  [7, [1]],
  [11, [2]],
  [GROUP, [0, 1]],
]);

export class Link {
  /** Our tag and theirs for the room, once theirs was shown. */
  ourTag;
  theirTag;
  state = "attempt";
  /** The keys with which setup messages of this attempt are sealed. */
  place;
  #owner;
  #member;
  #remote;
  #role;
  #attempt;
  #nonce = random(32);
  /** The oldest and the newest version that were offered. */
  #offered = [1, 1];
  #ours;
  #theirs;
  #transcript;
  #transport;
  #isProven = false;
  /** Frames about the group that have overtaken the list of rooms. */
  #early = [];

  /** `owner` is the peer, `remote` the node id of the other side, `place` where they met. */
  constructor(owner, member, remote, role, attempt, place) {
    [this.#owner, this.#member, this.#remote] = [owner, member, remote];
    [this.#role, this.#attempt, this.place] = [role, attempt, place];
    this.#transport = new Transport({
      candidate: (line) => this.#say(CANDIDATES, attempt, [line]),
      opened: () => this.#onOpen(),
      data: (channel, bytes) => this.#onData(channel, bytes),
      closed: () => this.#end("closed"),
    });
  }

  get attempt() {
    return this.#attempt;
  }

  get role() {
    return this.#role;
  }

  /** The identity that the other side has proven. */
  get theirs() {
    return this.#theirs.peer;
  }

  async offer() {
    const description = await this.#transport.offer();
    this.#ours = this.#party(description);
    this.#say(OFFER, this.#attempt, this.#introduction(), this.#offered, description);
  }

  /** Answers an offer whose versions have been looked at. */
  async answer(introduction, versions, offered) {
    this.#offered = versions;
    const description = await this.#transport.answer(offered);
    this.#ours = this.#party(description);
    this.#theirs = this.#introduced(introduction, offered);
    this.#transcript = transcriptOf(this.#terms(1), this.#theirs, this.#ours);
    const signature = signProof(this.#owner.seed, "answerer", this.#transcript);
    this.#say(ANSWER, this.#attempt, this.#introduction(), 1, description, signature);
  }

  /** Takes an answer, if what it proves holds; nothing is sent to anybody before. */
  async accept([introduction, version, answered, signature]) {
    if (version !== 1) throw new Error("another version than was offered");
    this.#theirs = this.#introduced(introduction, answered);
    this.#transcript = transcriptOf(this.#terms(version), this.#ours, this.#theirs);
    if (!verifyProof(this.#theirs.peer, "answerer", this.#transcript, signature)) {
      this.#say(REFUSE, this.#attempt, FINGERPRINT_MISMATCH);
      return this.#end("fingerprint-mismatch");
    }
    this.#isProven = true;
    await this.#transport.accept(answered);
  }

  async addCandidates(list) {
    for (const line of list) await this.#transport.addCandidate(line);
  }

  send(channel, frame) {
    // Who closes while something waits has said all that counts.
    if (this.state === "linked") this.#transport.send(channel, writeFrame("LinkFrame", frame));
  }

  /** Ends the link with a word, or without one. */
  async close({ silently = false } = {}) {
    if (!silently) this.send(CONTROL, [BYE, [LEFT]]);
    // The frame has to leave first; the other side closes when it has it.
    if (!silently) await new Promise((resolve) => setTimeout(resolve, 200));
    this.#end("closed");
  }

  #party(description) {
    const { node, peer } = this.#owner;
    const { session } = this.#member;
    return { node, peer, nonce: this.#nonce, fingerprint: description[2], session };
  }

  /** What both sign beside who they are. */
  #terms(version) {
    const [attempt, { topic }] = [this.#attempt, this.place];
    return { version, offered: this.#offered, attempt, topic };
  }

  #introduction() {
    const { peer, salt } = this.#owner;
    return [peer, this.#nonce, this.#member.session, salt];
  }

  /** The other end; its node id has to follow from its identity. */
  #introduced([peer, nonce, session, salt], description) {
    if (!isEqual(nodeIdOf(peer, salt), this.#remote)) throw new Error("identity-mismatch");
    this.#member.meet(session);
    return { node: this.#remote, peer, nonce, fingerprint: description[2], session };
  }

  #say(variant, ...fields) {
    this.#owner.say(this.#remote, [variant, fields], this.place);
  }

  #onOpen() {
    if (this.#role === "answerer") return;
    this.state = "linked";
    const signature = signProof(this.#owner.seed, "offerer", this.#transcript);
    this.send(CONTROL, [PROOF, [signature]]);
    this.#showRooms();
  }

  #showRooms() {
    this.ourTag = roomTag(this.#owner.keys, this.#transcript, this.#owner.node);
    this.send(CONTROL, [ROOMS, [[this.ourTag]]]);
  }

  #onData(channel, bytes) {
    try {
      if (typeof bytes === "string") throw new Error("a text message");
      if (!this.#isProven && channel === UNRELIABLE) return;
      const frame = readFrame("LinkFrame", bytes);
      const allowed = CHANNEL_OF.get(frame[0]) ?? [CONTROL];
      if (!allowed.includes(channel)) throw new Error(`frame ${frame[0]} on channel ${channel}`);
      this.#take(frame, channel);
    } catch (error) {
      this.#owner.faults.push(error);
      this.#end("protocol");
    }
  }

  #take(frame, channel) {
    const [variant, fields] = frame;
    if (!this.#isProven) return this.#onProof(variant, fields);
    switch (variant) {
      case ROOMS:
        return this.#onRooms(fields[0]);
      case PING:
        return this.send(CONTROL, [PONG, [fields[0]]]);
      // It knows nobody to whom it could hand anything on.
      case CARRY:
        return undefined;
      // A peer without a store, of an identity that nobody shares, has no use for starts; nor is a
      // second proof one.
      case PONG:
      case START:
      case PROOF:
        return undefined;
      case GROUP:
        return this.#onGroup(channel, fields);
      case BYE:
        return this.#end("left");
      default:
        return this.#member.take(this, frame);
    }
  }

  /** The first frame of the offerer; nothing else is taken before. */
  #onProof(variant, [signature]) {
    const holds =
      variant === PROOF && verifyProof(this.#theirs.peer, "offerer", this.#transcript, signature);
    if (!holds) {
      const code = variant === PROOF ? IDENTITY_MISMATCH : PROTOCOL;
      this.#say(REFUSE, this.#attempt, code);
      throw new Error(`refused with ${code}`);
    }
    this.#isProven = true;
    this.state = "linked";
    this.#showRooms();
  }

  #onGroup(channel, fields) {
    if (this.theirTag !== undefined) return this.#owner.group?.part(this, channel, fields);
    const waiting = this.#early.reduce((sum, [, [, , data]]) => sum + data.length, 0);
    if (channel === BULK && waiting < EARLY_BYTES) this.#early.push([channel, fields]);
  }

  #onRooms(tags) {
    const theirs = roomTag(this.#owner.keys, this.#transcript, this.#remote);
    if (!tags.some((tag) => isEqual(tag, theirs))) return this.#end("no room is shared");
    this.theirTag = theirs;
    this.#owner.linked(this.#remote, this);
    this.#member.attach(this);
    for (const [channel, fields] of this.#early.splice(0)) this.#onGroup(channel, fields);
  }

  #end(reason) {
    if (this.state === "ended") return;
    this.state = "ended";
    this.#member.detach(this);
    this.#transport.close();
    this.#owner.unlinked(this.#remote, this, reason);
  }
}
