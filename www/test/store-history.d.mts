import type { Store } from "../src/store/store.js";

export declare function keyOf(group: number, record: number): Uint8Array<ArrayBuffer>;
export declare function bytesOf(text: string, bytes?: number): Uint8Array<ArrayBuffer>;

/** A random history of a store held against a plain map. */
export declare class History {
  constructor(seed: number, open: () => Promise<Store>, spoil?: () => void);
  run(steps: number): Promise<Record<string, number>>;
}
