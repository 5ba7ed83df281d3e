/** Every reason this package gives for a failure, with what to tell a person about it. */

interface Reason {
  /** Whether doing the same thing again, later, can succeed. */
  readonly retryable: boolean;
  /** One plain sentence. */
  readonly sentence: string;
}

const reason = (retryable: boolean, sentence: string): Reason => ({ retryable, sentence });

// The one table of codes. `PeerErrorCode` is made of its keys, so the two cannot differ; a test
// compares the keys with what the core reports.
const reasons = {
  "link-unknown": reason(false, "This is not an invitation link."),
  "link-damaged": reason(
    false,
    "This invitation link is damaged: a part is missing or was changed. Copy it again as a whole.",
  ),
  "link-version": reason(
    false,
    "This invitation was made by a newer version of this app. Reload the page and try again.",
  ),
  "already-joined": reason(false, "You have joined this already."),
  "too-many-rooms": reason(false, "Too many rooms are open here. Leave one first."),
  "not-in-room": reason(false, "You are no longer in this room."),
  "remote-unknown": reason(false, "There is nobody with this name in the room."),
  "remote-left": reason(false, "This person has left the room."),
  "too-large": reason(false, "This is too large to go in one piece. Send it as a file."),
  "label-invalid": reason(false, "The label of a message must be a text of 1 to 64 bytes."),
  "would-block": reason(true, "Too much is waiting to be sent. Try again in a moment."),
  "signaling-unreachable": reason(
    true,
    "The server cannot be reached. Check your connection to the Internet.",
  ),
  "signaling-refused": reason(false, "The server refused the connection."),
  "signaling-lost": reason(true, "The connection to the server was lost."),
  "node-taken": reason(true, "The server already knows this tab under another connection."),
  "server-full": reason(true, "The server is full right now. Try again later."),
  "rate-limited": reason(true, "That was too much at once for the server. Try again in a moment."),
  "version-mismatch": reason(
    false,
    "The other side runs a version that cannot talk to this one. Reload both pages.",
  ),
  "ice-failed": reason(
    true,
    "No direct way to the other side was found. A network between you may block it.",
  ),
  "dtls-failed": reason(true, "The private connection to the other side could not be set up."),
  "fingerprint-mismatch": reason(
    false,
    "Someone in between tampered with this connection, so it was refused.",
  ),
  "identity-mismatch": reason(
    false,
    "The other side could not prove who it is, so the connection was refused.",
  ),
  "signal-tampered": reason(
    false,
    "A message that arrived through the server was not genuine and was ignored.",
  ),
  "webrtc-blocked": reason(
    false,
    "This browser blocks direct connections (WebRTC). An extension or a setting may be the cause.",
  ),
  busy: reason(true, "One of the two sides has no room for another connection right now."),
  "no-answer": reason(true, "The other side did not answer."),
  "link-lost": reason(true, "The connection to this person was lost."),
  timeout: reason(true, "This took too long."),
  aborted: reason(false, "This was cancelled."),
  rejected: reason(false, "The other side declined."),
  "no-handler": reason(false, "The other side does not answer this kind of question."),
  "handler-failed": reason(false, "The other side could not answer because of an error there."),
  left: reason(false, "The room was left."),
  closed: reason(false, "This was closed."),
  suspended: reason(true, "The page was put aside meanwhile. It is connected again now."),
  "invalid-argument": reason(false, "The app passed on something that is not valid."),
  replaced: reason(true, "The connection was rebuilt, and what was under way on it ended."),
  protocol: reason(false, "The other side sent something that makes no sense here."),
  "stream-unknown": reason(false, "This file transfer no longer exists."),
  "source-failed": reason(false, "This file cannot be read any more. Choose it again."),
  internal: reason(false, "Something went wrong inside the app. Reload the page."),
  "store-full": reason(true, "There is no space left on this device to keep this."),
  "store-failed": reason(true, "This browser could not keep this."),
  "store-closed": reason(false, "The place where this is kept was closed."),
  "store-unavailable": reason(false, "This browser does not let this page keep anything."),
  "store-damaged": reason(false, "What was kept here was damaged."),
  "store-in-use": reason(true, "This is open in another tab or window. Close it there first."),
  "store-version": reason(
    false,
    "What is kept here was written by a newer version of this app. Reload the page.",
  ),
  "invitation-unknown": reason(false, "This is not an invitation."),
  "invitation-damaged": reason(
    false,
    "This invitation is damaged: a part is missing or was changed. Copy it again as a whole.",
  ),
  "invitation-version": reason(
    false,
    "This invitation was made by a newer version of this app. Reload the page and try again.",
  ),
  "invitation-expired": reason(false, "This invitation has expired. Ask for a new one."),
  "invitation-not-yet-valid": reason(
    true,
    "This invitation is not valid yet, or the clock of this device is wrong.",
  ),
  "invitation-not-trusted": reason(false, "Whoever made this invitation may not invite anybody."),
  "invitation-not-for-you": reason(false, "This invitation is for somebody else."),
  "invitation-used-up": reason(
    false,
    "As many people have used this invitation as may. Ask for a new one.",
  ),
  "invitation-ended": reason(
    false,
    "This invitation was ended, or whoever is there does not know it yet. Ask for a new one.",
  ),
  "no-issuer": reason(
    true,
    "Nobody who may let you in is there right now. Try again when somebody is.",
  ),
  "group-unknown": reason(false, "This group is not open here."),
  "group-open": reason(false, "This group is open already."),
  "too-many-groups": reason(false, "Too many groups are open here. Close one first."),
  "not-connected": reason(true, "This group is not connected."),
  "member-away": reason(true, "This person is not here right now."),
  "not-allowed": reason(false, "You may not do this in this group."),
  "not-member": reason(false, "This person is not a member of the group."),
  revoked: reason(false, "This membership was taken back."),
  "over-budget": reason(
    false,
    "You have written as much in this group as one member may. Delete something first.",
  ),
  superseded: reason(
    true,
    "Somebody else changed this a moment earlier. Look at it, then try again.",
  ),
  "record-unknown": reason(false, "This is not here, or not any more."),
  "no-key": reason(true, "The key to read and write here has not arrived yet."),
  "chain-too-long": reason(false, "Too many people stand between the founder and you."),
  "card-unknown": reason(false, "This is not an identity card."),
  "card-damaged": reason(false, "This identity card is damaged. Ask for it again."),
  "card-version": reason(false, "This identity card needs a newer version of the app."),
  "card-not-trusted": reason(false, "This identity card was not made by whom it names."),
  "export-damaged": reason(false, "This is not an exported group, or it is damaged."),
  "pairing-unknown": reason(false, "This is not a text that connects two devices by hand."),
  "pairing-damaged": reason(
    false,
    "This text is damaged: a part is missing or was changed. Copy it again as a whole.",
  ),
  "pairing-version": reason(
    false,
    "This text was made by a newer version of this app. Reload the page and try again.",
  ),
  "pairing-mismatch": reason(
    false,
    "This text belongs to another attempt, or was used already. Begin anew on both devices.",
  ),
  "identity-unknown": reason(false, "This identity is not kept in this browser."),
  "identity-known": reason(false, "This identity is kept in this browser already."),
  "identity-damaged": reason(false, "This is not an exported identity, or it is damaged."),
  "wrong-password": reason(false, "The password is wrong."),
  "unsupported-platform": reason(
    false,
    "This browser cannot make direct connections: WebRTC or WebAssembly is missing.",
  ),
  "insecure-context": reason(false, "The address of this page must begin with https for this."),
  "not-initialized": reason(false, "The app used the library before it was loaded."),
  "wasm-failed": reason(true, "A part of this app could not be loaded. Reload the page."),
  "too-slow": reason(false, "Messages came in faster than the app could take them."),
} as const satisfies Record<string, Reason>;

