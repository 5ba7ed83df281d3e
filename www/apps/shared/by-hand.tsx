import type { Pairing } from "lacis";
import { useState } from "preact/hooks";
import type { Home } from "./home.js";
import { Qr, Scanner } from "./qr.js";
import { reasonOf } from "./reasons.js";
import { linkOf, withoutName } from "./route.js";
import type { Space } from "./space.js";
import { texts } from "./texts/index.js";
import { Act, CopyText, Problem } from "./ui.js";
import { Observable, useWatch } from "./watch.js";

/** Letting somebody in with no server between; it goes on when its dialog is closed meanwhile. */
class HandOver extends Observable {
  readonly #home: Home;
  readonly #space: Space;
  #pairing: Pairing | undefined;
  /** What the other person is given. */
  link = "";
  problem = "";
  isDone = false;

  constructor(home: Home, space: Space) {
    super();
    this.#home = home;
    this.#space = space;
  }

  async begin(): Promise<void> {
    this.#pairing?.cancel();
    this.problem = "";
    this.isDone = false;
    const { app, group } = this.#space;
    if (app === undefined) return;
    const pairing = await group.pair();
    this.#pairing = pairing;
    this.link = linkOf(
      app,
      await this.#home.invite(this.#space),
      this.#space.me.name,
      pairing.text,
    );
    this.changed();
    // Whoever has the dialog open is told when it has taken too long.
    pairing.linked.catch((thrown: unknown) => this.#pairing === pairing && this.#fail(thrown));
  }

  async complete(answer: string): Promise<void> {
    this.problem = "";
    this.changed();
    try {
      await this.#pairing?.complete(answer);
      this.isDone = true;
      this.link = "";
    } catch (thrown) {
      this.problem = reasonOf(thrown);
    }
    this.changed();
  }

  #fail(thrown: unknown): void {
    this.link = "";
    this.problem = reasonOf(thrown);
    this.changed();
  }
}

interface ByHandProps {
  readonly home: Home;
  readonly space: Space;
  /** Whether it is what the dialog was opened for. */
  readonly isOpen?: boolean;
}

/** The part of the invitation dialog for where no server is. */
export function ByHand({ home, space, isOpen = false }: ByHandProps) {
  const handOver = space.part("hand-over", () => new HandOver(home, space));
  useWatch(handOver);
  const { link, problem, isDone } = handOver;
  return (
    <details open={isOpen || link !== "" || problem !== "" || isDone}>
      <summary data-testid="by-hand">{texts.byHand}</summary>
      <div class="stack">
        <p>{texts.byHandLead}</p>
        {link === "" ? (
          <Act hook="by-hand-begin" run={() => handOver.begin()}>
            {texts.byHandBegin}
          </Act>
        ) : (
          <>
            <h3>{texts.byHandGive}</h3>
            <Qr text={withoutName(link)} label={texts.qr} isDense />
            <CopyText text={link} label={texts.byHandGive} hook="by-hand-link" />
            <h3>{texts.byHandTake}</h3>
            <TakeBack onText={(text) => handOver.complete(text)} />
          </>
        )}
        <Problem text={problem} hook="by-hand-problem" />
        <p role="status" data-testid="by-hand-state">
          {isDone ? texts.byHandDone : ""}
        </p>
      </div>
    </details>
  );
}

function TakeBack({ onText }: { onText: (text: string) => Promise<void> }) {
  const [text, setText] = useState("");
  const [isScanning, setScanning] = useState(false);
  const take = (found: string): void => {
    setScanning(false);
    setText(found);
    void onText(found);
  };
  return (
    <>
      <textarea
        rows={3}
        aria-label={texts.byHandTake}
        data-testid="by-hand-answer"
        autoComplete="off"
        spellcheck={false}
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      {isScanning && <Scanner onFound={take} />}
      <div class="row">
        <Act
          hook="by-hand-connect"
          class="primary"
          disabled={text.trim() === ""}
          run={() => onText(text)}
        >
          {texts.byHandConnect}
        </Act>
        <Act hook="by-hand-scan" run={() => setScanning(!isScanning)}>
          {texts.scan}
        </Act>
      </div>
    </>
  );
}

/** What somebody who was invited by hand gives back. */
export function GiveBack({ answer }: { answer: string }) {
  return (
    <section class="stack" data-testid="give-back">
      <h2>{texts.byHandBack}</h2>
      {/* Capitals make a smaller code. */}
      <Qr text={answer.toUpperCase()} label={texts.qr} isDense />
      <CopyText text={answer} label={texts.byHandBack} hook="give-back-text" />
      <p class="quiet" role="status">
        {texts.byHandWaiting}
      </p>
    </section>
  );
}
