import { PeerError, type PeerErrorCode } from "lacis";
import { texts } from "./texts/index.js";

/** Codes of what fails because the other side is gone. */
const GONE: ReadonlySet<PeerErrorCode> = new Set(["remote-left", "remote-unknown"]);
/** Codes of what fails because all has ended under this page, which never leaves by itself. */
const ENDED: ReadonlySet<PeerErrorCode> = new Set(["left", "closed"]);

/** A failure of these pages themselves, with the sentence that a person is told. */
export class Said extends Error {}

/** A part of these pages that did not come; it keeps why, for the report. */
export class NotLoaded extends Said {
  constructor(cause: unknown) {
    super(texts.notLoaded, { cause });
  }
}

/** What to tell a person about a failure. */
export function reasonOf(thrown: unknown): string {
  if (thrown instanceof Said) return thrown.message;
  // What these pages keep beside a group's store: files.
  if (thrown instanceof DOMException && thrown.name === "QuotaExceededError") {
    return reasonOfCode("store-full");
  }
  return thrown instanceof PeerError ? reasonOfCode(thrown.code) : texts.broken;
}

/** What a person can do about a failure that keeps these pages from working, if that is known. */
export function helpFor(thrown: unknown): string | undefined {
  return thrown instanceof PeerError ? texts.fatalHelp[thrown.code] : undefined;
}

/** What to tell a person about a code: its own words in this language, or those of the package. */
export function reasonOfCode(code: string): string {
  if (GONE.has(code as PeerErrorCode)) return texts.memberLeft;
  if (ENDED.has(code as PeerErrorCode)) return texts.ended;
  const known: Readonly<Record<string, string>> = texts.reasons;
  return known[code] ?? new PeerError(code as PeerErrorCode).message;
}