/**
 * Every code a {@link PeerError} can carry. Codes are stable: new ones may be added, none changes
 * its meaning.
 */
export type PeerErrorCode = keyof typeof reasons;

/** All codes, for tables and tests. */
export const peerErrorCodes = Object.keys(reasons) as readonly PeerErrorCode[];

/**
 * The one error class of this package.
 *
 * @example
 * ```ts
 * try {
 *   await room.send(remote.id, "chat", "hello");
 * } catch (error) {
 *   if (error instanceof PeerError && error.retryable) showRetryButton(error.message);
 * }
 * ```
 */
export class PeerError extends Error {
  override readonly name = "PeerError";
  /** What went wrong, as a stable kebab-case text. */
  readonly code: PeerErrorCode;
  readonly #detail: string | undefined;

  /** The message is one plain sentence for people; `detail` is for whoever writes the program. */
  constructor(code: PeerErrorCode, options?: ErrorOptions & { detail?: string | undefined }) {
    super(reasons[code].sentence, options);
    this.code = code;
    const detail = options?.detail;
    this.#detail = detail;
    if (detail === undefined) return;
    // What consoles print beside the message: where they print the stack as it is (Chromium, Node)
    // that, elsewhere (Firefox) the cause.
    const stack = this.stack?.replace("\n    at ", (at) => `${at}[${detail}]${at}`);
    if (stack !== undefined && stack !== this.stack) this.stack = stack;
    else this.cause ??= detail;
  }

