import { parseCard } from "lacis";
import { useEffect, useState } from "preact/hooks";
import { ByHand } from "./by-hand.js";
import { contacts } from "./contacts.js";
import type { Home } from "./home.js";
import { Invitations } from "./invitations.js";
import { MeetingPlaces } from "./meeting-places.js";
import { plainName } from "./names.js";
import { Qr } from "./qr.js";
import { reasonOf } from "./reasons.js";
import { RemoveMember } from "./remove-member.js";
import { go, linkOf, withoutName } from "./route.js";
import type { Space } from "./space.js";
import { texts } from "./texts/index.js";
import { Act, Avatar, CopyText, confirmed, Dialog, Problem, saveAs } from "./ui.js";

interface Props {
  readonly home: Home;
  readonly space: Space;
  readonly onClose: () => void;
}

/** Leaves a group after asking; what is stored of it here goes. */
export async function leaveAsking(home: Home, space: Space): Promise<void> {
  if (!(await confirmed(texts.leave, texts.leaveLead(space.name), texts.leave))) return;
  go({ at: "start" });
  await home.leaveSpace(space);
}

interface InviteProps extends Props {
  /** Whether it was opened because there is no server. */
  readonly isByHand?: boolean;
}

/** Lets others in: by link and QR code, and people who are known by a word. */
export function InviteDialog({ home, space, onClose, isByHand = false }: InviteProps) {
  const [link, setLink] = useState("");
  const [problem, setProblem] = useState("");
  const fail = (thrown: unknown): void => setProblem(reasonOf(thrown));
  useEffect(() => {
    const { app } = space;
    if (app === undefined) return;
    home.invite(space).then((invitation) => setLink(linkOf(app, invitation, space.me.name)), fail);
    // A link names the servers at which the group meets.
  }, [space, space.servers.join(" ")]);
  return (
    <Dialog title={texts.invite} hook="invite" onClose={onClose}>
      {isByHand && <ByHand home={home} space={space} isOpen />}
      <p>{texts.inviteLead}</p>
      {link !== "" && (
        <>
          <Qr text={withoutName(link)} label={texts.qr} />
          <CopyText text={link} label={texts.link} hook="invite-link" />
        </>
      )}
      <Problem text={problem} />
      <Invitations space={space} onError={fail} />
      <KnownPeople home={home} space={space} onError={fail} />
      <ByCard home={home} space={space} />
      {!isByHand && <ByHand home={home} space={space} />}
    </Dialog>
  );
}

