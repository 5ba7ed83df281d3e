// Invitations inside these pages: a contact who is connected in one group is called into another,
// and accepts, declines or lets it expire; whoever calls may take it back.
import { useEffect } from "preact/hooks";
import { type AppName, isApp } from "./apps.js";
import type { Home } from "./home.js";
import { plainName } from "./names.js";
import { go } from "./route.js";
import type { Space } from "./space.js";
import { texts } from "./texts/index.js";
import { Act, Dialog } from "./ui.js";

export const CALL = "lacis.call";
export const CALL_MS = 5 * 60_000;
/** More open calls than this from all people together are not shown. */
const CALLS_MAX = 8;

/** What travels. */
interface Wire {
  readonly id: string;
  readonly kind: "call" | "accept" | "decline" | "cancel";
  readonly app?: AppName;
  readonly name?: string;
  readonly invitation?: string;
}

/** One call, made or received. */
export interface Call {
  readonly id: string;
  readonly isMine: boolean;
  /** The other person. */
  readonly peer: string;
  readonly who: string;
  readonly app: AppName;
  /** The group it is for. */
  readonly name: string;
  readonly invitation: string;
  readonly state: "open" | "accepted" | "declined" | "cancelled" | "expired";
  readonly space: Space;
}

/** Calls somebody; rejects if that person is not connected. */
export async function inviteContact(home: Home, space: Space, peer: string): Promise<void> {
  const meeting = home.meetingPlace(peer);
  const { app, name } = space;
  if (meeting === undefined || app === undefined) throw new Error("nobody to call");
  const invitation = await home.inviteOne(space, peer);
  const id = crypto.randomUUID();
  const wire: Wire = { id, kind: "call", app, name, invitation };
  await meeting.group.send(peer, CALL, JSON.stringify(wire));
  const who = meeting.person(peer).name;
  home.setCall({
    id,
    isMine: true,
    peer,
    who,
    app,
    name,
    invitation,
    state: "open",
    space: meeting,
  });
}

/** Takes what came from a member; it may have sent anything. */
export function hearCall(home: Home, space: Space, peer: string, text: string): void {
  let wire: Wire;
  try {
    wire = JSON.parse(text) as Wire;
  } catch {
    return;
  }
  const { id, kind, app, name, invitation } = wire ?? {};
  if (typeof id !== "string") return;
  if (kind === "call") {
    const isFine = isApp(app) && typeof name === "string" && typeof invitation === "string";
    if (!isFine || home.calls.size >= CALLS_MAX || home.calls.has(id)) return;
    const who = space.person(peer).name;
    const called = plainName(name);
    home.setCall({
      id,
      isMine: false,
      peer,
      who,
      app,
      name: called,
      invitation,
      state: "open",
      space,
    });
    return;
  }
  const call = home.calls.get(id);
  if (call === undefined || call.peer !== peer || call.state !== "open") return;
  if (call.isMine && kind === "accept") home.setCall({ ...call, state: "accepted" });
  if (call.isMine && kind === "decline") home.setCall({ ...call, state: "declined" });
  if (!call.isMine && kind === "cancel") home.setCall({ ...call, state: "cancelled" });
}

function answer(call: Call, kind: Wire["kind"]): void {
  // Whoever is gone meanwhile sees it expire.
  call.space.group.send(call.peer, CALL, JSON.stringify({ id: call.id, kind })).catch(() => {});
}

/** The calls that wait for somebody, one on top of the other. */
export function CallsDialog({ home }: { home: Home }) {
  const [call] = [...home.calls.values()];
  useEffect(() => {
    if (call?.state !== "open") return undefined;
    const timer = setTimeout(() => home.setCall({ ...call, state: "expired" }), CALL_MS);
    return () => clearTimeout(timer);
  }, [call]);
  if (call === undefined) return null;
  const done = (): void => home.endCall(call.id);
  const end = (kind: Wire["kind"]): void => {
    if (call.state === "open") answer(call, kind);
    done();
  };
  const accept = async (): Promise<void> => {
    answer(call, "accept");
    done();
    const space = await home.join(call.invitation, call.app);
    go({ at: "space", id: space.id });
  };
  // Its page says why, and waits for whoever can let this person in.
  const fail = (): void => go({ at: "join", app: call.app, invitation: call.invitation });
  const title = call.isMine ? texts.calling(call.who) : texts.called(call.who);
  const close = (): void => end(call.isMine ? "cancel" : "decline");
  return (
    <Dialog title={title} hook="calls" onClose={close} key={`${call.id}${call.state}`}>
      <p data-testid="call-state" data-state={call.state}>
        {call.state === "open" && !call.isMine
          ? texts.joinApp[call.app](call.name)
          : texts.callStates[call.state](call.who)}
      </p>
      <div class="row end">
        {call.state !== "open" && (
          <Act hook="call-done" run={done}>
            {texts.close}
          </Act>
        )}
        {call.state === "open" && call.isMine && (
          <Act hook="call-cancel" run={() => end("cancel")}>
            {texts.cancel}
          </Act>
        )}
        {call.state === "open" && !call.isMine && (
          <>
            <Act hook="call-decline" run={() => end("decline")}>
              {texts.decline}
            </Act>
            <Act hook="call-accept" class="primary" run={accept} onError={fail}>
              {texts.accept}
            </Act>
          </>
        )}
      </div>
    </Dialog>
  );
}
