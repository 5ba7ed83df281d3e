// What somebody can hand on when these pages fail. It leaves this browser only by their own hand,
// and holds nothing that would let others in or tell who is here.
import type { PeerError } from "lacis";
import { version } from "../../package.json";

const STACK_LINES_MAX = 15;
const DIAGNOSIS_MAX = 2_000;
const REPORT_MAX = 6_000;

/** What a report is made of beside the failure itself. */
export interface Surroundings {
  /** Which page it was, by its kind. */
  readonly page: string;
  readonly language: string;
  /** What the peer says of itself, if it can be had. */
  readonly diagnosis: unknown;
  /** Names of people and groups, which are left out wherever they stand. */
  readonly names: readonly string[];
}

/** The report of a failure, as text. */
export function reportOf(thrown: unknown, around: Surroundings): string {
  const { code, detail } = (thrown instanceof Error ? thrown : {}) as Partial<PeerError>;
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const parts = [
    ["Lacis", version],
    ["page", around.page],
    // Those of the browser's own errors are numbers, and out of use.
    ["code", typeof code === "string" ? code : ""],
    ["error", unquoted(wordsOf(error))],
    ["cause", error.cause === undefined ? "" : unquoted(wordsOf(error.cause))],
    ["detail", unquoted(detail ?? "")],
    ["stack", unquoted(stackOf(error))],
    ["browser", globalThis.navigator?.userAgent],
    ["language", around.language],
    ["time", new Date().toISOString()],
    ["peer", diagnosisOf(around.diagnosis)],
  ] as const;
  const lines = parts.flatMap(([name, text]) => {
    if (text === undefined || text === "") return [];
    // What the browser says of itself holds no secret, and is no name.
    const isPlain = name === "browser" || name === "time" || name === "Lacis";
    return `${name}: ${isPlain ? text : withoutSecrets(text, around.names)}`;
  });
  return cut(lines.join("\n"), REPORT_MAX);
}

/**
 * A text without what is nobody's business: what stands behind the `#` or the `?` of an address,
 * long runs of letters (keys, ids, invitations), and names.
 */
export function withoutSecrets(text: string, names: readonly string[] = []): string {
  const bare = text
    .replace(/\b(https?|wss?):\/\/[^\s"'()<>]+/gi, bareAddress)
    .replace(/#\/[^\s"'()]+/g, "#...")
    .replace(/data:[^\s"']+/g, "data:...")
    .replace(/[\p{L}\p{N}_-]{20,}/gu, (run) => `${[...run].slice(0, 4).join("")}...`);
  return names
    .filter((name) => [...name].length > 1)
    .sort((a, b) => b.length - a.length)
    .reduce((left, name) => left.replace(asWord(name), "<name>"), bare);
}

function wordsOf(thrown: unknown): string {
  return thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
}

/** Without what is quoted: errors quote what people wrote. Single words of a program stay. */
function unquoted(text: string): string {
  return text
    .replace(/"[^"\n]*"|\u201C[^\u201D\n]*\u201D|`[^`\n]*`/g, '"..."')
    .replace(/'[^'\n]*'/g, (quoted) => (/^'[\w$.]{0,30}'$/.test(quoted) ? quoted : "'...'"));
}

/** Of an address what says where the fault may lie: the name of a file, or the host of a server. */
function bareAddress(text: string): string {
  const [address = "", ...position] = text.split(/(?=:\d+(?::\d+)?\)?$)/);
  if (!URL.canParse(address)) return "...";
  const { protocol, host, pathname } = new URL(address);
  if (protocol.startsWith("ws")) return `${protocol}//${host}`;
  return `${pathname.split("/").at(-1) || "/"}${position.join("")}`;
}

function asWord(name: string): RegExp {
  const literal = name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`(?<![\\p{L}\\p{N}])${literal}(?![\\p{L}\\p{N}])`, "gu");
}

function stackOf({ stack = "", message }: Error): string {
  // Chromium repeats the message there.
  const lines = stack.slice(stack.startsWith(message) ? message.length : 0).split("\n");
  const calls = lines.filter((line) => /^\s*at |@/.test(line));
  return calls.length === 0 ? "" : `\n${calls.slice(0, STACK_LINES_MAX).join("\n")}`;
}

function diagnosisOf(diagnosis: unknown): string {
  if (diagnosis === undefined) return "";
  const text = JSON.stringify(diagnosis, (_, value: unknown) =>
    typeof value === "number" ? Math.round(value) : value,
  );
  return cut(text ?? "", DIAGNOSIS_MAX);
}

function cut(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max)}...`;
}
