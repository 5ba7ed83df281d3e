import type { Mesh, Spot } from "./layout.js";
import { type Names, words } from "./words.js";

/** Longer names are cut. */
const NAME_MAX = 11;
/** How much place a letter and a line take. */
const LETTER = 8;
const LINE = 16;

interface Props {
  readonly mesh: Mesh;
  readonly names: Names;
}

/** A mesh as one page sees it: itself in the middle, linked to its neighbors. */
export function Picture({ mesh, names }: Props) {
  const { size, near, far, more } = mesh;
  const known = near.length + far.length + more;
  const label = `${words.picture}. ${words.pictureSays(near.length, known)}`;
  return (
    <figure class="mesh" data-testid="mesh" data-linked={near.length} data-known={known}>
      <svg viewBox={`${-size} ${-size} ${2 * size} ${2 * size}`} role="img" aria-label={label}>
        {near.map((spot) => (
          <Edge key={spot.remote.nodeId} spot={spot} />
        ))}
        {far.map((spot) => (
          <Node key={spot.remote.nodeId} spot={spot} names={names} />
        ))}
        {near.map((spot) => (
          <Node key={spot.remote.nodeId} spot={spot} names={names} />
        ))}
        {near.map((spot) => (
          <Trip key={spot.remote.nodeId} spot={spot} />
        ))}
        <circle class="self" r="25" />
        <text class="inside">{words.you}</text>
      </svg>
      <figcaption class="quiet">
        {known === 0 && words.nobody}
        {more > 0 && words.more(more)}
        <Legend mesh={mesh} />
      </figcaption>
    </figure>
  );
}

function Edge({ spot: { x, y, edge, remote } }: { spot: Spot }) {
  return (
    <line
      class={`edge ${edge}`}
      data-testid="edge"
      data-edge={edge}
      data-node={remote.nodeId}
      x1="0"
      y1="0"
      x2={x}
      y2={y}
    />
  );
}

/** How long the way takes, upon it; and that a relay is there. */
function Trip({ spot: { x, y, remote, tripAt } }: { spot: Spot }) {
  const { rttMs, state } = remote;
  const said = [
    ...(rttMs === undefined ? [] : [words.ms(rttMs)]),
    ...(state === "relayed" ? [words.relay] : []),
  ];
  if (said.length === 0) return null;
  const [midX, midY] = [Math.round(x * tripAt), Math.round(y * tripAt)];
  const width = Math.max(...said.map((line) => line.length)) * LETTER + 8;
  const height = said.length * LINE + 2;
  return (
    <g class="trip" data-testid="trip">
      <rect x={midX - width / 2} y={midY - height / 2} width={width} height={height} rx="4" />
      <text>
        {said.map((line, row) => (
          <tspan key={line} x={midX} y={midY + (row - (said.length - 1) / 2) * LINE}>
            {line}
          </tspan>
        ))}
      </text>
    </g>
  );
}

function Node({ spot, names }: { spot: Spot; names: Names }) {
  const { x, y, edge, remote } = spot;
  const name = names.person(remote.nodeId, remote.peerId);
  const kind = edge === undefined ? "far" : edge === "broken" ? "broken" : "near";
  const short =
    [...name].length > NAME_MAX ? `${[...name].slice(0, NAME_MAX - 1).join("")}…` : name;
  const r = edge === undefined ? 9 : 17;
  return (
    <g class={`node ${kind}`} data-testid="mesh-node" data-node={remote.nodeId} data-kind={kind}>
      <title>{name}</title>
      <circle cx={x} cy={y} r={r} />
      {edge !== undefined && (
        <text class="initial" x={x} y={y}>
          {[...name][0]?.toUpperCase()}
        </text>
      )}
      <text class="name" x={x} y={y + (y < -20 ? -r - 11 : r + 11)}>
        {short}
      </text>
    </g>
  );
}

/** What the lines mean, of those that there are. */
function Legend({ mesh: { near, far } }: { mesh: Mesh }) {
  const edges = (["eager", "lazy", "broken"] as const).filter((kind) =>
    near.some(({ edge }) => edge === kind),
  );
  return (
    <ul class="legend">
      {edges.map((kind) => (
        <li key={kind}>
          <svg viewBox="0 0 30 10" width="30" height="10" aria-hidden="true">
            <line class={`edge ${kind}`} x1="1" y1="5" x2="29" y2="5" />
          </svg>
          {words.legend[kind]}
        </li>
      ))}
      {far.length > 0 && (
        <li>
          <svg viewBox="0 0 30 14" width="30" height="14" aria-hidden="true">
            <g class="node far">
              <circle cx="15" cy="7" r="5" />
            </g>
          </svg>
          {words.legend.far}
        </li>
      )}
    </ul>
  );
}
