// What one peer holds of a group: the live versions, what waits or is set aside, and the keys.

import { bucketOf, bucketSummary } from "./buckets.mjs";
import { chainBytes } from "./chains.mjs";
import { Credentials } from "./credentials.mjs";
import { hex, isEqual } from "./crypto.mjs";
import { actionsOf, isOfSystem } from "./group_schema.mjs";
import { actionOf, contentOf, judge } from "./judging.mjs";
import { Keyring } from "./keyring.mjs";
import { endIdOf } from "./keys.mjs";
import { inOrder } from "./negentropy.mjs";
import { authorOf, compareVersions, idText, signRecord, versionName } from "./records.mjs";

export class Replica {
  group;
  credentials = new Credentials();
  keys;
  /** Live versions by record: `{ header, body, name }`. */
  #live = new Map();
  /** Versions that wait for their credential, or that an end leaves unnamed. */
  #aside = [];

  constructor(group, seed, identity) {
    this.group = group;
    this.keys = new Keyring(group, seed, identity);
  }

  now() {
    return Date.now();
  }

  /**
   * Takes a version; gives all that became live by it. Throws if it is refused. `older` is told of
   * the live version that is greater.
   */
  take(header, body, older = () => {}) {
    const version = { header, body, name: versionName(header) };
    const live = this.#live.get(idText(header));
    if (live !== undefined && hex(live.name) === hex(version.name)) return [];
    const { fate, chain } = judge(version, this.group, this.credentials, this.now());
    if (fate === "waits" || !this.#stands(version)) {
      this.#aside.push(version);
      return [];
    }
    if (live !== undefined && compareVersions(live.header, header) > 0) {
      older(live);
      return [];
    }
    this.#live.set(idText(header), version);
    if (!isOfSystem(header.type)) return [version];
    this.#apply(version, chain);
    return [version, ...this.#takeAside()];
  }

  /** A record that shows a chain, by its subject or its issuer. */
  shown(chain, seed, identity) {
    const { id, notAfter } = chain.at(-1);
    return signRecord({
      group: this.group,
      seed,
      type: "lacis.member",
      salt: id.slice(0, 8),
      creator: identity,
      credential: id,
      created: 0,
      modified: 0,
      expires: notAfter,
      latest: notAfter,
      body: chainBytes(chain.map(({ fields }) => fields)),
    });
  }

  /** What is live and has not ended. */
  all() {
    const now = BigInt(this.now());
    return [...this.#live.values()].filter(({ header }) => BigInt(header.expires) > now);
  }

  find(name) {
    return this.all().find((it) => hex(it.name) === hex(name));
  }

  has(name) {
    return [...this.#live.values(), ...this.#aside].some((it) => hex(it.name) === hex(name));
  }

  /** The items of a bucket, in the order in which they are compared. */
  items(bucket) {
    const versions = this.all().filter(({ header }) => bucketOf(header.type) === bucket);
    return inOrder(versions.map(({ header, name }) => ({ at: Number(header.modified), id: name })));
  }

  /** The buckets that hold something, as `Summary` names them. */
  summary() {
    const numbers = new Set(this.all().map(({ header }) => bucketOf(header.type)));
    const ascending = [...numbers].sort((one, other) => one - other);
    return ascending.map((number) => bucketSummary(this.group, number, this.items(number)));
  }

  /** What the group calls itself. */
  properties() {
    const found = this.all().find(({ header }) => header.type === "lacis.group");
    return found && contentOf(found);
  }

  newestKey() {
    return this.keys.newest(this.credentials.ends);
  }

  #stands({ header, name }) {
    const credential = header.credential && this.credentials.find(header.credential);
    if (!credential || header.type === "lacis.member") return true;
    const tookRights = isOfSystem(header.type) || !isEqual(authorOf(header), header.creator);
    return this.credentials.stands(actionOf(name), credential, tookRights);
  }

  #apply({ header, body, name }, chain) {
    if (chain !== undefined) this.credentials.learn(chain);
    const content = contentOf({ header, body });
    if (header.type === "lacis.key" && content !== undefined) {
      this.keys.add(header.creator, header.modified, name, content);
    }
    this.credentials.judge(this.#revocations());
    // Whatever an end takes away is set aside.
    for (const [id, version] of this.#live) {
      if (this.#stands(version)) continue;
      this.#live.delete(id);
      this.#aside.push(version);
    }
  }

  #revocations() {
    const all = [...this.#live.values(), ...this.#aside];
    return all
      .filter(({ header }) => header.type === "lacis.revocation" && header.format === 1)
      .map(({ header, body, name }) => {
        const [subject, nonce, adds, scope, actions] = contentOf({ header, body });
        return {
          id: endIdOf(this.group, header.creator, subject, nonce),
          author: header.creator,
          credential: header.credential,
          action: actionOf(name),
          subject,
          adds,
          scope,
          actions: actionsOf(actions),
        };
      });
  }

  /** Judges anew what waited or was set aside. */
  #takeAside() {
    const waiting = this.#aside.splice(0);
    return waiting.flatMap(({ header, body }) => {
      try {
        return this.take(header, body);
      } catch {
        return [];
      }
    });
  }
}
