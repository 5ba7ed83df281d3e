import type { Diagnosis, GroupDiagnosis, RemoteDiagnosis } from "lacis";
import { reasonOfCode } from "../shared/reasons.js";
import { findingWords, hostOf, type Names, seconds, wayWords, words } from "./words.js";

interface Props {
  readonly found: Diagnosis;
  readonly names: Names;
}

/** What is wrong or worth knowing. */
export function Findings({ found, names }: Props) {
  return (
    <section class="stack" aria-labelledby="inspector-findings">
      <h3 id="inspector-findings">{words.findings}</h3>
      <ul class="findings" data-testid="findings">
        {found.findings.length === 0 && (
          <li data-kind="fine" data-testid="finding">
            <span class="dot" />
            <span>{words.fine}</span>
          </li>
        )}
        {found.findings.map((finding, at) => {
          const text = findingWords(finding, found.remotes, names);
          return (
            <li key={at} data-testid="finding" data-kind={finding.kind} data-code={finding.code}>
              <span class="dot" />
              <span>
                <span class="hidden">{words.kinds[finding.kind]}: </span>
                {text}
              </span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

/** Everybody in a room. */
export function People({ found, names, room }: Props & { readonly room: number | undefined }) {
  const here = found.remotes.filter(({ rooms }) => room !== undefined && rooms.includes(room));
  const at = found.rooms.find((it) => it.room === room);
  const group = found.groups.find(({ groupId }) => groupId === at?.groupId);
  // Of those who are reached through others there is no more to say, and there may be thousands.
  const own = here.filter(({ state }) => state !== "indirect");
  const shown = own.slice(0, PEOPLE_MAX);
  if (here.length === 0) return null;
  const columns = group === undefined ? 3 : 4;
  return (
    <section class="stack" aria-labelledby="inspector-people">
      <h3 id="inspector-people">{words.people}</h3>
      <table class="remotes" data-testid="remotes">
        <thead>
          <tr>
            <th scope="col">{words.person}</th>
            <th scope="col">{words.trip}</th>
            <th scope="col">{words.path}</th>
            {group !== undefined && <th scope="col">{words.holds}</th>}
          </tr>
        </thead>
        <tbody>
          {shown.flatMap((remote) => [
            <tr key={remote.nodeId} data-testid="remote" data-state={remote.state}>
              <th scope="row">{names.person(remote.nodeId, remote.peerId)}</th>
              <td>{remote.rttMs === undefined ? words.unknown : words.ms(remote.rttMs)}</td>
              <td>
                <Way remote={remote} />
              </td>
              {group !== undefined && <td>{lackWords(group, remote)}</td>}
            </tr>,
            <Failures key={`why ${remote.nodeId}`} remote={remote} columns={columns} />,
          ])}
        </tbody>
      </table>
      {own.length > shown.length && <p class="quiet">{words.more(own.length - shown.length)}</p>}
      {here.length > own.length && <p class="quiet">{words.indirect(here.length - own.length)}</p>}
    </section>
  );
}

/** Of more the rest is counted. */
const PEOPLE_MAX = 100;

interface FailuresProps {
  readonly remote: RemoteDiagnosis;
  readonly columns: number;
}

/** Why somebody cannot be reached, in a row of its own. */
function Failures({ remote: { failures, code, retryMs }, columns }: FailuresProps) {
  if (failures === 0 || code === undefined) return null;
  return (
    <tr class="failed" data-testid="failed">
      <td colSpan={columns}>
        {words.failed(failures, reasonOfCode(code))}
        {retryMs !== undefined && ` ${words.again(seconds(retryMs))}`}
      </td>
    </tr>
  );
}

/** How somebody is reached. */
function Way({ remote }: { readonly remote: RemoteDiagnosis }) {
  const more = wayWords(remote);
  return (
    <>
      {words.states[remote.state]}
      {more !== "" && <span class="more">, {more}</span>}
    </>
  );
}

/** What one of the two lacks that the other one has. */
function lackWords(group: GroupDiagnosis, { nodeId }: RemoteDiagnosis): string {
  const neighbor = group.neighbors.find((it) => it.nodeId === nodeId);
  if (neighbor === undefined) return words.unknown;
  const { missing, sending, compared } = neighbor;
  if (missing + sending === 0) return compared ? words.allEqual : words.comparing;
  return [
    ...(missing > 0 ? [words.missingHere(missing)] : []),
    ...(sending > 0 ? [words.missingThere(sending)] : []),
  ].join(", ");
}

/** How the records of a group stand. */
export function Records({ group }: { readonly group: GroupDiagnosis | undefined }) {
  if (group === undefined) return null;
  const { sync, unsaved, clockAheadMs, clockCorrectionMs } = group;
  let clock = words.clockRight;
  if (clockAheadMs !== undefined) clock = words.clockWrong(Math.round(clockAheadMs / 1000));
  else if (clockCorrectionMs !== 0) clock = words.clockAdded(clockCorrectionMs);
  return (
    <section class="stack" aria-labelledby="inspector-records">
      <h3 id="inspector-records">{words.group}</h3>
      <p data-testid="sync" data-state={sync.state}>
        {words.sync[sync.state]}
      </p>
      <dl>
        <Fact name={words.records} value={group.records.toLocaleString(words.language)} />
        <Fact name={words.missing} value={group.missing.toLocaleString(words.language)} />
        <Fact name={words.members} value={words.membersHere(group.present, group.members)} />
        <Fact name={words.clock} value={clock} />
        <Fact
          name={words.store}
          value={unsaved === undefined ? words.storeWorks : reasonOfCode(unsaved)}
        />
      </dl>
    </section>
  );
}

function Fact({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

/** The servers, and why one is not reached. */
export function Servers({ found: { servers } }: { readonly found: Diagnosis }) {
  return (
    <section class="stack" aria-labelledby="inspector-servers">
      <h3 id="inspector-servers">{words.servers}</h3>
      {servers.length === 0 && <p>{words.noServers}</p>}
      <dl data-testid="servers">
        {servers.map(({ url, state, code, retryMs }) => {
          const isWrong = code !== undefined && state !== "open";
          const said = [
            words.serverStates[state],
            ...(isWrong ? [reasonOfCode(code)] : []),
            ...(retryMs === undefined ? [] : [words.again(seconds(retryMs))]),
          ];
          return (
            <Fact key={url} name={hostOf(url)} value={said.join(". ").replaceAll("..", ".")} />
          );
        })}
      </dl>
    </section>
  );
}
