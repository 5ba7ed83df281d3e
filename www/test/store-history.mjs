// A random history of a store held against a plain map. It runs in Node and in a page, so it
// imports nothing: whoever runs it says how to open the store.

const [META, HEADS, BODIES] = [0, 2, 3];
const GROUPS = 3;

/** Numbers from 0 to below 1, the same for the same seed. */
function randomOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A key as the core has it: the group, then the record. */
export function keyOf(group, record) {
  const key = new Uint8Array(48).fill(group, 0, 32);
  new DataView(key.buffer).setUint32(44, record);
  return key;
}

export function bytesOf(text, bytes = 40) {
  const value = new Uint8Array(bytes);
  value.set(new TextEncoder().encode(text).subarray(0, bytes));
  return value;
}

const nameOf = (table, key) => `${table} ${key.join()}`;
const order = (a, b) => {
  for (const [at, byte] of a.entries()) if (byte !== b[at]) return byte - (b[at] ?? -1);
  return a.length - b.length;
};

export class History {
  /** What the store has to hold: table, key and value by name. */
  model = new Map();
  counts = { written: 0, batches: 0, pages: 0, erased: 0, reopened: 0, crashed: 0, unsettled: 0 };
  #random;
  /** How many of the changes are deletions. */
  #deletions;
  #open;
  #spoil;
  #store;

  /**
   * `open` makes this page the owner of the store, even while the last one is; `spoil`, if there is
   * one, closes its handle under it, as a browser may.
   */
  constructor(seed, open, spoil) {
    this.#random = randomOf(seed);
    this.#deletions = this.#random() / 2;
    this.#open = open;
    this.#spoil = spoil;
  }

  async run(steps) {
    this.#store = await this.#open();
    // One history in three has a batch as large as a first sync.
    const large = this.#random() < 1 / 3 ? this.#below(steps) : -1;
    for (let step = 0; step < steps; step += 1) {
      if (step === large) await this.#write(1 + this.#below(20_000), HEADS);
      else await this.#step();
    }
    await this.#reopen();
    await this.#compare();
    this.#store.close();
    return this.counts;
  }

