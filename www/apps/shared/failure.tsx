import { Component, type ComponentChildren } from "preact";
import { useRef, useState } from "preact/hooks";
import { contacts } from "./contacts.js";
import { type Failures, failures } from "./failures.js";
import type { Home } from "./home.js";
import { helpFor, reasonOf } from "./reasons.js";
import { reportOf } from "./report.js";
import { go, routeOf } from "./route.js";
import { texts } from "./texts/index.js";
import { Act, Dialog } from "./ui.js";
import { useWatch } from "./watch.js";

interface ReportProps {
  readonly home: Home;
  readonly thrown: unknown;
  /** Whether it is shown at once. */
  readonly isOpen?: boolean;
}

/** What can be handed on about a failure: to be read first, and copied. */
export function Report({ home, thrown, isOpen = false }: ReportProps) {
  const [text] = useState(() => reportHere(home, thrown));
  const [said, say] = useState("");
  const place = useRef<HTMLTextAreaElement>(null);
  const details = useRef<HTMLDetailsElement>(null);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      say(texts.copied);
    } catch {
      // Not allowed here: leave it marked, for the person to copy.
      if (details.current !== null) details.current.open = true;
      place.current?.select();
      say(texts.copyByHand);
    }
  };
  return (
    <details ref={details} class="report" open={isOpen} data-testid="report">
      <summary>{texts.report}</summary>
      <p class="quiet">{texts.reportLead}</p>
      <textarea
        ref={place}
        readOnly
        rows={9}
        aria-label={texts.report}
        data-testid="report-text"
        value={text}
      />
      <div class="row middle wrap">
        <Act hook="report-copy" run={copy}>
          {texts.reportCopy}
        </Act>
        <span class="quiet" role="status" data-testid="report-said">
          {said}
        </span>
      </div>
    </details>
  );
}

function reportHere(home: Home, thrown: unknown): string {
  const route = routeOf(location.hash);
  const space = route.at === "space" ? home.spaces.get(route.id) : undefined;
  const people = [...home.spaces.values()].flatMap((it) => [
    it.name,
    ...[...it.people.values()].map(({ name }) => name),
  ]);
  const own = home.all.map(({ name }) => name);
  return reportOf(thrown, {
    page: space?.app ?? route.at,
    language: texts.language,
    diagnosis: diagnosisOf(home),
    names: [...people, ...own, ...Object.values(contacts(home.me?.id ?? ""))],
  });
}

/** What the peer says of itself; whatever has failed may keep it from saying anything. */
function diagnosisOf({ peer }: Home): unknown {
  try {
    return peer?.diagnose();
  } catch {
    return undefined;
  }
}

interface FailedProps {
  readonly home: Home;
  readonly title: string;
  readonly thrown: unknown;
  readonly hook: string;
  /** What else is to be said. */
  readonly lead?: string;
  readonly children?: ComponentChildren;
}

/** A page in the place of one that failed: what failed, what can be done, and the report. */
export function Failed({ home, title, thrown, hook, lead, children }: FailedProps) {
  const help = helpFor(thrown);
  return (
    <main class="centre">
      <section class="card" data-testid={hook}>
        <h1>{title}</h1>
        <p role="alert">{reasonOf(thrown)}</p>
        {help !== undefined && <p>{help}</p>}
        {lead !== undefined && <p class="quiet">{lead}</p>}
        <div class="row wrap">
          <Act hook="reload" class="primary" run={() => location.reload()}>
            {texts.reload}
          </Act>
          {children}
        </div>
        <Report home={home} thrown={thrown} />
      </section>
    </main>
  );
}

interface BoundaryProps {
  readonly home: Home;
  readonly children: ComponentChildren;
}

/** Shows a failure in the place of what could not be drawn because of it. */
export class Boundary extends Component<
  BoundaryProps,
  { failed?: { thrown: unknown } | undefined }
> {
  override state: { failed?: { thrown: unknown } | undefined } = {};

  /** Whoever goes to another page is shown that. */
  readonly #onAway = (): void => {
    if (this.state.failed !== undefined) this.#again();
  };

  override componentDidMount(): void {
    addEventListener("hashchange", this.#onAway);
  }

  override componentWillUnmount(): void {
    removeEventListener("hashchange", this.#onAway);
  }

  override componentDidCatch(thrown: unknown): void {
    console.error(thrown);
    failures.tellElsewhere(true);
    this.setState({ failed: { thrown } });
  }

  #again(): void {
    failures.tellElsewhere(false);
    this.setState({ failed: undefined });
  }

  override render({ home, children }: BoundaryProps, { failed }: typeof this.state) {
    if (failed === undefined) return children;
    const leave = (): void => {
      go({ at: "start" });
      this.#again();
    };
    return (
      <Failed
        home={home}
        title={texts.failure}
        thrown={failed.thrown}
        lead={texts.failureLead}
        hook="failed"
      >
        <Act hook="failed-again" run={() => this.#again()}>
          {texts.tryAgain}
        </Act>
        <Act hook="to-start" run={leave}>
          {texts.toStart}
        </Act>
      </Failed>
    );
  }
}

/** Tells of a failure that hit no page in particular. */
export function FailureBar({ home, failed = failures }: { home: Home; failed?: Failures }) {
  useWatch(failed);
  const [isOpen, setOpen] = useState(false);
  const { latest } = failed;
  if (latest === undefined) return null;
  const close = (): void => {
    setOpen(false);
    failed.clear();
  };
  return (
    <div class="failure" role="alert" data-testid="failure">
      <span class="grow">{reasonOf(latest.thrown)}</span>
      <Act hook="failure-show" run={() => setOpen(true)}>
        {texts.failureShow}
      </Act>
      <Act hook="failure-close" run={close}>
        {texts.close}
      </Act>
      {isOpen && (
        <Dialog title={texts.failure} hook="failure-dialog" onClose={close}>
          <p>{reasonOf(latest.thrown)}</p>
          <p class="quiet">{texts.failureLead}</p>
          <Act hook="failure-reload" class="primary" run={() => location.reload()}>
            {texts.reload}
          </Act>
          <Report home={home} thrown={latest.thrown} isOpen />
        </Dialog>
      )}
    </div>
  );
}
