import { useState } from "preact/hooks";
import type { Home } from "../shared/home.js";
import { dataUrl, shrink } from "../shared/images.js";
import { COLOURS, type Look, PICTURE_MAX } from "../shared/people.js";
import { Qr } from "../shared/qr.js";
import { reasonOf } from "../shared/reasons.js";
import { texts } from "../shared/texts/index.js";
import { Act, Avatar, CopyText, confirmed, Dialog, Problem } from "../shared/ui.js";

const PASSWORD_MIN = 8;

/** Who this person is: name, picture, card, and the other identities of this browser. */
export function IdentityDialog({ home, onClose }: { home: Home; onClose: () => void }) {
  const me = home.me;
  const [problem, setProblem] = useState("");
  const [isImporting, setImporting] = useState(false);
  if (me === undefined) return null;
  const fail = (thrown: unknown): void => setProblem(reasonOf(thrown));
  const remove = async (): Promise<void> => {
    if (!(await confirmed(texts.deleteIdentity, texts.deleteIdentityLead, texts.delete))) return;
    await home.deleteMe("delete");
    onClose();
  };
  return (
    <Dialog title={texts.you} hook="identity" onClose={onClose}>
      <LookForm home={home} onError={fail} />
      <Problem text={problem} />
      <details>
        <summary>{texts.card}</summary>
        <p class="quiet">{texts.cardLead}</p>
        <Qr text={me.card} label={texts.cardQr} />
        <CopyText text={me.card} label={texts.card} hook="card" />
      </details>
      <details data-testid="export">
        <summary>{texts.backup}</summary>
        <ExportIdentity home={home} />
      </details>
      <section class="stack">
        <h3>{texts.otherIdentities}</h3>
        <ul class="list">
          {home.all
            .filter(({ id }) => id !== me.id)
            .map((identity) => (
              <li key={identity.id} class="row">
                <Act hook="become" class="wide" run={() => home.become(identity)}>
                  {texts.become(identity.name)}
                </Act>
              </li>
            ))}
        </ul>
        <div class="row">
          <Act hook="new-identity" run={() => home.create(texts.newName)} onError={fail}>
            {texts.newIdentity}
          </Act>
          <Act hook="import-identity" run={() => setImporting(true)}>
            {texts.importIdentity}
          </Act>
        </div>
        <Act hook="delete-identity" class="danger" run={remove} onError={fail}>
          {texts.deleteIdentity}
        </Act>
      </section>
      {isImporting && <ImportIdentity home={home} onClose={() => setImporting(false)} />}
    </Dialog>
  );
}

function LookForm({ home, onError }: { home: Home; onError: (thrown: unknown) => void }) {
  const [name, setName] = useState(home.me?.name ?? "");
  const [look, setLook] = useState<Look>(home.look);
  const [said, say] = useState("");
  const choose = async (file: File | undefined): Promise<void> => {
    if (file === undefined) return;
    // Base64 makes it a third longer.
    const options = { edge: 128, bytes: (PICTURE_MAX * 3) / 4 - 100, square: true };
    try {
      setLook({ ...look, picture: await dataUrl((await shrink(file, options)).blob) });
    } catch (thrown) {
      onError(thrown);
    }
  };
  const save = async (): Promise<void> => {
    await home.rename(name, look);
    say(texts.saved);
  };
  return (
    <div class="stack">
      <div class="row middle">
        <Avatar person={{ name, ...look }} size="large" />
        <label class="grow">
          {texts.yourName}
          <input
            data-testid="edit-name"
            maxLength={60}
            value={name}
            onInput={(event) => setName(event.currentTarget.value)}
          />
        </label>
      </div>
      <fieldset class="colours">
        <legend>{texts.colour}</legend>
        {Array.from({ length: COLOURS }, (_, colour) => (
          <label key={texts.colours[colour]}>
            <input
              type="radio"
              name="colour"
              aria-label={texts.colours[colour]}
              checked={look.colour === colour}
              onChange={() => setLook({ ...look, colour })}
            />
            <span class={`swatch tint-${colour}`} />
          </label>
        ))}
      </fieldset>
      <div class="row wrap">
        <label class="button">
          {texts.picture}
          <input
            type="file"
            accept="image/*"
            class="hidden"
            onChange={(event) => {
              void choose(event.currentTarget.files?.[0]);
              // So that the same file can be chosen again.
              event.currentTarget.value = "";
            }}
          />
        </label>
        {look.picture !== undefined && (
          <Act hook="no-picture" run={() => setLook({ colour: look.colour })}>
            {texts.noPicture}
          </Act>
        )}
        <Act hook="save-look" class="primary" run={save} onError={onError}>
          {texts.save}
        </Act>
        <span class="quiet" role="status">
          {said}
        </span>
      </div>
    </div>
  );
}

function ExportIdentity({ home }: { home: Home }) {
  const [password, setPassword] = useState("");
  const [exported, setExported] = useState("");
  const [problem, setProblem] = useState("");
  const make = async (event: Event): Promise<void> => {
    event.preventDefault();
    const isShort = password.length < PASSWORD_MIN;
    setProblem(isShort ? texts.passwordShort(PASSWORD_MIN) : "");
    // One under another password must not be taken for this one.
    setExported("");
    if (isShort) return;
    try {
      setExported(await home.exportMe(password));
    } catch (thrown) {
      setProblem(reasonOf(thrown));
    }
  };
  return (
    <form class="stack" onSubmit={(event) => void make(event)}>
      <p class="quiet">{texts.backupLead}</p>
      <label>
        {texts.password}
        <input
          type="password"
          autoComplete="new-password"
          data-testid="export-password"
          value={password}
          onInput={(event) => setPassword(event.currentTarget.value)}
        />
      </label>
      <Problem text={problem} hook="export-problem" />
      <button type="submit" data-testid="export-make">
        {texts.backup}
      </button>
      {exported !== "" && <CopyText text={exported} label={texts.backup} hook="exported" />}
    </form>
  );
}

/** Takes an identity that was saved elsewhere. */
export function ImportIdentity({ home, onClose }: { home: Home; onClose: () => void }) {
  const [text, setText] = useState("");
  const [password, setPassword] = useState("");
  const [problem, setProblem] = useState("");
  const take = async (event: Event): Promise<void> => {
    event.preventDefault();
    try {
      await home.importIdentity(text, password);
      onClose();
    } catch (thrown) {
      setProblem(reasonOf(thrown));
    }
  };
  return (
    <Dialog title={texts.importIdentity} hook="import" onClose={onClose}>
      <form class="stack" onSubmit={(event) => void take(event)}>
        <label>
          {texts.backup}
          <textarea
            rows={4}
            data-testid="import-text"
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
        <label>
          {texts.password}
          <input
            type="password"
            autoComplete="current-password"
            data-testid="import-password"
            value={password}
            onInput={(event) => setPassword(event.currentTarget.value)}
          />
        </label>
        <Problem text={problem} hook="import-problem" />
        <button type="submit" class="primary" data-testid="import-take">
          {texts.importIdentity}
        </button>
      </form>
    </Dialog>
  );
}
