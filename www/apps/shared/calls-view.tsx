// Calls as they are shown. One that comes never takes the keyboard from whoever is writing: it
// stands beside what there is, can be reached by Tab, and waits.
import type { Call } from "./calls.js";
import type { Home } from "./home.js";
import { go } from "./route.js";
import { texts } from "./texts/index.js";
import { Act, Dialog } from "./ui.js";

/** The calls of others that wait, and the one that this person has made. */
export function CallsView({ home }: { home: Home }) {
  const { own, received } = home.calls;
  return (
    <>
      <p class="hidden" role="status">
        {received.map((call) => `${texts.called(call.who)}: ${wordsFor(call)}`).join(" ")}
      </p>
      {received.length > 0 && (
        <aside class="calls" aria-label={texts.calls} data-testid="calls">
          {received.map((call) => (
            <Received key={call.id} home={home} call={call} />
          ))}
        </aside>
      )}
      {own !== undefined && <Own key={`${own.id}${own.state}`} home={home} call={own} />}
    </>
  );
}

interface Props {
  readonly home: Home;
  readonly call: Call;
}

function wordsFor({ state, who, app, name }: Call): string {
  return state === "open" ? texts.joinApp[app](name) : texts.callStates[state](who);
}

function Received({ home: { calls }, call }: Props) {
  const { app, invitation, state, who } = call;
  // Nothing is joined before this person has seen what it is.
  const accept = (): void => {
    calls.accept(call);
    go({ at: "join", app, invitation });
  };
  return (
    <div class="call" data-testid="received">
      <p class="grow" data-testid="call-state" data-state={state}>
        <strong>{texts.called(who)}</strong>
        <span>{wordsFor(call)}</span>
      </p>
      <div class="row">
        {state === "open" ? (
          <>
            <Act hook="call-decline" run={() => calls.decline(call)}>
              {texts.decline}
            </Act>
            <Act hook="call-accept" class="primary" run={accept}>
              {texts.lookAtCall}
            </Act>
          </>
        ) : (
          <Act hook="call-done" run={() => calls.end(call)}>
            {texts.close}
          </Act>
        )}
      </div>
    </div>
  );
}

function Own({ home: { calls }, call }: Props) {
  const { state, who } = call;
  const isOpen = state === "open";
  const close = (): void => (isOpen ? calls.cancel(call) : calls.end(call));
  return (
    <Dialog title={texts.calling(who)} hook="calling" onClose={close}>
      <p data-testid="call-state" data-state={state}>
        {texts.callStates[state](who)}
      </p>
      <div class="row end">
        <Act hook={isOpen ? "call-cancel" : "call-done"} run={close}>
          {isOpen ? texts.cancel : texts.close}
        </Act>
      </div>
    </Dialog>
  );
}
