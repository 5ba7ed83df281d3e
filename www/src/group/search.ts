import type { CoreFilter, CoreRecord } from "../core.js";
import { attempted, errorOfAbort } from "../errors.js";
import { EventQueue } from "../queue.js";
import { DEFAULT_LIMITS } from "../room-options.js";
import type { Session } from "../session.js";
import { scopeOfGroup } from "../tickets.js";
import type { FindOptions, WatchOptions } from "./options.js";
import { coreFilter } from "./query.js";
import { Reading } from "./reading.js";
import { GroupRecord } from "./record.js";

/** What may be wrong with what the core is given. */
const QUERY_RULE = "where: the query has too many parts or too long texts";

/**
 * What is looked for in one group, once and on and on.
 *
 * The core alone knows what fits: what is held it reads and filters, and with every version that
 * comes it says which watches it fits, since it has the body open then. So there is no second
 * matching here that could differ from it, and what does not fit is not even handed over.
 */
export class Searches {
  readonly #session: Session;
  readonly #found = new Map<number, (records: readonly CoreRecord[]) => void>();
  readonly #watches = new Map<number, (record: GroupRecord) => void>();
  readonly #ends = new Set<() => void>();
  #last = 0;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Some of what a query found. */
  hear(ticket: number, records: readonly CoreRecord[]): void {
    this.#found.get(ticket)?.(records);
  }

  /** A version came that these watches fit. */
  tell(watches: Iterable<number>, record: GroupRecord): void {
    for (const number of watches) this.#watches.get(number)?.(record);
  }

  /** Ends every iterator. */
  end(): void {
    for (const end of [...this.#ends]) end();
  }

  async find(group: number, options: FindOptions): Promise<GroupRecord[]> {
    const { type, limit, order = "oldest", signal } = options;
    const isNewest = order === "newest";
    const filter = coreFilter(options.where);
    const found: GroupRecord[] = [];
    const { core, tickets } = this.#session;
    let number = 0;
    const hear = (records: readonly CoreRecord[]): void => {
      for (const record of records) found.push(new GroupRecord(record));
      if (limit === undefined || found.length < limit) return;
      // The rest need not be read.
      tickets.complete(number);
      this.#session.attempt(() => core.cancel(number));
    };
    const query = (ticket: number): void => {
      number = ticket;
      this.#found.set(ticket, hear);
      attempted(() => {
        if (limit === undefined) core.query_records(ticket, group, type, filter);
        else core.page_records(ticket, group, type, filter, isNewest, limit);
      }, QUERY_RULE);
    };
    try {
      await tickets.issue(scopeOfGroup(group), query, signal);
    } finally {
      this.#found.delete(number);
    }
    const sign = isNewest ? -1 : 1;
    found.sort((a, b) => sign * (a.created.getTime() - b.created.getTime()));
    return found.slice(0, limit);
  }

  watch(group: number, options: WatchOptions): AsyncIterableIterator<GroupRecord, undefined> {
    const { type, signal } = options;
    if (signal?.aborted) throw errorOfAbort(signal);
    const filter = coreFilter(options.where);
    const { core } = this.#session;
    this.#last += 1;
    const watch = this.#last;
    const end = (): void => live.end();
    const onAbort = (): void => live.end(errorOfAbort(signal as AbortSignal));
    const live = new EventQueue<GroupRecord>(
      { items: Number.MAX_SAFE_INTEGER, bytes: DEFAULT_LIMITS.bytes },
      () => {
        reading.stop();
        this.#watches.delete(watch);
        this.#session.attempt(() => core.unwatch_records(group, watch));
        signal?.removeEventListener("abort", onAbort);
        this.#ends.delete(end);
      },
    );
    const reading = new Reading(live, {
      begin: (credit, hear) => this.#page(group, type, filter, credit, hear),
      more: (ticket, count) => this.#session.attempt(() => core.page_on(ticket, group, count)),
      stop: (ticket) => {
        this.#found.delete(ticket);
        this.#session.attempt(() => core.cancel(ticket));
      },
    });
    attempted(() => core.watch_records(group, watch, type, filter), QUERY_RULE);
    this.#watches.set(watch, (record) => reading.take(record));
    signal?.addEventListener("abort", onAbort, { once: true });
    this.#ends.add(end);
    return reading;
  }

  #page(
    group: number,
    type: string | undefined,
    filter: CoreFilter | undefined,
    credit: number,
    hear: (records: readonly CoreRecord[]) => void,
  ): { ticket: number; done: Promise<void> } {
    let number = 0;
    const done = this.#session.tickets.issue(scopeOfGroup(group), (ticket) => {
      number = ticket;
      this.#found.set(ticket, hear);
      const { core } = this.#session;
      attempted(() => core.page_records(ticket, group, type, filter, false, credit), QUERY_RULE);
    });
    const forget = (): boolean => this.#found.delete(number);
    done.then(forget, forget);
    return { ticket: number, done };
  }
}
