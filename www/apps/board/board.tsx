import "./board.css";
import { useEffect, useLayoutEffect, useReducer, useRef, useState } from "preact/hooks";
import type { AppProps } from "../load.js";
import { reasonOf } from "../shared/reasons.js";
import { SpaceBar } from "../shared/space-bar.js";
import { texts } from "../shared/texts/index.js";
import { Act, Dialog, Icon, Problem, saveAs } from "../shared/ui.js";
import { useWatch } from "../shared/watch.js";
import { addPictures, type Point, placeOf } from "./adding.js";
import { pngOf, svgOf } from "./export.js";
import { moved } from "./item.js";
import { Live } from "./live.js";
import { type Sheet, sheetOf } from "./model.js";
import { Surface } from "./surface.js";
import { TextField } from "./text-field.js";
import { INKS, Toolbar, WIDTHS } from "./toolbar.js";
import { type Ink, Pointers, type Tool } from "./tools.js";
import { useDesk } from "./writing.js";

const STEP = 10;

/** What a board is made of while it is shown. */
interface Parts {
  readonly surface: Surface;
  readonly pointers: Pointers;
}

/** The whiteboard. */
export function Board({ home, space }: AppProps) {
  useWatch(space);
  const canvas = useRef<HTMLCanvasElement>(null);
  const parts = useRef<Parts | undefined>(undefined);
  const [tool, setTool] = useState<Tool>("pen");
  const [ink, setInk] = useState<Ink>({ colour: INKS[0], width: WIDTHS[1] });
  const [problem, setProblem] = useState("");
  const [note, setNote] = useState("");
  const [isExporting, setExporting] = useState(false);
  const [, redraw] = useReducer((count: number, _: undefined) => count + 1, 0);
  const chosen = useRef({ tool, ink });
  chosen.current = { tool, ink };
  const fail = (thrown: unknown): void => setProblem(reasonOf(thrown));
  const sheet = sheetOf(space);
  const live = space.part("live", () => new Live(space));
  const desk = useDesk(space, sheet, setProblem);
  const latestDesk = useRef(desk);
  latestDesk.current = desk;
  useWatch(sheet);
  useLayoutEffect(() => {
    const surface = new Surface(canvas.current as HTMLCanvasElement, sheet, live, space);
    const pointers = new Pointers(surface, sheet, live, {
      tool: () => chosen.current.tool,
      ink: () => chosen.current.ink,
      mayWrite: () => space.mayWrite,
      onText: (x, y) => latestDesk.current.begin([x, y], chosen.current.ink),
      onSelect: () => redraw(undefined),
      onError: fail,
    });
    parts.current = { surface, pointers };
    // The field to write in stays where it is on the board.
    surface.onMove = () => latestDesk.current.writing !== undefined && redraw(undefined);
    const onWheel = (event: WheelEvent): void => {
      event.preventDefault();
      if (event.ctrlKey) surface.zoom(Math.exp(-event.deltaY / 200), event.clientX, event.clientY);
      else surface.pan(-event.deltaX, -event.deltaY);
    };
    // Otherwise the browser would zoom the whole page.
    surface.canvas.addEventListener("wheel", onWheel, { passive: false });
    const ends = [
      sheet.watchPicture((change) => {
        const drawn = change === "all" ? undefined : change.item.shape.live;
        if (drawn !== undefined) live.settle(drawn);
        surface.redraw(change);
      }),
      live.watch(() => surface.request()),
      // Whoever has just come sees all of it as soon as it is here, and is left alone after that.
      once(space, () => surface.fit({ unasked: true })),
      () => surface.end(),
    ];
    sheet
      .load()
      .then(() => {
        surface.fit({ unasked: true });
        const left = desk.resume();
        if (left !== undefined) surface.reveal(left.x, left.y);
      })
      .catch(fail);
    return () => {
      for (const end of ends) end();
    };
  }, [sheet]);
  const selected = parts.current?.surface.overlay.selected ?? new Set<string>();
  const remove = async (): Promise<void> => {
    await sheet.delete([...selected]);
    parts.current?.pointers.select([]);
  };
  const add = async (files: readonly Blob[], point?: Point): Promise<void> => {
    const surface = parts.current?.surface;
    if (surface === undefined || files.length === 0) return;
    setProblem("");
    setNote(texts.addingPicture);
    let loss = "";
    try {
      loss = await addPictures(surface, sheet, files, chosen.current.ink, point);
    } catch (thrown) {
      fail(thrown);
    }
    setNote(loss);
  };
  /** Takes what was pasted or dropped: pictures, or a text to go on with in a field. */
  const take = (data: DataTransfer | null, point?: Point): boolean => {
    const surface = parts.current?.surface;
    if (!space.mayWrite || data === null || surface === undefined) return false;
    const text = data.getData("text/plain").trim();
    if (data.files.length > 0) void add([...data.files], point);
    else if (text !== "") desk.begin(placeOf(surface, point), ink, text);
    return data.files.length > 0 || text !== "";
  };
  usePaste(take);
  const step = async (way: () => Promise<boolean>): Promise<void> => {
    setProblem("");
    setNote((await way()) ? "" : texts.nothingLeft);
  };
  const undo = (): Promise<void> => step(() => sheet.undo());
  const redo = (): Promise<void> => step(() => sheet.redo());
  const retry = async (): Promise<void> => {
    setProblem("");
    await sheet.retry();
  };
  useKeys((event) => {
    const act = keyAction(event);
    if (act === undefined) return;
    event.preventDefault();
    Promise.resolve(act()).catch(fail);
  });
  /** What a key means on the board. */
  const keyAction = (event: KeyboardEvent): (() => unknown) | undefined => {
    const isCommand = event.ctrlKey || event.metaKey;
    const surface = parts.current?.surface;
    if (isCommand && event.key === "z") return event.shiftKey ? redo : undo;
    if (isCommand && event.key === "y") return redo;
    if (isCommand && event.key === "a") {
      const ours = sheet.items.filter((it) => sheet.isOurs(it)).map(({ id }) => id);
      return () => parts.current?.pointers.select(ours);
    }
    // What else goes with those keys is the browser's: zooming the page, going back.
    if (isCommand || event.altKey) return undefined;
    if (event.key === "Delete" || event.key === "Backspace") return remove;
    if (event.key === "Escape") return () => parts.current?.pointers.select([]);
    if (event.key === "+") return () => surface?.zoom(1.25);
    if (event.key === "-") return () => surface?.zoom(0.8);
    const [dx, dy] = ARROWS[event.key] ?? [0, 0];
    if (dx === 0 && dy === 0) return undefined;
    if (selected.size === 0) return () => surface?.pan(-dx * 4 * STEP, -dy * 4 * STEP);
    return () => sheet.change([...selected], (it) => moved(it, dx * STEP, dy * STEP));
  };
  const picture = (id: string): Promise<Blob | undefined> => sheet.pictures.get(id);
  return (
    <div class="page board">
      <SpaceBar home={home} space={space}>
        <button
          type="button"
          class="plain"
          data-testid="export"
          aria-label={texts.exportBoard}
          title={texts.exportBoard}
          onClick={() => setExporting(true)}
        >
          <Icon name="download" />
        </button>
      </SpaceBar>
      <main
        class="sheet"
        onDragOver={(event) => event.preventDefault()}
        onDrop={(event) => {
          if (event.target instanceof Element && event.target.closest(FIELDS) !== null) return;
          event.preventDefault();
          take(event.dataTransfer, event);
        }}
      >
        <Toolbar
          {...{ tool, ink, sheet, selected, mayWrite: space.mayWrite }}
          onTool={setTool}
          onInk={setInk}
          onImages={(files) => void add(files)}
          onUndo={undo}
          onRedo={redo}
          onDelete={remove}
          onZoom={(factor) => parts.current?.surface.zoom(factor)}
          onFit={() => parts.current?.surface.fit()}
          onError={fail}
        />
        <Troubles {...{ sheet, problem, note, retry }} onError={fail} />
        <canvas
          ref={canvas}
          data-testid="canvas"
          data-items={sheet.items.length}
          data-loaded={sheet.isLoaded}
          data-tool={tool}
          role="img"
          aria-label={texts.boardWith(sheet.items.length)}
          tabIndex={0}
          onPointerDown={(event) => parts.current?.pointers.press(event)}
          onPointerMove={(event) => parts.current?.pointers.move(event)}
          onPointerUp={(event) => parts.current?.pointers.release(event)}
          onPointerCancel={(event) => parts.current?.pointers.cancel(event)}
        />
        {desk.writing !== undefined && (
          <TextField
            view={parts.current?.surface.view ?? { x: 0, y: 0, scale: 1 }}
            writing={desk.writing}
            desk={desk}
          />
        )}
        {isExporting && (
          <Dialog title={texts.exportBoard} hook="exporting" onClose={() => setExporting(false)}>
            <div class="row">
              <Act
                hook="export-png"
                run={async () => saveAs(await pngOf(sheet.items, picture), `${space.name}.png`)}
                onError={fail}
              >
                PNG
              </Act>
              <Act
                hook="export-svg"
                run={async () => saveAs(await svgOf(sheet.items, picture), `${space.name}.svg`)}
                onError={fail}
              >
                SVG
              </Act>
            </div>
          </Dialog>
        )}
        {sheet.isLoaded && sheet.items.length === 0 && desk.writing === undefined && (
          <p class="hint">{texts.emptyBoard}</p>
        )}
      </main>
    </div>
  );
}