  /**
   * For developers: which argument was wrong and by which rule, or what is to be done, if more is
   * known than the code says. It names types and never secrets, and consoles print it.
   */
  get detail(): string | undefined {
    return this.#detail;
  }

  /** Whether the same call can succeed later without anything else being changed. */
  get retryable(): boolean {
    return reasons[this.code].retryable;
  }

  /** The name and the sentence, and the detail in brackets. */
  override toString(): string {
    return `${super.toString()}${this.#detail === undefined ? "" : ` [${this.#detail}]`}`;
  }
}

/** That a caller passed on what is not valid; `detail` says what, and by which rule. */
export function invalid(detail: string, cause?: unknown): PeerError {
  return new PeerError("invalid-argument", cause === undefined ? { detail } : { detail, cause });
}

/** Turns a code that came from the core into an error; an unknown one becomes `internal`. */
export function errorOfCode(code: string, cause?: unknown): PeerError {
  const options = cause === undefined ? {} : { cause };
  if (Object.hasOwn(reasons, code)) return new PeerError(code as PeerErrorCode, options);
  return new PeerError("internal", { cause: cause ?? code });
}

/** A code that came from the core; an unknown one becomes `internal`. */
export function codeOf(code: string): PeerErrorCode;
export function codeOf(code: string | undefined): PeerErrorCode | undefined;
export function codeOf(code: string | undefined): PeerErrorCode | undefined {
  return code === undefined ? undefined : errorOfCode(code).code;
}

/** What comes of reading what the caller passed on; why it cannot be read is kept as the cause. */
export function sourced<T>(reading: Promise<T>): Promise<T> {
  return reading.catch((cause: unknown) => {
    throw new PeerError("source-failed", { cause });
  });
}

/** Turns whatever a call into the core threw into an error of this package. */
export function errorOfThrown(thrown: unknown): PeerError {
  if (thrown instanceof PeerError) return thrown;
  if (typeof thrown === "object" && thrown !== null && "code" in thrown) {
    if (typeof thrown.code === "string") return errorOfCode(thrown.code, thrown);
  }
  // A trap in the module or a wrong argument: neither has a code.
  return new PeerError("internal", { cause: thrown });
}

/** The number that a group has, if a call was refused because it is open under another one. */
export function openNumber(thrown: unknown): number | undefined {
  const { code, cause } = errorOfThrown(thrown);
  return code === "group-open" ? (cause as { number?: number }).number : undefined;
}

/**
 * Calls the core; what it throws becomes an error of this package. It says that an argument is not
 * valid, but not by which rule: `rule` does, where there is one that `check` does not know.
 */
export function attempted<T>(call: () => T, rule?: string): T {
  try {
    return call();
  } catch (thrown) {
    const error = errorOfThrown(thrown);
    throw rule !== undefined && error.code === "invalid-argument" ? invalid(rule, thrown) : error;
  }
}

/**
 * Reports what an application's own function threw, as the browser does for listeners: it shows up
 * in the console and in `window.onerror`, and this package goes on.
 */
export function report(thrown: unknown): void {
  if (typeof globalThis.reportError === "function") globalThis.reportError(thrown);
  else
    queueMicrotask(() => {
      throw thrown;
    });
}

/** The error for a signal that was aborted; the signal's own reason is kept as the cause. */
export function errorOfAbort(signal: AbortSignal): PeerError {
  return new PeerError("aborted", { cause: signal.reason });
}
