/** Whether a key begins with the prefix. */
export function startsWith(key: Uint8Array, prefix: Uint8Array): boolean {
  return prefix.every((byte, at) => key[at] === byte);
}

/** The first key after all that begin with the prefix; undefined if none comes after them. */
export function upperEnd(prefix: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
  const end = [...prefix];
  while (end.at(-1) === 0xff) end.pop();
  const last = end.pop();
  return last === undefined ? undefined : Uint8Array.of(...end, last + 1);
}

/** Keys that begin with the prefix and come after `after`; undefined stands for all keys. */
export function rangeOf(prefix: Uint8Array, after?: Uint8Array): IDBKeyRange | undefined {
  const end = upperEnd(prefix);
  const lower = (after ?? prefix) as BufferSource;
  if (end !== undefined) return IDBKeyRange.bound(lower, end, after !== undefined, true);
  return lower.byteLength === 0 ? undefined : IDBKeyRange.lowerBound(lower, after !== undefined);
}

/** Deletes what lies in a range. */
export function deleteRange(table: IDBObjectStore, range: IDBKeyRange | undefined): void {
  if (range === undefined) table.clear();
  else table.delete(range);
}
