import type { CoreRecord } from "../core.js";
import { errorOfAbort, errorOfThrown, PeerError } from "../errors.js";
import { EventQueue } from "../queue.js";
import { DEFAULT_LIMITS } from "../room-options.js";
import type { Session } from "../session.js";
import type { RecordsOptions } from "./options.js";
import { coreFilter } from "./query.js";
import { GroupRecord } from "./record.js";

/**
 * What is looked for in one group, once and on and on.
 *
 * The core alone knows what fits: what is held it reads and filters, and with every version that
 * comes it says which watches it fits, since it has the body open then. So there is no second
 * matching here that could differ from it, and what does not fit is not even handed over.
 */
export class Searches {
  readonly #session: Session;
  readonly #found = new Map<number, GroupRecord[]>();
  readonly #watches = new Map<number, (record: GroupRecord) => void>();
  readonly #ends = new Set<() => void>();
  #last = 0;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Some of what a query found. */
  hear(ticket: number, records: readonly CoreRecord[]): void {
    const found = this.#found.get(ticket);
    for (const record of records) found?.push(new GroupRecord(record));
  }

  /** A version came that these watches fit. */
  tell(watches: readonly number[], record: GroupRecord): void {
    for (const number of watches) this.#watches.get(number)?.(record);
  }

  /** Ends every iterator. */
  end(): void {
    for (const end of [...this.#ends]) end();
  }

  async find(group: number, options: RecordsOptions): Promise<GroupRecord[]> {
    const filter = coreFilter(options.where);
    const found: GroupRecord[] = [];
    const { core, tickets } = this.#session;
    let number = 0;
    const query = (ticket: number): void => {
      number = ticket;
      this.#found.set(ticket, found);
      explained(() => core.query_records(ticket, group, options.type, filter));
    };
    try {
      await tickets.issue(group, query, options.signal);
    } finally {
      this.#found.delete(number);
    }
    return found.sort((a, b) => a.created.getTime() - b.created.getTime());
  }

  records(group: number, options: RecordsOptions): AsyncIterableIterator<GroupRecord, undefined> {
    const { signal } = options;
    if (signal?.aborted) throw errorOfAbort(signal);
    const filter = coreFilter(options.where);
    const { core } = this.#session;
    this.#last += 1;
    const watch = this.#last;
    const early: GroupRecord[] = [];
    let live = false;
    const take = (record: GroupRecord): void => {
      if (live) queue.push(record, record.data?.byteLength ?? 0);
      else early.push(record);
    };
    const end = (): void => queue.end();
    const onAbort = (): void => queue.end(errorOfAbort(signal as AbortSignal));
    const queue = new EventQueue<GroupRecord>(
      { items: Number.MAX_SAFE_INTEGER, bytes: DEFAULT_LIMITS.bytes },
      () => {
        this.#watches.delete(watch);
        this.#session.attempt(() => core.unwatch_records(group, watch));
        signal?.removeEventListener("abort", onAbort);
        this.#ends.delete(end);
      },
    );
    explained(() => core.watch_records(group, watch, options.type, filter));
    this.#watches.set(watch, take);
    signal?.addEventListener("abort", onAbort, { once: true });
    this.#ends.add(end);
    this.find(group, options).then(
      (held) => {
        live = true;
        const newer = new Set(early.map((record) => record.id));
        for (const record of held) if (!newer.has(record.id)) take(record);
        for (const record of early) take(record);
      },
      (error) => queue.end(error),
    );
    return queue;
  }
}

/** Makes a call that is given a type and a query, and says what may be wrong with them. */
function explained(call: () => void): void {
  try {
    call();
  } catch (thrown) {
    const error = errorOfThrown(thrown);
    if (error.code !== "invalid-argument") throw error;
    const detail = "The type is not one, or the query has too many parts or too long texts.";
    throw new PeerError("invalid-argument", { detail, cause: thrown });
  }
}
