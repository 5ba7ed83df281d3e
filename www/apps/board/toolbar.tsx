import { texts } from "../shared/texts/index.js";
import { Act, Icon } from "../shared/ui.js";
import type { Sheet } from "./model.js";
import { type Ink, TOOLS, type Tool } from "./tools.js";

export const INKS = ["#1b2130", "#d23b2b", "#d98a00", "#2c8a4b", "#2f5bea", "#8b3fd1"] as const;
export const WIDTHS = [3, 6, 14] as const;

interface Props {
  readonly tool: Tool;
  readonly ink: Ink;
  readonly sheet: Sheet;
  readonly selected: ReadonlySet<string>;
  readonly mayWrite: boolean;
  readonly onTool: (tool: Tool) => void;
  readonly onInk: (ink: Ink) => void;
  readonly onImages: (files: readonly Blob[]) => void;
  readonly onUndo: () => Promise<void>;
  readonly onRedo: () => Promise<void>;
  readonly onDelete: () => Promise<void>;
  readonly onZoom: (factor: number) => void;
  readonly onFit: () => void;
  readonly onError: (thrown: unknown) => void;
}

/** Tools, colours, thicknesses, and the steps back and again. */
export function Toolbar(props: Props) {
  const { tool, ink, sheet, selected, mayWrite, onTool, onInk, onDelete, onError } = props;
  return (
    <div class="tools" role="toolbar" aria-label={texts.tools}>
      {mayWrite && (
        <>
          <div class="group">
            {TOOLS.map((name) => (
              <button
                type="button"
                key={name}
                class="plain"
                data-testid={`tool-${name}`}
                aria-pressed={tool === name}
                aria-label={texts.toolNames[name]}
                title={texts.toolNames[name]}
                onClick={() => onTool(name)}
              >
                <Icon name={name} />
              </button>
            ))}
            <ImageButton onImages={props.onImages} />
          </div>
          <div class="group">
            {INKS.map((colour, index) => (
              <button
                type="button"
                key={colour}
                class="plain ink"
                aria-pressed={ink.colour === colour}
                aria-label={texts.inks[index]}
                title={texts.inks[index]}
                onClick={() => onInk({ ...ink, colour })}
              >
                <span class={`swatch ink-swatch-${index}`} />
              </button>
            ))}
          </div>
          <div class="group">
            {WIDTHS.map((width, index) => (
              <button
                type="button"
                key={width}
                class="plain"
                aria-pressed={ink.width === width}
                aria-label={texts.widths[index]}
                title={texts.widths[index]}
                onClick={() => onInk({ ...ink, width })}
              >
                <span class={`thickness width-${index}`} />
              </button>
            ))}
          </div>
          <div class="group">
            <Step name="undo" isOff={!sheet.canUndo} run={props.onUndo} onError={onError} />
            <Step name="redo" isOff={!sheet.canRedo} run={props.onRedo} onError={onError} />
            <Step name="trash" isOff={selected.size === 0} run={onDelete} onError={onError} />
          </div>
        </>
      )}
      <div class="group">
        <button
          type="button"
          class="plain"
          aria-label={texts.zoomOut}
          onClick={() => props.onZoom(0.8)}
        >
          -
        </button>
        <button
          type="button"
          class="plain"
          aria-label={texts.zoomIn}
          onClick={() => props.onZoom(1.25)}
        >
          +
        </button>
        <button
          type="button"
          class="plain"
          data-testid="fit"
          aria-label={texts.fit}
          onClick={() => props.onFit()}
        >
          <Icon name="fit" />
        </button>
      </div>
    </div>
  );
}

interface StepProps {
  readonly name: "undo" | "redo" | "trash";
  readonly isOff: boolean;
  readonly run: () => Promise<void>;
  readonly onError: (thrown: unknown) => void;
}

function Step({ name, isOff, run, onError }: StepProps) {
  return (
    <Act
      hook={name}
      class="plain"
      disabled={isOff}
      run={run}
      onError={onError}
      aria-label={texts.steps[name]}
      title={texts.steps[name]}
    >
      <Icon name={name} />
    </Act>
  );
}

function ImageButton({ onImages }: Pick<Props, "onImages">) {
  return (
    <label class="button plain" title={texts.addImage}>
      <Icon name="image" />
      <span class="hidden">{texts.addImage}</span>
      <input
        type="file"
        accept="image/*"
        multiple
        class="hidden"
        data-testid="add-image"
        onChange={(event) => {
          onImages([...(event.currentTarget.files ?? [])]);
          // The same file can be chosen again.
          event.currentTarget.value = "";
        }}
      />
    </label>
  );
}
