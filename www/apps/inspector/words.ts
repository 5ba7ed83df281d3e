import { type Finding, type PeerErrorCode, peerErrorCodes, type RemoteDiagnosis } from "lacis";
import { reasonOfCode } from "../shared/reasons.js";
import { texts } from "../shared/texts/index.js";
import { en, type Words } from "./texts-en.js";
import { fr } from "./texts-fr.js";

/** All languages, by the names that these pages have for them. */
export const languages: Readonly<Record<string, Words>> = { en, fr };

/** The words of the inspector in the language of these pages. */
export const words: Words = languages[texts.language] ?? en;

/** So many names are said of whom something is about. */
const NAMES_MAX = 4;

/** What others and groups are called. */
export interface Names {
  /** Of a page, with the identity behind it if that is known. */
  readonly person: (nodeId: string, peerId: string | undefined) => string;
  /** Of a group; undefined where only one is looked at. */
  readonly group: (id: string) => string | undefined;
}

/** A page of which no name is known. */
export function shortId(id: string): string {
  return id.slice(0, 4);
}

/** A finding in words. */
export function findingWords(
  finding: Finding,
  remotes: readonly RemoteDiagnosis[],
  names: Names,
): string {
  const { code, message, nodeIds = [], groupId, url, ms, count } = finding;
  const isClock = code === "clock-off" && ms !== undefined;
  const own = isClock ? texts.clockDiffers(ms) : words.found[code]?.(count ?? 0);
  const isReason = (peerErrorCodes as readonly string[]).includes(code);
  const said = own ?? (isReason ? reasonOfCode(code as PeerErrorCode) : message);
  const again = url !== undefined && ms !== undefined ? ` ${words.again(seconds(ms))}` : "";
  const peerOf = (id: string) => remotes.find(({ nodeId }) => nodeId === id)?.peerId;
  const about = nodeIds.slice(0, NAMES_MAX).map((id) => names.person(id, peerOf(id)));
  if (nodeIds.length > NAMES_MAX) about.push(words.more(nodeIds.length - NAMES_MAX));
  const group = groupId === undefined ? undefined : names.group(groupId);
  if (group !== undefined) about.push(group);
  if (url !== undefined) about.push(hostOf(url));
  return about.length === 0 ? said : words.foundAbout(about, `${said}${again}`);
}

/** Over what a remote is reached, as far as that is worth a word. */
export function wayWords({ state, local, remote, route }: RemoteDiagnosis): string {
  const parts: string[] = [];
  if (local !== undefined && remote !== undefined && state !== "relayed") {
    parts.push(local === "host" && remote === "host" ? words.own : words.routers);
  }
  if (route === "mesh" || route === "manual") parts.push(words.routes[route]);
  return parts.join(", ");
}

export function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}

export function seconds(ms: number): number {
  return Math.max(0, Math.ceil(ms / 1000));
}