  async #step() {
    const dice = this.#random();
    if (dice < 0.3) await this.#write(1 + this.#below(30));
    else if (dice < 0.4) await this.#write(1 + this.#below(500), HEADS);
    else if (dice < 0.5) await this.#burst();
    else if (dice < 0.7) await this.#readSome();
    else if (dice < 0.78) await this.#compareGroup(1 + this.#below(GROUPS));
    else if (dice < 0.84) await this.#erase();
    else if (dice < 0.9) await this.#reopen();
    else if (dice < 0.96) await this.#crash();
    else this.#spoil?.();
  }

  #below(limit) {
    return Math.floor(this.#random() * limit);
  }

  #change(table, group = 1 + this.#below(GROUPS)) {
    if (table === META) return { table, key: keyOf(group, 0).slice(0, 32), value: this.#value() };
    const value = this.#random() < this.#deletions ? undefined : this.#value();
    return { table, key: keyOf(group, this.#below(3_000)), value };
  }

  #value() {
    return bytesOf(`${this.counts.written} ${this.#random()}`, 30 + this.#below(300));
  }

  #batch(size, table, group) {
    this.counts.batches += 1;
    return Array.from({ length: size }, () => {
      this.counts.written += 1;
      return this.#change(table ?? [META, HEADS, HEADS, HEADS, BODIES][this.#below(5)], group);
    });
  }

  async #write(size, table, group) {
    const batch = this.#batch(size, table, group);
    const written = this.#hand(this.#store, batch);
    apply(this.model, batch);
    await written;
  }

  /** Writes all at once, or as it is gathered. */
  #hand(store, batch) {
    if (this.#random() < 0.5) return store.write(batch);
    const gathered = [];
    const [some, more] = [batch.length / 3, (2 * batch.length) / 3].map(Math.floor);
    for (const part of [batch.slice(0, some), batch.slice(some, more)]) {
      gathered.push(...part);
      store.begin(gathered);
    }
    gathered.push(...batch.slice(more));
    return store.write(gathered);
  }

  /** Many small ones into one group, of which most wait for those before: they are merged. */
  async #burst() {
    const group = 1 + this.#below(GROUPS);
    await Promise.all(Array.from({ length: 50 }, () => this.#write(1, HEADS, group)));
  }

  async #erase() {
    const prefix = keyOf(1 + this.#below(GROUPS), 0).slice(0, 32);
    const erased = this.#store.erase(prefix);
    for (const [name, { key }] of this.model) if (isBelow(key, prefix)) this.model.delete(name);
    this.counts.erased += 1;
    await erased;
  }

  async #reopen() {
    this.#store.close();
    this.#store = await this.#open();
    this.counts.reopened += 1;
  }

  /** Another owner begins while writes are under way: each of them is done, or nothing of it. */
  async #crash() {
    const before = this.#store;
    const batches = [1 + this.#below(5), 1 + this.#below(50), 1].map((size) => this.#batch(size));
    const writes = batches.map((batch) => this.#hand(before, batch));
    const opening = this.#open();
    for (const [at, { status, reason }] of (await Promise.allSettled(writes)).entries()) {
      if (status === "fulfilled") apply(this.model, batches[at]);
      else if (reason.code !== "store-in-use") throw reason;
      else this.counts.unsettled += 1;
    }
    this.#store = await opening;
    this.counts.crashed += 1;
    const late = await this.#hand(before, batches[0]).catch((error) => error.code);
    if (late !== "store-in-use") throw new Error(`one that was taken over wrote: ${late}`);
    before.close();
    await this.#compare();
  }

  async #readSome() {
    const table = this.#random() < 0.5 ? HEADS : BODIES;
    const keys = Array.from({ length: 30 }, () => this.#change(table).key).sort(order);
    const values = await this.#store.read(table, keys);
    for (const [at, key] of keys.entries()) {
      const wanted = this.model.get(nameOf(table, key))?.value;
      if (String(values[at]) !== String(wanted)) throw new Error(`${key} is ${values[at]}`);
    }
  }

  async #compare() {
    for (let group = 1; group <= GROUPS; group += 1) await this.#compareGroup(group);
    await this.#compareWith(META, new Uint8Array(0));
  }

  async #compareGroup(group) {
    const prefix = keyOf(group, 0).slice(0, 32);
    for (const table of [HEADS, BODIES]) await this.#compareWith(table, prefix);
  }

  async #compareWith(table, prefix) {
    const limit = [100, 700, 4_096][this.#below(3)];
    const found = [];
    let page;
    do {
      page = await this.#store.scan(table, prefix, found.at(-1)?.key, limit);
      for (const [at, key] of page.keys.entries()) found.push({ key, value: page.values[at] });
      this.counts.pages += 1;
    } while (page.keys.length === limit);
    const wanted = [...this.model.values()]
      .filter((entry) => entry.table === table && isBelow(entry.key, prefix))
      .sort((a, b) => order(a.key, b.key));
    const texts = (entries) => entries.map(({ key, value }) => `${key}: ${value}`);
    const [is, should] = [texts(found), texts(wanted)];
    const at = should.findIndex((text, place) => text !== is[place]);
    if (is.length !== should.length || at >= 0) {
      const counts = `${is.length} instead of ${should.length} entries of table ${table}`;
      throw new Error(`${counts}; at ${at} ${is[at]} instead of ${should[at]}`);
    }
  }
}

const isBelow = (key, prefix) => prefix.every((byte, at) => key[at] === byte);

function apply(model, batch) {
  for (const { table, key, value } of batch) {
    if (value === undefined) model.delete(nameOf(table, key));
    else model.set(nameOf(table, key), { table, key, value });
  }
}
