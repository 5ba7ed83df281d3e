// Records as applications meet them: what they say, and whether they are kept.
import { type GroupRecord, PeerError } from "lacis";

/** What a store may say that works again later: of a full disk browsers know no better word. */
const PASSING: readonly string[] = ["store-full", "store-failed", "store-unavailable"];

/** Whether a record that could not be stored is held in memory, and stored as soon as possible. */
export function isKeptAnyway(failure: unknown): boolean {
  return failure instanceof PeerError && PASSING.includes(failure.code);
}

/** Waits until something is stored, or held in memory: then the group says so as a whole. */
export async function kept(writing: Promise<unknown>): Promise<void> {
  try {
    await writing;
  } catch (thrown) {
    if (!isKeptAnyway(thrown)) throw thrown;
  }
}

/** What a record says as JSON; undefined if it is locked, deleted or says something else. */
export function jsonOf(record: GroupRecord): unknown {
  try {
    return record.data === undefined ? undefined : record.json();
  } catch {
    return undefined;
  }
}
