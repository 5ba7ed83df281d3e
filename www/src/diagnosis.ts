import type { CoreNeighbor, CoreReport } from "./core.js";
import { codeOf, type PeerErrorCode } from "./errors.js";
import type { FailedConnect } from "./failed-connects.js";
import { type Finding, findingsOf } from "./findings.js";
import type { Group } from "./group/group.js";
import type { GroupConnection, SyncState } from "./group/standing.js";
import type { GroupId, NodeId, PeerId } from "./ids.js";
import type { PeerState, ServerStatus } from "./peer-options.js";
import type { RemoteState } from "./remote.js";
import type { Room } from "./room.js";
import type { RoomState } from "./room-events.js";

/** One server, as it stands now. */
export interface ServerDiagnosis {
  /** Its address, without query and password. */
  readonly url: string;
  /** As {@link ServerStatus} has it. */
  readonly state: ServerStatus["state"];
  /** Why it was not reached last, or is not kept; undefined if nothing is wrong. */
  readonly code: PeerErrorCode | undefined;
  /** Milliseconds until it is tried again; undefined unless it waits for that. */
  readonly retryMs: number | undefined;
}

/** Somebody to whom this page is linked in a room. */
export interface NeighborDiagnosis {
  /** The node. */
  readonly nodeId: NodeId;
  /**
   * How words travel to it: `eager` as a whole, `lazy` by their names alone, because they come over
   * another link first. Only in large rooms are links lazy.
   */
  readonly spreads: "eager" | "lazy";
}

/** A member of a group to whom this page is linked. */
export interface GroupNeighborDiagnosis extends NeighborDiagnosis {
  /** Whether both have shown each other to be members; nothing is shared before that. */
  readonly introduced: boolean;
  /** Whether all that it holds was compared with what is held here, since the link began. */
  readonly compared: boolean;
  /** Records that it is known to hold, and that are not here yet. */
  readonly missing: number;
  /** Records that are on their way to it, or waiting for that. */
  readonly sending: number;
}

/** A room; that of a group, too. */
export interface RoomDiagnosis {
  /** Its number on this page, which `remotes` name. */
  readonly room: number;
  /** The public tag of its link; undefined for that of a group. The link itself is nowhere here. */
  readonly fingerprint: string | undefined;
  /** The group whose room it is, if it is one's. */
  readonly groupId: GroupId | undefined;
  /** How it stands with the servers. */
  readonly state: RoomState;
  /** Others who are known to be in it, linked or not. */
  readonly known: number;
  /** Those who are linked. */
  readonly neighbors: readonly NeighborDiagnosis[];
}

/** An open group. */
export interface GroupDiagnosis {
  /** The group. */
  readonly groupId: GroupId;
  /** How it stands with its members. */
  readonly connection: GroupConnection;
  /** How far what is held here is what the members hold. */
  readonly sync: SyncState;
  /** Members as far as they are known here, this identity among them. */
  readonly members: number;
  /** Other members who are connected now. */
  readonly present: number;
  /** Records that are held here, deleted ones and those of the system among them. */
  readonly records: number;
  /**
   * Records that are known to be missing here: as many as the neighbor holds who has most of them,
   * so it may be more. What no neighbor has told of yet is not in it, see `sync`.
   */
  readonly missing: number;
  /** Versions that came and wait for their author's credential, or for their time. */
  readonly waiting: number;
  /** Versions of somebody who was shut out, which wait for an admin's word. */
  readonly aside: number;
  /** Why the store does not keep what is written; undefined if it does, or if there is no store. */
  readonly unsaved: PeerErrorCode | undefined;
  /** Why others do not take this identity for a member, if one has said so. */
  readonly refusal: PeerErrorCode | undefined;
  /** Milliseconds that are added to the clock of this device for the group's time. */
  readonly clockCorrectionMs: number;
  /** Milliseconds by which members' clocks are ahead, if that is more than right clocks differ. */
  readonly clockAheadMs: number | undefined;
  /** The members who are linked. */
  readonly neighbors: readonly GroupNeighborDiagnosis[];
}

/**
 * What an end of a link is, as ICE names it: its own address, a router's, or that of a relay.
 * `peer` if there is none, and another member passes on what is said.
 */
export type CandidateKind = "host" | "srflx" | "prflx" | "relay" | "peer";

/** Another node, as this page knows it. */
export interface RemoteDiagnosis {
  /** The node. */
  readonly nodeId: NodeId;
  /** The identity behind it; undefined until it has said that. */
  readonly peerId: PeerId | undefined;
  /** The rooms that are shared with it, by their numbers in `rooms`. */
  readonly rooms: readonly number[];
  /** How it is reached. */
  readonly state: RemoteState;
  /**
   * How what sets the link up travels: by a `server`, from member to member (`mesh`), or as texts
   * that people carry (`manual`); undefined if nothing has.
   */
  readonly route: "server" | "mesh" | "manual" | undefined;
  /** The last round trip in milliseconds; undefined until one was measured. */
  readonly rttMs: number | undefined;
  /** This end of the link; undefined until the browser was asked. */
  readonly local: CandidateKind | undefined;
  /** The other end of it; undefined until the browser was asked. */
  readonly remote: CandidateKind | undefined;
  /** How often the path of this link was looked for anew; undefined without a link. */
  readonly restarts: number | undefined;
  /** Milliseconds since anything was heard over the link; undefined without one. */
  readonly silentMs: number | undefined;
  /** Bytes of messages that wait for it. */
  readonly waitingBytes: number;
  /** Attempts to link that failed since the last link. */
  readonly failures: number;
  /** Why the last of them did; undefined if none has. */
  readonly code: PeerErrorCode | undefined;
  /** Milliseconds until the next attempt; undefined if none is wanted, or one is being made. */
  readonly retryMs: number | undefined;
}

