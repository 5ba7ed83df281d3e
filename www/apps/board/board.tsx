import "./board.css";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { AppProps } from "../load.js";
import { dataUrl, shrink } from "../shared/images.js";
import { reasonOf } from "../shared/reasons.js";
import { SpaceBar } from "../shared/space-bar.js";
import { texts } from "../shared/texts/index.js";
import { Act, Dialog, Icon, Problem, saveAs } from "../shared/ui.js";
import { useWatch } from "../shared/watch.js";
import { pngOf, svgOf } from "./export.js";
import { moved } from "./item.js";
import { Live } from "./live.js";
import { sheetOf } from "./model.js";
import { Surface } from "./surface.js";
import { TextField } from "./text-field.js";
import { INKS, Toolbar, WIDTHS } from "./toolbar.js";
import { type Ink, Pointers, type Tool } from "./tools.js";

/** As base64 inside a record, with room for what else is in it. */
const IMAGE = { edge: 1_200, bytes: 150_000 };
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
  const [writing, setWriting] = useState<{ x: number; y: number } | undefined>();
  const [problem, setProblem] = useState("");
  const [isExporting, setExporting] = useState(false);
  const [, setSelection] = useState(0);
  const chosen = useRef({ tool, ink });
  chosen.current = { tool, ink };
  const fail = (thrown: unknown): void => setProblem(reasonOf(thrown));
  const sheet = sheetOf(space);
  const live = space.part("live", () => new Live(space));
  useWatch(sheet);
  useLayoutEffect(() => {
    const surface = new Surface(canvas.current as HTMLCanvasElement, sheet, live, space);
    const pointers = new Pointers(surface, sheet, live, {
      tool: () => chosen.current.tool,
      ink: () => chosen.current.ink,
      mayWrite: () => space.mayWrite,
      onText: (x, y) => setWriting({ x, y }),
      onSelect: () => setSelection((count) => count + 1),
      onError: fail,
    });
    parts.current = { surface, pointers };
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
    sheet.load().then(() => surface.fit({ unasked: true }), fail);
    return () => {
      for (const end of ends) end();
    };
  }, [sheet]);
  const selected = parts.current?.surface.overlay.selected ?? new Set<string>();
  const remove = async (): Promise<void> => {
    await sheet.delete([...selected]);
    parts.current?.pointers.select([]);
  };
  const addImage = async (file: Blob): Promise<void> => {
    const small = await shrink(file, IMAGE);
    const surface = parts.current?.surface;
    if (small === undefined || surface === undefined) throw new Error("not a picture");
    const { width: w, height: h, blob } = small;
    const box = surface.canvas.getBoundingClientRect();
    const [x, y] = surface.place(box.left + box.width / 2, box.top + box.height / 2);
    const place = { x: x - w / 2, y: y - h / 2, w, h };
    await sheet.add([{ kind: "image", ...ink, ...place, src: await dataUrl(blob) }]);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const act = keyAction(event);
    if (act === undefined) return;
    event.preventDefault();
    Promise.resolve(act()).catch(fail);
  };
  /** What a key means on the board. */
  const keyAction = (event: KeyboardEvent): (() => unknown) | undefined => {
    const isCommand = event.ctrlKey || event.metaKey;
    const surface = parts.current?.surface;
    if (isCommand && event.key === "z") return () => (event.shiftKey ? sheet.redo() : sheet.undo());
    if (isCommand && event.key === "y") return () => sheet.redo();
    if (isCommand && event.key === "a") {
      const ours = sheet.items.filter((it) => sheet.isOurs(it)).map(({ id }) => id);
      return () => parts.current?.pointers.select(ours);
    }
    if (event.key === "Delete" || event.key === "Backspace") return remove;
    if (event.key === "Escape") return () => parts.current?.pointers.select([]);
    if (event.key === "+") return () => surface?.zoom(1.25);
    if (event.key === "-") return () => surface?.zoom(0.8);
    const [dx, dy] = ARROWS[event.key] ?? [0, 0];
    if (dx === 0 && dy === 0) return undefined;
    if (selected.size === 0) return () => surface?.pan(-dx * 4 * STEP, -dy * 4 * STEP);
    return () => sheet.change([...selected], (it) => moved(it, dx * STEP, dy * STEP));
  };
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
      <main class="sheet">
        <Toolbar
          {...{ tool, ink, sheet, selected, mayWrite: space.mayWrite }}
          onTool={setTool}
          onInk={setInk}
          onImage={(file) => addImage(file).catch(fail)}
          onDelete={remove}
          onZoom={(factor) => parts.current?.surface.zoom(factor)}
          onFit={() => parts.current?.surface.fit()}
          onError={fail}
        />
        <Problem
          text={sheet.failure === undefined ? problem : reasonOf(sheet.failure)}
          hook="board-problem"
        />
        <canvas
          ref={canvas}
          data-testid="canvas"
          data-items={sheet.items.length}
          data-loaded={sheet.isLoaded}
          data-tool={tool}
          role="img"
          aria-label={texts.boardWith(sheet.items.length)}
          tabIndex={0}
          onKeyDown={onKeyDown}
          onPointerDown={(event) => parts.current?.pointers.press(event)}
          onPointerMove={(event) => parts.current?.pointers.move(event)}
          onPointerUp={(event) => parts.current?.pointers.release(event)}
          onPointerCancel={(event) => parts.current?.pointers.cancel(event)}
        />
        {writing !== undefined && (
          <TextField
            view={parts.current?.surface.view ?? { x: 0, y: 0, scale: 1 }}
            {...{ ...writing, ink }}
            onDone={(shape) => {
              setWriting(undefined);
              if (shape !== undefined) sheet.add([shape]).catch(fail);
            }}
          />
        )}
        {isExporting && (
          <Dialog title={texts.exportBoard} hook="exporting" onClose={() => setExporting(false)}>
            <div class="row">
              <Act
                hook="export-png"
                run={async () => saveAs(await pngOf(sheet.items), `${space.name}.png`)}
                onError={fail}
              >
                PNG
              </Act>
              <Act
                hook="export-svg"
                run={() => saveAs(svgOf(sheet.items), `${space.name}.svg`)}
                onError={fail}
              >
                SVG
              </Act>
            </div>
          </Dialog>
        )}
        {sheet.isLoaded && sheet.items.length === 0 && <p class="hint">{texts.emptyBoard}</p>}
      </main>
    </div>
  );
}

/** Runs something when somebody first gives what is missing here, unless somebody has already. */
function once(space: AppProps["space"], run: () => void): () => void {
  if (space.hasSynced) return () => {};
  const stop = space.on("synced", () => {
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
