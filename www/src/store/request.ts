import { PeerError, type PeerErrorCode } from "../errors.js";

/** The result of a request, or what the browser says instead. */
export function settle<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** Resolves when everything that a transaction did outlasts it. */
export function completion(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? closedHandle());
  });
}

/** What a transaction says that ended with its handle, without an error of its own. */
function closedHandle(): DOMException {
  return new DOMException("The handle was closed.", "AbortError");
}

/** What the browser says of a handle that is of no use any more, while another one may be. */
const HANDLE_IS_GONE: readonly string[] = [
  // The handle was closed before the transaction began.
  "InvalidStateError",
  // It was closed while the transaction ran.
  "AbortError",
  // The process that holds the files is gone, or was for a moment.
  "UnknownError",
];

/** Whether the same may work on a handle that is opened anew. */
export function isHandleGone(cause: unknown): boolean {
  return cause instanceof DOMException && HANDLE_IS_GONE.includes(cause.name);
}

const CODES: Readonly<Record<string, PeerErrorCode>> = {
  QuotaExceededError: "store-full",
  VersionError: "store-version",
};

/** Why something that was asked of an open database did not work. */
export function errorOfStore(cause: unknown): PeerError {
  return errorOf(cause, "store-failed");
}

/** Why a database could not be opened. */
export function errorOfOpening(cause: unknown): PeerError {
  return errorOf(cause, "store-unavailable");
}

function errorOf(cause: unknown, otherwise: PeerErrorCode): PeerError {
  if (cause instanceof PeerError) return cause;
  const code = cause instanceof DOMException ? CODES[cause.name] : undefined;
  return new PeerError(code ?? otherwise, { cause });
}