/**
 * How a peer stands: what `peer.diagnose()` gives. It is a plain object for people and for bug
 * reports, and JSON can hold it. It names ids, addresses of servers and numbers; no secret, no
 * link, no name and nothing that anybody wrote is in it.
 */
export interface Diagnosis {
  /** When that was. */
  readonly at: Date;
  /** This page. */
  readonly nodeId: NodeId;
  /** Its identity. */
  readonly peerId: PeerId;
  /** How the peer stands with its servers. */
  readonly state: PeerState;
  /** What is wrong or worth knowing, in words; what is worst comes first. */
  readonly findings: readonly Finding[];
  /** Every server that is in use. */
  readonly servers: readonly ServerDiagnosis[];
  /** Every room that was joined, those of groups among them. */
  readonly rooms: readonly RoomDiagnosis[];
  /** Every group that is open. */
  readonly groups: readonly GroupDiagnosis[];
  /** Everybody who is known in any room, linked or not. */
  readonly remotes: readonly RemoteDiagnosis[];
  /** Nodes to whom no link came about lately, the latest last. */
  readonly failedConnects: readonly FailedConnect[];
  /** Sockets to servers. */
  readonly sockets: number;
  /** WebRTC connections to others, and attempts at such. */
  readonly connections: number;
  /** Connections that were made ahead of need. */
  readonly spareConnections: number;
}

/** What belongs to a peer, as far as its diagnosis looks at it. */
interface Parts {
  readonly nodeId: NodeId;
  readonly peerId: PeerId;
  readonly state: PeerState;
  readonly rooms: readonly Room[];
  readonly groups: ReadonlyMap<number, Group>;
  readonly failedConnects: readonly FailedConnect[];
}

/** Makes the diagnosis of what the core reports. */
export function diagnosisOf(core: CoreReport, parts: Parts): Diagnosis {
  const { groups, rooms, failedConnects, ...self } = parts;
  const remotes = core.remotes.map(
    ({ node, peer, code, ...rest }): RemoteDiagnosis => ({
      ...{ nodeId: node, peerId: peer, code: codeOf(code) },
      ...rest,
    }),
  );
  const found = {
    at: new Date(),
    ...self,
    servers: core.servers.map(({ url, code, ...rest }) => ({
      ...{ url: bare(url), code: codeOf(code) },
      ...rest,
    })),
    rooms: core.rooms.map(({ room, state, known, lazy }): RoomDiagnosis => {
      const group = groups.get(room);
      const own = rooms.find(({ number }) => number === room);
      addIndirect(remotes, room, group?.room ?? own);
      const isNear = (it: RemoteDiagnosis): boolean =>
        it.silentMs !== undefined && it.rooms.includes(room);
      const neighbors = remotes.filter(isNear).map(({ nodeId }) => neighborOf(nodeId, lazy));
      const fingerprint = own?.fingerprint;
      return { room, fingerprint, groupId: group?.id, state, known, neighbors };
    }),
    groups: core.groups.flatMap((report) => {
      const group = groups.get(report.group);
      return group === undefined ? [] : [groupOf(report, group)];
    }),
    remotes,
    failedConnects: failedConnects.filter(({ nodeId }) =>
      remotes.every((it) => it.nodeId !== nodeId || it.silentMs === undefined),
    ),
    sockets: core.sockets,
    connections: core.connections,
    spareConnections: core.spareConnections,
  };
  return { ...found, findings: findingsOf(found) };
}

/** Those of a large room who are not linked: the core knows them by what others tell. */
function addIndirect(all: RemoteDiagnosis[], room: number, shown: Room | undefined): void {
  for (const { id, peerId, state } of shown?.remotes.values() ?? []) {
    if (state !== "indirect") continue;
    const at = all.findIndex(({ nodeId }) => nodeId === id);
    const known = all[at];
    if (known !== undefined) {
      const rooms = known.rooms.includes(room) ? known.rooms : [...known.rooms, room];
      all[at] = { ...known, rooms, state: known.silentMs === undefined ? state : known.state };
    } else all.push({ ...UNLINKED, nodeId: id, peerId, rooms: [room], state });
  }
}

const UNLINKED = {
  ...{ route: undefined, rttMs: undefined, local: undefined, remote: undefined },
  ...{ restarts: undefined, silentMs: undefined, code: undefined, retryMs: undefined },
  ...{ waitingBytes: 0, failures: 0 },
};

function groupOf(report: CoreReport["groups"][number], group: Group): GroupDiagnosis {
  const { held, waiting, aside, unsaved, neighbors } = report;
  const { members, connection, refusal, clockAheadMs, id } = group;
  const least = neighbors.map(({ missing }) => missing);
  const missing = Math.max(0, ...least);
  return {
    ...{ groupId: id, connection, sync: group.sync(), refusal, clockAheadMs },
    members: members.filter(({ role }) => role !== undefined).length,
    present: members.filter(({ present }) => present).length,
    ...{ records: held, missing, waiting, aside, unsaved: codeOf(unsaved) },
    clockCorrectionMs: group.clockCorrectionMs,
    neighbors: neighbors.map(groupNeighborOf),
  };
}

function groupNeighborOf({ node, lazy, ...rest }: CoreNeighbor): GroupNeighborDiagnosis {
  return { nodeId: node, spreads: lazy ? "lazy" : "eager", ...rest };
}

function neighborOf(nodeId: NodeId, lazy: readonly NodeId[]): NeighborDiagnosis {
  return { nodeId, spreads: lazy.includes(nodeId) ? "lazy" : "eager" };
}

/** An address without what may let somebody in: a token in its query, a password. */
function bare(url: string): string {
  return url.replace(/[?#].*$/s, "").replace(/\/\/[^/@]*@/, "//");
}
