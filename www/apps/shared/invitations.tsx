import type { OpenInvitation } from "lacis";
import type { Space } from "./space.js";
import { texts } from "./texts/index.js";
import { Act } from "./ui.js";
import { useWatch } from "./watch.js";

interface Props {
  readonly space: Space;
  readonly onError: (thrown: unknown) => void;
}

/** The links by which somebody may still come in: how often each was used, and its end. */
export function Invitations({ space, onError }: Props) {
  useWatch(space);
  const open = space.invitations;
  if (open.length === 0) return null;
  return (
    <section class="stack">
      <h3>{texts.openInvitations}</h3>
      <ul class="people" data-testid="invitations">
        {open.map((invitation) => (
          <li
            key={invitation.id}
            data-testid="invitation"
            data-used={invitation.used}
            data-uses={invitation.uses}
          >
            <About space={space} invitation={invitation} />
            {(space.isAdmin || invitation.issuer === space.me.id) && (
              <Act
                hook="end-invitation"
                run={() => space.group.endInvitation(invitation.id)}
                onError={onError}
              >
                {texts.endInvitation}
              </Act>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

function About({ space, invitation }: { space: Space; invitation: OpenInvitation }) {
  const { issuer, used, uses, expires } = invitation;
  const by = issuer === space.me.id ? texts.madeByYou : texts.madeBy(space.person(issuer).name);
  const end = expires && texts.until(space.group.toOwnTime(expires));
  return (
    <span class="grow">
      <strong>{texts.usedOf(used, uses)}</strong>
      <span class="quiet">{end === undefined ? by : `${by} ${end}`}</span>
    </span>
  );
}