/** Contacts who are connected in some group are asked at once. */
function KnownPeople({
  home,
  space,
  onError,
}: Omit<Props, "onClose"> & { onError: (thrown: unknown) => void }) {
  const known = Object.entries(contacts(space.me.id)).filter(([id]) => !space.member(id));
  const reachable = known.filter(([id]) => home.meetingPlace(id) !== undefined);
  if (reachable.length === 0) return null;
  return (
    <section class="stack">
      <h3>{texts.inviteKnown}</h3>
      <ul class="list">
        {reachable.map(([id, name]) => (
          <li key={id} class="row middle">
            <span class="grow">{name}</span>
            <Act
              hook="call"
              run={() => home.call(space, id)}
              onError={onError}
              aria-label={texts.callName(name)}
            >
              {texts.call}
            </Act>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** An invitation that one identity alone can use; it works without anybody else being there. */
function ByCard({ home, space }: Omit<Props, "onClose">) {
  const [card, setCard] = useState("");
  const [link, setLink] = useState("");
  const [problem, setProblem] = useState("");
  const make = async (event: Event): Promise<void> => {
    event.preventDefault();
    try {
      const { peerId: peer } = await parseCard(card);
      const { app } = space;
      if (app !== undefined) setLink(linkOf(app, await home.inviteOne(space, peer), space.me.name));
      setProblem("");
    } catch (thrown) {
      setProblem(reasonOf(thrown));
    }
  };
  return (
    <details>
      <summary>{texts.inviteByCard}</summary>
      <form class="stack" onSubmit={(event) => void make(event)}>
        <label>
          {texts.theirCard}
          <textarea
            rows={3}
            data-testid="their-card"
            value={card}
            onInput={(event) => setCard(event.currentTarget.value)}
          />
        </label>
        <Problem text={problem} />
        <button type="submit" data-testid="by-card">
          {texts.makeLink}
        </button>
      </form>
      {link !== "" && <CopyText text={link} label={texts.link} hook="card-link" />}
    </details>
  );
}

interface DetailsProps extends Props {
  /** Shows how this page is connected with the others. */
  readonly onInspect: () => void;
}

/** Who is in a group, and what can be done with it. */
export function DetailsDialog({ home, space, onClose, onInspect }: DetailsProps) {
  const [problem, setProblem] = useState("");
  const fail = (thrown: unknown): void => setProblem(reasonOf(thrown));
  const save = async (): Promise<void> => {
    saveAs(await space.group.export(), `${space.name}.lacis`);
  };
  return (
    <Dialog title={space.name} hook="details" onClose={onClose}>
      <h3>{texts.people}</h3>
      <Members space={space} onError={fail} />
      <Problem text={problem} />
      <Rename space={space} onError={fail} />
      <MeetingPlaces home={home} space={space} />
      <div class="row wrap">
        <Act hook="open-inspector" run={onInspect}>
          {texts.connections}
        </Act>
        <Act hook="export-group" run={save} onError={fail}>
          {texts.exportGroup}
        </Act>
        <Act hook="leave" class="danger" run={() => leaveAsking(home, space)} onError={fail}>
          {texts.leave}
        </Act>
      </div>
      <p class="quiet">{texts.groupId(space.id)}</p>
    </Dialog>
  );
}

interface MembersProps {
  readonly space: Space;
  readonly onError: (thrown: unknown) => void;
}

function Members({ space, onError }: MembersProps) {
  const members = space.members.filter(({ role }) => role !== undefined);
  const [removed, remove] = useState<string | undefined>();
  return (
    <ul class="people" data-testid="members">
      {removed !== undefined && (
        <RemoveMember
          space={space}
          id={removed}
          onClose={() => remove(undefined)}
          onError={onError}
        />
      )}
      {members.map(({ id, role, present }) => {
        const isMe = id === space.me.id;
        const person = space.person(id);
        const away = space.heres.get(id)?.away === true;
        const state = isMe || present ? (away ? "away" : "here") : "gone";
        return (
          <li key={id} data-testid="member" data-state={state} data-id={id}>
            <Avatar person={person} size="small" />
            <span class="grow">
              <strong>{isMe ? texts.me(person.name) : person.name}</strong>
              <span class="quiet">
                <span class="dot" />
                {texts.states[state]}
                {role === "admin" ? `, ${texts.admin}` : ""}
                {role === "keeper" ? `, ${texts.keeper}` : ""}
              </span>
            </span>
            {space.isAdmin && !isMe && (
              <Act
                hook="remove-member"
                run={() => remove(id)}
                aria-label={texts.removeName(person.name)}
              >
                {texts.removeMember}
              </Act>
            )}
          </li>
        );
      })}
    </ul>
  );
}

function Rename({ space, onError }: MembersProps) {
  const [name, setName] = useState(space.name);
  const isFounder = space.isAdmin;
  if (!isFounder) return null;
  return (
    <div class="row">
      <input
        class="grow"
        aria-label={texts.groupName}
        maxLength={80}
        value={name}
        onInput={(event) => setName(event.currentTarget.value)}
      />
      <Act
        hook="rename-group"
        run={() => space.group.rename(plainName(name) || space.name)}
        onError={onError}
      >
        {texts.rename}
      </Act>
    </div>
  );
}
