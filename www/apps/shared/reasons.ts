import { PeerError, type PeerErrorCode } from "lacis";
import { texts } from "./texts.js";

/** Codes of what fails because the other side is gone; these pages never leave by themselves. */
const GONE: ReadonlySet<PeerErrorCode> = new Set(["left", "member-left", "member-unknown"]);

/** What to tell a person about a failure. */
export function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof PeerError)) return texts.broken;
  return GONE.has(thrown.code) ? texts.memberLeft : thrown.message;
}
