// What two members say to each other about their group on one link (section 15, Groups on a link).
// Nothing is rationed here.

import { BUCKETS, bucketOf, bucketSummary } from "./buckets.mjs";
import { concat } from "./cbor.mjs";
import { checkChain } from "./chains.mjs";
import { mayLetIn } from "./credentials.mjs";
import { hex, isEqual } from "./crypto.mjs";
import { headerFields, headerOf, namesOf } from "./group_schema.mjs";
import * as negentropy from "./negentropy.mjs";
import { readFrame, writeFrame } from "./schema.mjs";

const GROUP = 13;
const BULK = 1;
const [ENTER, REFUSE, JOIN_REQUEST, JOIN_ACCEPT, KEYS, SUMMARY] = [0, 1, 2, 3, 4, 5];
const [QUERY, REPLY, HAVE, WANT, MISSING, DONE, RECORD] = [6, 7, 8, 9, 10, 11, 12];
/** The first of the frames that only members send each other. */
const OF_MEMBERS = KEYS;
const [NOT_ALLOWED, NOT_MEMBER, REVOKED] = [73, 74, 75];

/** Limits of section 13. */
const FRAME_BYTES = 278_528;
const NAMES_MAX = 1_024;
const WANTED_MAX = 256;
/** So small a part fits whatever the other side takes. */
const PART_BYTES = 8_192;

export class GroupLink {
  /** The credential by which the other side is a member. */
  theirs;
  /** The code with which the other side refuses us. */
  refusal;
  /** Buckets that were compared. */
  compared = new Set();
  #group;
  #link;
  #parts = new Map();
  #hasShown = false;
  #isOpen = false;
  #first = [];
  #keysGiven = new Set();
  /** Buckets that this initiator still compares; the first is under way. */
  #buckets = [];
  #missing = [];
  #wanted = new Set();

