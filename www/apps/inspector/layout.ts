// Where everybody stands in the picture of a mesh: this page in the middle, its neighbors around
// it, and further out those who are known and not linked.
import type { Diagnosis, RemoteDiagnosis } from "lacis";

const NEAR = 112;
/** More than so many neighbors stand further out, and what is said of their links in two rings. */
const FEW = 6;
const NEAR_OF_MANY = 150;
/** From the neighbors to those who are not linked. */
const STEP = 64;
/** What is around the outer ones: circles and names. */
const MARGIN = 44;
/** So many of those who are not linked are drawn, the rest is counted. */
export const FAR_MAX = 24;

/** Somebody in the picture. */
export interface Spot {
  readonly remote: RemoteDiagnosis;
  readonly x: number;
  readonly y: number;
  /** The line to the middle; undefined for those who are not linked. */
  readonly edge: "eager" | "lazy" | "broken" | undefined;
  /** Where on that line its round trip stands: 0 is the middle of the picture, 1 is this spot. */
  readonly tripAt: number;
}

/** Who is to be seen in one room. */
export interface Mesh {
  /** The picture reaches from minus this to this on both axes. */
  readonly size: number;
  readonly near: readonly Spot[];
  readonly far: readonly Spot[];
  /** Others who are known to be there, and not drawn. */
  readonly more: number;
}

/** The room of a group, or whatever room there is. */
export function roomOf(found: Diagnosis, groupId: string | undefined): number | undefined {
  const { rooms } = found;
  return (rooms.find((it) => it.groupId === groupId) ?? rooms[0])?.room;
}

/** Places those who are in a room; each keeps its place while nobody comes or goes. */
export function meshOf(found: Diagnosis, room: number | undefined): Mesh {
  const here = found.rooms.find((it) => it.room === room);
  if (here === undefined) return { size: NEAR + MARGIN, near: [], far: [], more: 0 };
  const lazy = new Set<string>();
  const group = found.groups.find(({ groupId }) => groupId === here.groupId);
  for (const { nodeId, spreads } of [...here.neighbors, ...(group?.neighbors ?? [])]) {
    if (spreads === "lazy") lazy.add(nodeId);
  }
  const all = found.remotes
    .filter(({ rooms }) => rooms.includes(here.room))
    .sort((a, b) => (a.nodeId < b.nodeId ? -1 : 1));
  const near = all.filter(isLinked);
  const far = all.filter((it) => !isLinked(it));
  const shown = far.slice(0, FAR_MAX);
  const edgeOf = (it: RemoteDiagnosis): Spot["edge"] => {
    if (it.state === "recovering") return "broken";
    return lazy.has(it.nodeId) ? "lazy" : "eager";
  };
  // Those outside stand between those inside, so that nobody hides anybody.
  const half = near.length === 0 ? 0 : 0.5 / near.length;
  const isMany = near.length > FEW;
  const radius = isMany ? NEAR_OF_MANY : NEAR;
  return {
    size: radius + (shown.length === 0 ? 0 : STEP) + MARGIN,
    near: near.map((remote, at) => ({
      remote,
      ...onCircle(radius, at / near.length),
      edge: edgeOf(remote),
      tripAt: !isMany ? 0.55 : at % 2 === 0 ? 0.43 : 0.68,
    })),
    far: shown.map((remote, at) => ({
      remote,
      ...onCircle(radius + STEP, at / shown.length + half),
      edge: undefined,
      tripAt: 0,
    })),
    more: Math.max(far.length, here.known - near.length) - shown.length,
  };
}

/** Whether there is a connection, working or under repair. */
export function isLinked({ silentMs }: RemoteDiagnosis): boolean {
  return silentMs !== undefined;
}

/** The top is 0, and it goes round by the clock to 1. */
function onCircle(radius: number, part: number): { readonly x: number; readonly y: number } {
  const angle = (part - 0.25) * 2 * Math.PI;
  return { x: Math.round(radius * Math.cos(angle)), y: Math.round(radius * Math.sin(angle)) };
}
