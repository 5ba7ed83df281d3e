import type { Diagnosis, GroupDiagnosis } from "./diagnosis.js";
import { PeerError, type PeerErrorCode } from "./errors.js";
import type { GroupId, NodeId } from "./ids.js";

/**
 * What a {@link Finding} may be about, beside the reasons of failures:
 *
 * - `offline`: no server is reached.
 * - `no-server`: none is named.
 * - `connecting`: none has answered yet.
 * - `relayed`: links through a TURN server or over another member.
 * - `indirect`: a room is too large for everybody to be linked.
 * - `alone`: no other member of a group is linked.
 * - `missing`: records of a group that others hold are not here yet.
 * - `set-aside`: what somebody wrote who was shut out waits for an admin.
 * - `clock-off`: the clock of this device differs from those of the members.
 */
export type FindingCode =
  | PeerErrorCode
  | "offline"
  | "no-server"
  | "connecting"
  | "relayed"
  | "indirect"
  | "alone"
  | "missing"
  | "set-aside"
  | "clock-off";

/** Something that is wrong or worth knowing. */
export interface Finding {
  /** What it is about. */
  readonly code: FindingCode;
  /** `problem` if something does not work because of it, `note` if it does. */
  readonly kind: "problem" | "note";
  /** One plain sentence or two, in English. */
  readonly message: string;
  /** The server that it is about, if it is about one. */
  readonly url?: string;
  /** The group. */
  readonly groupId?: GroupId;
  /** The nodes, of which there is one at least. */
  readonly nodeIds?: readonly NodeId[];
  /** How many there are of what is counted. */
  readonly count?: number;
  /** Milliseconds until the next attempt; of `clock-off` by how much the members are ahead. */
  readonly ms?: number;
}

type About = Omit<Finding, "code" | "kind" | "message">;

/** What is to be said of a diagnosis; what is worst comes first. */
export function findingsOf(found: Omit<Diagnosis, "findings">): Finding[] {
  const all: Finding[] = [...serverFindings(found), ...remoteFindings(found)];
  for (const group of found.groups) all.push(...groupFindings(group));
  return [
    ...all.filter(({ kind }) => kind === "problem"),
    ...all.filter(({ kind }) => kind === "note"),
  ];
}

function problem(code: PeerErrorCode, about: About = {}): Finding {
  return { code, kind: "problem", message: new PeerError(code).message, ...about };
}

function note(code: FindingCode, message: string, about: About = {}): Finding {
  return { code, kind: "note", message, ...about };
}

function* serverFindings({ state, servers }: Omit<Diagnosis, "findings">): Generator<Finding> {
  if (servers.length === 0) yield note("no-server", "No server is named: others link by hand.");
  else if (state === "offline") {
    const message = "No server is reached. Links that exist keep working; nobody new is found.";
    yield { code: "offline", kind: "problem", message };
  } else if (state === "connecting") yield note("connecting", "No server has answered yet.");
  for (const { url, state: own, code, retryMs } of servers) {
    if (own === "open" || code === undefined) continue;
    const about = { url, ...(retryMs !== undefined && { ms: retryMs }) };
    // One that works is enough.
    const kind = state === "online" ? "note" : "problem";
    yield { ...problem(code, about), kind };
  }
}

function* remoteFindings(found: Omit<Diagnosis, "findings">): Generator<Finding> {
  const why = new Map<PeerErrorCode, Set<NodeId>>();
  const blame = (code: PeerErrorCode, nodeId: NodeId): void => {
    why.set(code, (why.get(code) ?? new Set()).add(nodeId));
  };
  for (const { nodeId, state, code } of found.remotes) {
    if (state === "recovering") blame(code ?? "link-lost", nodeId);
    else if (state === "connecting" && code !== undefined) blame(code, nodeId);
  }
  for (const { nodeId, code } of found.failedConnects) {
    if (found.remotes.every((remote) => remote.nodeId !== nodeId)) blame(code, nodeId);
  }
  for (const [code, nodeIds] of why) yield problem(code, { nodeIds: [...nodeIds] });
  const relayed = found.remotes.filter(({ state }) => state === "relayed");
  if (relayed.length > 0) {
    const nodeIds = relayed.map(({ nodeId }) => nodeId);
    const message = "A relay (TURN) or another member passes on what is sent; it cannot read it.";
    yield note("relayed", message, { nodeIds });
  }
  const count = found.remotes.filter(({ state }) => state === "indirect").length;
  if (count > 0) {
    const message = "Not everybody is linked in a room this large: others pass on what is told.";
    yield note("indirect", message, { count });
  }
}

function* groupFindings(group: GroupDiagnosis): Generator<Finding> {
  const { groupId, unsaved, refusal, clockAheadMs: ms, connection, missing, aside } = group;
  if (unsaved !== undefined) yield problem(unsaved, { groupId });
  if (refusal !== undefined) yield problem(refusal, { groupId });
  if (ms !== undefined) {
    const by = `${Math.round(Math.abs(ms) / 1000)} s ${ms > 0 ? "behind" : "ahead of"}`;
    const message = `The clock of this device is ${by} those of the members: set it right.`;
    yield { code: "clock-off", kind: "problem", message, groupId, ms };
  }
  if (connection === "alone" && group.members > 1) {
    yield note("alone", "No other member is linked: what others have written is not known.", {
      groupId,
    });
  }
  if (missing > 0) {
    yield note("missing", "Records that others hold are on their way.", {
      groupId,
      count: missing,
    });
  }
  if (aside > 0) {
    const message = "What somebody wrote who was shut out waits for an admin's word.";
    yield note("set-aside", message, { groupId, count: aside });
  }
}