  constructor(group, link) {
    [this.#group, this.#link] = [group, link];
  }

  get isInitiator() {
    return this.#link.role === "offerer";
  }

  /** The identity of the other side. */
  get peer() {
    return this.#link.theirs;
  }

  /** The place where the two have met. */
  get place() {
    return this.#link.place;
  }

  /** Says who we are, again whenever that is another chain. */
  enter() {
    const { chain } = this.#group;
    this.#hasShown = chain !== undefined;
    this.#say(ENTER, this.#group.replica.now(), chain ?? null, []);
    this.#meet();
  }

  /** A part of a frame has come. */
  part(channel, [tag, more, data]) {
    const key = `${channel}/${hex(tag)}`;
    const parts = [...(this.#parts.get(key) ?? []), data];
    // A frame whose parts are not followed up is dropped.
    this.#parts.clear();
    if (parts.reduce((sum, part) => sum + part.length, 0) > FRAME_BYTES) {
      throw new Error("a frame about a group that is too long");
    }
    if (more) this.#parts.set(key, parts);
    else if (data.length > 0 && isEqual(tag, this.#link.theirTag)) {
      this.#take(readFrame("GroupFrame", concat(...parts)));
    }
  }

  /** Sends a version to a member, and keys that it has not been given. */
  share({ header, body }) {
    if (this.#isMember()) this.#say(RECORD, headerFields(header), body);
  }

  giveKeys() {
    if (!this.#isMember()) return;
    const isNew = ([name]) => !this.#keysGiven.has(hex(name));
    const keys = this.#group.replica.keys.for(this.#link.theirs).filter(isNew);
    if (keys.length === 0) return;
    for (const [name] of keys) this.#keysGiven.add(hex(name));
    this.#say(KEYS, keys, []);
  }

  #take([variant, fields]) {
    if (variant >= OF_MEMBERS && !this.#isMember()) return undefined;
    switch (variant) {
      case ENTER:
        return this.#onEnter(fields);
      case REFUSE:
        [this.refusal] = fields;
        return this.#group.changed();
      case JOIN_REQUEST:
        return this.#onJoinRequest(fields[0]);
      case JOIN_ACCEPT:
        return this.#group.accepted(fields[0]);
      case KEYS:
        for (const [name, key] of fields[0]) this.#group.replica.keys.give(name, key);
        return this.#group.changed();
      case SUMMARY:
        return this.#onSummary(fields[0]);
      case QUERY:
        return this.#onQuery(fields);
      case REPLY:
        return this.#onReply(fields);
      case HAVE:
        return this.#miss(namesOf(fields[0]));
      case WANT:
        return this.#onWant(namesOf(fields[0]));
      case MISSING:
        return this.#arrived(namesOf(fields[0]));
      case DONE:
        this.compared.add(fields[0]);
        return this.#group.changed();
      case RECORD:
        return this.#onRecord(fields);
      default:
        throw new Error(`a frame about a group of number ${variant}`);
    }
  }

  #onEnter([, shown, first]) {
    const { replica } = this.#group;
    this.#first = first.map(bucketOf);
    this.theirs = undefined;
    if (shown === null) return this.#group.changed();
    const credential = this.#lastOf(shown);
    if (credential === undefined || !replica.credentials.isMemberNow(credential, replica.now())) {
      const isShutOut = replica.credentials.ends.some(({ subject }) => {
        return isEqual(subject, this.#link.theirs);
      });
      this.#say(REFUSE, isShutOut ? REVOKED : NOT_MEMBER);
      return this.#offerBetter();
    }
    this.theirs = credential;
    const { chain, invitation } = this.#group;
    if (chain === undefined && invitation?.use !== undefined && mayLetIn(credential)) {
      this.#say(JOIN_REQUEST, invitation.use);
    }
    this.#meet();
    return this.#group.changed();
  }

  /** Whoever was away while it was given other roles comes in by them. */
  #offerBetter() {
    const { credentials } = this.#group.replica;
    const best = credentials.best(this.peer, this.#group.replica.now());
    if (best !== undefined) this.#say(JOIN_ACCEPT, credentials.chainOf(best));
  }

  /** Somebody who has a link asks to be let in. */
  #onJoinRequest(use) {
    const answer = this.#group.admit?.(use, this.peer) ?? NOT_ALLOWED;
    if (typeof answer === "number") this.#say(REFUSE, answer);
    else this.#say(JOIN_ACCEPT, answer);
  }

  /** The last credential of a chain, if that is the other side's, with those above it. */
  #lastOf(shown) {
    try {
      const all = checkChain(shown, this.#group.replica.group);
      if (!isEqual(all.at(-1).subject, this.#link.theirs)) return undefined;
      return all.reduce((above, it, at) => ({ ...it, depth: at + 1, above }), undefined);
    } catch {
      return undefined;
    }
  }

  #isMember() {
    const { replica } = this.#group;
    return (
      this.#hasShown &&
      this.theirs !== undefined &&
      replica.credentials.isMemberNow(this.theirs, replica.now())
    );
  }

  /** Both are members, as far as this side knows. */
  #meet() {
    if (!this.#isMember() || this.#isOpen) return;
    this.#isOpen = true;
    this.giveKeys();
    if (!this.isInitiator) this.compare();
  }

  /** A responder tells what it holds. */
  compare() {
    if (this.#isMember()) this.#say(SUMMARY, this.#group.replica.summary());
  }

  #onSummary(buckets) {
    if (!this.isInitiator || this.#buckets.length > 0) return;
    const theirs = new Map(buckets.map(([number, ...rest]) => [number, rest]));
    const numbers = [0, ...this.#first, ...Array.from({ length: BUCKETS }, (_, at) => at + 1)];
    for (const number of new Set(numbers)) {
      const { group } = this.#group.replica;
      const [, count, sum] = bucketSummary(group, number, this.#items(number));
      const [otherCount, otherSum] = theirs.get(number) ?? [0, new Uint8Array(16)];
      if (count === otherCount && isEqual(sum, otherSum)) this.#done(number);
      else this.#buckets.push(number);
    }
    this.#ask();
  }

  /** Begins to compare the next bucket. */
  #ask() {
    const [number] = this.#buckets;
    if (number === undefined) return;
    this.#say(QUERY, number, negentropy.firstMessage(this.#items(number)));
  }

  #onReply([number, message]) {
    if (this.#buckets[0] !== number) return;
    const found = negentropy.compare(this.#items(number), message);
    for (let at = 0; at < found.have.length; at += NAMES_MAX) {
      this.#say(HAVE, concat(...found.have.slice(at, at + NAMES_MAX)));
    }
    const next = negentropy.next(found);
    this.#miss(found.need);
    if (next !== undefined) return this.#say(QUERY, number, next);
    this.#buckets.shift();
    this.#done(number);
    this.#ask();
  }

  #onQuery([number, message]) {
    if (this.isInitiator) return;
    this.#say(REPLY, number, negentropy.reply(this.#items(number), message));
  }

  #done(number) {
    this.#say(DONE, number);
    this.compared.add(number);
    this.#group.changed();
  }

  #items(number) {
    return this.#group.replica.items(number);
  }

  /** Asks for what is named and not held, not for too much at once. */
  #miss(names) {
    this.#missing.push(...names.filter((name) => !this.#group.replica.has(name)));
    const asked = this.#missing.splice(0, WANTED_MAX - this.#wanted.size);
    for (const name of asked) this.#wanted.add(hex(name));
    if (asked.length > 0) this.#say(WANT, concat(...asked));
  }

  #arrived(names) {
    for (const name of names) this.#wanted.delete(hex(name));
    this.#miss([]);
  }

  #onWant(names) {
    const { replica } = this.#group;
    const missing = names.filter((name) => replica.find(name) === undefined);
    for (const version of names.map((name) => replica.find(name))) {
      if (version !== undefined) this.share(version);
    }
    if (missing.length > 0) this.#say(MISSING, concat(...missing));
  }

  #onRecord([fields, body]) {
    const header = headerOf(fields);
    const name = this.#group.take(header, body, this);
    this.#arrived([name]);
  }

  #say(variant, ...fields) {
    const bytes = writeFrame("GroupFrame", [variant, fields]);
    for (let at = 0; at < bytes.length; at += PART_BYTES) {
      this.sendPart(at + PART_BYTES < bytes.length, bytes.slice(at, at + PART_BYTES));
    }
  }

  /** Sends one part of a frame. */
  sendPart(more, data) {
    this.#link.send(BULK, [GROUP, [this.#link.ourTag, more, data]]);
  }
}
