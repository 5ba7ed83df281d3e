// The keys that a peer has, and which of them is the newest (section 15, Which key).
import { hex, isEqual } from "./crypto.mjs";
import {
  isPromised,
  keyNameOf,
  keyPartOf,
  meetingKeyOf,
  openMeeting,
  openSealed,
} from "./keys.mjs";

/** Most keys that are kept before their records come. */
const EARLY_MAX = 64;

export class Keyring {
  #group;
  #seed;
  #identity;
  /** By name: `{ name, parts, author, all }`, `all` being the parts by their numbers. */
  #records = new Map();
  #keys = new Map();
  #early = new Map();

  constructor(group, seed, identity) {
    [this.#group, this.#seed, this.#identity] = [group, seed, identity];
  }

  /** Takes a part of a key record that is live; `version` is its header's name. */
  add(author, modified, version, content) {
    const part = keyPartOf(content);
    const name = keyNameOf(this.#group, author, part);
    const record = this.#records.get(hex(name)) ?? { name, parts: part.parts, all: new Map() };
    this.#records.set(hex(name), record);
    const other = record.all.get(part.part);
    if (other !== undefined && Buffer.compare(other.version, version) <= 0) return;
    record.all.set(part.part, { ...part, modified: BigInt(modified), version });
    const early = this.#early.get(hex(name));
    if (early !== undefined) this.give(name, early);
    const sealed = openSealed(this.#seed, this.#identity, this.#group, name, part.sealed);
    if (sealed !== undefined) this.give(name, sealed);
  }

  /** Takes a key, if its whole record promises it; keeps it for later if that is not here yet. */
  give(name, key) {
    const record = this.#records.get(hex(name));
    if (record === undefined || record.all.size < record.parts) {
      if (this.#early.size < EARLY_MAX) this.#early.set(hex(name), key);
      return;
    }
    this.#early.delete(hex(name));
    const isRight = [...record.all.values()].every((part) => isPromised(this.#group, part, key));
    if (!isRight) throw new Error("a key that its record does not promise");
    this.#keys.set(hex(name), key);
  }

  get(name) {
    return this.#keys.get(hex(name));
  }

  /** The newest key record that is whole, for the ends that hold. */
  newest(ends) {
    const holding = new Set(ends.map(({ id }) => hex(id)));
    const order = ({ name, all }) => {
      const covers = [...all.values()].flatMap((part) => part.covers);
      const covered = covers.filter(([, end]) => holding.has(hex(end))).length;
      return { name, covered, modified: all.get(0).modified };
    };
    const whole = [...this.#records.values()].filter(({ parts, all }) => all.size === parts);
    const [first] = whole.map(order).sort(isNewer);
    return first && { ...first, coversAll: first.covered === holding.size };
  }

  /** The key of the topic, from the record of a key that is here. */
  topicOf(name) {
    const key = this.get(name);
    if (key === undefined) return undefined;
    const part = this.#records.get(hex(name)).all.get(0);
    return openMeeting(meetingKeyOf(key), part).topic;
  }

  /** What a member is given: every key whose record is whole and does not name it as ended. */
  for(subject) {
    const given = [...this.#keys].map(([name, key]) => [this.#records.get(name), key]);
    const names = (record) => [...record.all.values()].flatMap((part) => part.covers);
    const mayHave = ([record]) => !names(record).some(([covered]) => isEqual(covered, subject));
    return given.filter(mayHave).map(([{ name }, key]) => [name, key]);
  }
}

function isNewer(one, other) {
  if (one.covered !== other.covered) return other.covered - one.covered;
  if (one.modified !== other.modified) return one.modified > other.modified ? -1 : 1;
  return Buffer.compare(other.name, one.name);
}
