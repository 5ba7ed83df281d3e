import type { CoreRecord } from "../core.js";
import type { EventQueue } from "../queue.js";
import { GroupRecord } from "./record.js";

/** How many records are read ahead of whoever reads them. */
const PAGE = 256;

/** What is held, as the core hands it over: so many records at a time. */
export interface Pages {
  begin(
    credit: number,
    hear: (records: readonly CoreRecord[]) => void,
  ): { ticket: number; done: Promise<void> };
  more(ticket: number, count: number): void;
  stop(ticket: number): void;
}

/**
 * Hands out what is held, at the pace of the reader, and then what comes. Of a record that changes
 * while its turn has not come, the new version is handed out in place of the old one.
 */
export class Reading implements AsyncIterableIterator<GroupRecord, undefined> {
  readonly #live: EventQueue<GroupRecord>;
  readonly #pages: Pages;
  /** What was read and not yet taken. */
  readonly #held = new Map<string, GroupRecord>();
  /** Records that came anew while what is held is read: what is held of them is older. */
  readonly #newer = new Set<string>();
  #ticket: number | undefined;
  #isRead = false;
  /** How many the core may still hand over. */
  #credit = 0;
  #woken: Promise<void> | undefined;
  #wake: () => void = () => {};

  constructor(live: EventQueue<GroupRecord>, pages: Pages) {
    this.#live = live;
    this.#pages = pages;
  }

  /** A version came. */
  take(record: GroupRecord): void {
    if (!this.#isRead) {
      this.#held.delete(record.id);
      this.#newer.add(record.id);
    }
    this.#live.push(record, bytesOf(record));
  }

  /** Nothing more is read. */
  stop(): void {
    if (!this.#isRead && this.#ticket !== undefined) this.#pages.stop(this.#ticket);
    this.#end();
  }

  async next(): Promise<IteratorResult<GroupRecord, undefined>> {
    while (!this.#isRead || this.#held.size > 0) {
      for (const [id, value] of this.#held) {
        this.#held.delete(id);
        return { value, done: false };
      }
      await this.#read();
    }
    return this.#live.next();
  }

  return(): Promise<IteratorResult<GroupRecord, undefined>> {
    this.#held.clear();
    return this.#live.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Reads on; resolves when something came, or nothing more will. */
  #read(): Promise<void> {
    if (this.#woken !== undefined) return this.#woken;
    const woken = new Promise<void>((resolve) => {
      this.#wake = () => {
        this.#woken = undefined;
        resolve();
      };
    });
    this.#woken = woken;
    // What is in memory is told inside this call.
    this.#ask();
    return woken;
  }

  #ask(): void {
    const count = PAGE - this.#credit;
    this.#credit = PAGE;
    if (this.#ticket !== undefined) {
      if (count > 0) this.#pages.more(this.#ticket, count);
      return;
    }
    const { ticket, done } = this.#pages.begin(count, (records) => this.#hear(records));
    this.#ticket = ticket;
    done.then(
      () => this.#end(),
      (error) => {
        this.#end();
        this.#live.end(error);
      },
    );
  }

  #hear(records: readonly CoreRecord[]): void {
    this.#credit -= records.length;
    for (const record of records) {
      if (!this.#newer.has(record.id)) this.#held.set(record.id, new GroupRecord(record));
    }
    this.#wake();
  }

  #end(): void {
    this.#isRead = true;
    this.#newer.clear();
    this.#wake();
  }
}

/** What a record takes up here; one without data is not nothing. */
function bytesOf({ header, data, attributes }: GroupRecord): number {
  let bytes = header.byteLength + (data?.byteLength ?? 0);
  for (const [name, value] of Object.entries(attributes)) bytes += name.length + `${value}`.length;
  return bytes;
}
