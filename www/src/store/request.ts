import { PeerError, type PeerErrorCode } from "../errors.js";

/** The result of a request, or a `PeerError` that says why there is none. */
export function settle<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(errorOfStore(request.error));
  });
}

export function errorOfStore(cause: unknown): PeerError {
  if (cause instanceof PeerError) return cause;
  const isFull = cause instanceof DOMException && cause.name === "QuotaExceededError";
  const code: PeerErrorCode = isFull ? "store-full" : "store-failed";
  return new PeerError(code, { cause });
}
