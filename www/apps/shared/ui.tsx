import { type ButtonHTMLAttributes, type ComponentChildren, render as renderInto } from "preact";
import { useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import { plainName } from "./names.js";
import type { Profile } from "./people.js";
import { texts } from "./texts/index.js";

/** A round picture of a person, or the first letter of its name on its colour. */
export function Avatar({ person, size = "" }: { person: Profile; size?: "" | "small" | "large" }) {
  const { name, colour, picture } = person;
  const looks = `avatar tint-${colour} ${size}`;
  if (picture !== undefined) return <img class={looks} src={picture} alt="" />;
  return (
    <span class={looks} aria-hidden="true">
      {([...name.trim()][0] ?? "?").toUpperCase()}
    </span>
  );
}

interface ActProps extends Omit<ButtonHTMLAttributes, "onClick" | "onError"> {
  readonly hook: string;
  readonly run: () => unknown;
  readonly children: ComponentChildren;
  readonly disabled?: boolean | undefined;
  readonly onError?: ((thrown: unknown) => void) | undefined;
}

/**
 * A button that is busy, and cannot be pressed again, until what it does has settled. It is not
 * switched off meanwhile: that would take the keyboard away from it.
 */
export function Act({ hook, run, children, disabled, onError, ...rest }: ActProps) {
  const [isBusy, setBusy] = useState(false);
  const act = async (): Promise<void> => {
    if (isBusy) return;
    setBusy(true);
    try {
      await run();
    } catch (thrown) {
      if (onError === undefined) throw thrown;
      onError(thrown);
    } finally {
      setBusy(false);
    }
  };
  return (
    <button
      type="button"
      data-testid={hook}
      disabled={disabled ?? false}
      aria-disabled={isBusy}
      aria-busy={isBusy}
      onClick={() => void act()}
      {...rest}
    >
      {children}
    </button>
  );
}

/** A picture of one of the `ICONS`; what it means is said beside it. */
export function Icon({ name, size = 22 }: { name: keyof typeof ICONS; size?: number }) {
  return (
    <svg viewBox="0 0 24 24" width={size} height={size} aria-hidden="true" class="icon">
      <path d={ICONS[name]} />
    </svg>
  );
}

const ICONS = {
  attach: "M8 12.5l6-6a3 3 0 0 1 4.3 4.3l-8 8a5 5 0 0 1-7.1-7.1l7.5-7.5",
  back: "M15 5l-7 7 7 7",
  board: "M4 5h16v11H4zM12 16v4M8 20h8M7.5 12.5c2-4 3 1 4.500-1s2-3 4-1",
  chat: "M4 5h16v11H11l-4.500 4v-4H4z",
  close: "M6 6l12 12M18 6L6 18",
  details: "M4 7h16M4 12h16M4 17h16",
  download: "M12 4v11M7 11l5 5 5-5M5 20h14",
  invite: "M10 11a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7zM3 20c0-4 3-6 7-6M17 13v6M14 16h6",
  letter: "M4 6h16v12H4zM4 7l8 6 8-6",
  lock: "M7 11V8a5 5 0 0 1 10 0v3M5 11h14v9H5z",
  plus: "M12 5v14M5 12h14",
  search: "M10.500 17a6.500 6.500 0 1 0 0-13 6.500 6.500 0 0 0 0 13zM15.500 15.500L20 20",
  send: "M4 12L20 5l-5 15-3-6z",
  reply: "M10 7L5 12l5 5M5 12h9a5 5 0 0 1 5 5",
  pen: "M4 20l1-4L16 5l3 3L8 19z",
  select: "M5 3l6 16 2.500-6.500L20 10z",
  rect: "M4 6h16v12H4z",
  ellipse: "M12 5c5 0 8.500 3 8.500 7s-3.500 7-8.500 7-8.500-3-8.500-7 3.500-7 8.500-7z",
  line: "M5 19L19 5",
  arrow: "M5 19L19 5M11 5h8v8",
  text: "M5 6V5h14v1M12 5v14M9 19h6",
  image: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.500 9h.01",
  hand: "M8 12V6a1.500 1.500 0 0 1 3 0v5V4.500a1.500 1.500 0 0 1 3 0V11V6a1.500 1.500 0 0 1 3 0v8a6 6 0 0 1-11 3l-2.500-5 1.500-1z",
  undo: "M8 5L4 9l4 4M4 9h10a5 5 0 0 1 0 10h-3",
  redo: "M16 5l4 4-4 4M20 9H10a5 5 0 0 0 0 10h3",
  trash: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
  fit: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
  bold: "M7 5h6a3.500 3.500 0 0 1 0 7H7zM7 12h7a3.500 3.500 0 0 1 0 7H7z",
  italic: "M10 5h8M6 19h8M14 5l-4 14",
  heading: "M6 5v14M18 5v14M6 12h12",
  list: "M9 6h11M9 12h11M9 18h11M4.500 6h.01M4.500 12h.01M4.500 18h.01",
  quote: "M5 5v14M10 8h9M10 12h9M10 16h6",
  link: "M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1",
  bell: "M6 16V11a6 6 0 0 1 12 0v5l1.500 2h-15zM10.500 21h3",
} as const;

interface DialogProps {
  readonly title: string;
  readonly hook: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

/** A modal dialog: the browser keeps the keyboard inside and closes it by Escape. */
export function Dialog({ title, hook, onClose, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const isClosed = useRef(false);
  const id = useId();
  useLayoutEffect(() => {
    const shown = dialog.current;
    shown?.showModal();
    return () => {
      isClosed.current = true;
      // One that is only taken away would take the keyboard's place in the page along.
      shown?.close();
    };
  }, []);
  // The browser tells of its closing only later, when the next one may be open already, or this one
  // be wanted again.
  const close = (): void => {
    if (isClosed.current) return;
    isClosed.current = true;
    dialog.current?.close();
    onClose();
  };
  return (
    <dialog
      ref={dialog}
      aria-labelledby={id}
      data-testid={hook}
      onClose={close}
      onCancel={(event) => {
        // What is inside may be called off too, and stays: a choice of files.
        if (event.target === dialog.current) close();
      }}
    >
      <header>
        <h2 id={id}>{title}</h2>
        <button
          type="button"
          class="plain"
          data-testid={`${hook}-close`}
          aria-label={texts.close}
          onClick={close}
        >
          <Icon name="close" />
        </button>
      </header>
      <div class="dialog-body">{children}</div>
    </dialog>
  );
}

/** Asks something that cannot be undone; resolves with whether the person wants it. */
export function confirmed(title: string, text: string, action: string): Promise<boolean> {
  const place = document.createElement("div");
  document.body.append(place);
  return new Promise((resolve) => {
    const settle = (answer: boolean): void => {
      renderInto(null, place);
      place.remove();
      resolve(answer);
    };
    renderInto(
      <Dialog title={title} hook="confirm" onClose={() => settle(false)}>
        <p>{text}</p>
        <div class="row end">
          <Act hook="confirm-no" run={() => settle(false)}>
            {texts.cancel}
          </Act>
          <Act hook="confirm-yes" class="danger" run={() => settle(true)}>
            {action}
          </Act>
        </div>
      </Dialog>,
      place,
    );
  });
}

/** Tells of a failure; a screen reader says it at once. */
export function Problem({ text, hook = "problem" }: { text: string; hook?: string }) {
  return (
    <p class="error" role="alert" data-testid={hook}>
      {text}
    </p>
  );
}

const FILE_NAME_MAX = 200;

/** Has the browser save a file. */
export function saveAs(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = plainName(name, FILE_NAME_MAX).replace(/[\\/]/g, "-");
  link.click();
  // The browser needs the address until it has begun.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** A link as something to copy, share and scan. */
export function CopyText({ text, label, hook }: { text: string; label: string; hook: string }) {
  const [said, say] = useState("");
  const field = useRef<HTMLInputElement>(null);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      say(texts.copied);
    } catch {
      // Not allowed here: leave it marked, for the person to copy.
      field.current?.select();
      say(texts.copyByHand);
    }
  };
  return (
    <div class="stack">
      <input ref={field} readOnly value={text} aria-label={label} data-testid={hook} />
      <div class="row">
        <Act hook={`${hook}-copy`} class="primary" run={copy}>
          {texts.copy}
        </Act>
        {"share" in navigator && (
          <Act hook={`${hook}-share`} run={() => navigator.share({ url: text }).catch(() => {})}>
            {texts.share}
          </Act>
        )}
        <span class="quiet" role="status">
          {said}
        </span>
      </div>
    </div>
  );
}