/** Has what is pasted taken by the board, unless it is meant for a field or a dialog. */
function usePaste(take: (data: DataTransfer | null) => boolean): void {
  const latest = useRef(take);
  latest.current = take;
  useEffect(() => {
    const onPaste = (event: ClipboardEvent): void => {
      const isElsewhere = event.target instanceof Element && event.target.closest(FIELDS) !== null;
      if (!isElsewhere && latest.current(event.clipboardData)) event.preventDefault();
    };
    addEventListener("paste", onPaste);
    return () => removeEventListener("paste", onPaste);
  }, []);
}

/**
 * Has keys taken by the board wherever the keyboard is, unless they are meant for a field or a
 * dialog: whoever has just pressed a button, or finished a text, takes it back like anybody else.
 */
function useKeys(take: (event: KeyboardEvent) => void): void {
  const latest = useRef(take);
  latest.current = take;
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      const isElsewhere = event.target instanceof Element && event.target.closest(FIELDS) !== null;
      if (!isElsewhere && !event.defaultPrevented) latest.current(event);
    };
    addEventListener("keydown", onKeyDown);
    return () => removeEventListener("keydown", onKeyDown);
  }, []);
}

const FIELDS = "input, textarea, dialog";

interface TroublesProps {
  readonly sheet: Sheet;
  readonly problem: string;
  readonly note: string;
  readonly retry: () => Promise<void>;
  readonly onError: (thrown: unknown) => void;
}

/** What went wrong and what can be done about it, and what else is to be told. */
function Troubles({ sheet, problem, note, retry, onError }: TroublesProps) {
  const { failure, unkept } = sheet;
  return (
    <div class="troubles">
      <Problem text={failure === undefined ? problem : reasonOf(failure)} hook="board-problem" />
      {unkept > 0 && failure !== undefined && (
        <Act hook="board-retry" run={retry} onError={onError}>
          {texts.tryAgain}
        </Act>
      )}
      <p class="quiet" role="status" data-testid="board-note">
        {note}
      </p>
    </div>
  );
}

/** Runs something when somebody first gives what is missing here, unless somebody has already. */
function once(space: AppProps["space"], run: () => void): () => void {
  if (space.hasSynced) return () => {};
  const stop = space.on("synced", ({ all }) => {
    if (!all) return;
    stop();
    run();
  });
  return stop;
}

const ARROWS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};
