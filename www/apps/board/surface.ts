import type { Space } from "../shared/space.js";
import { draw, drawLive, imageOf } from "./draw.js";
import { type Area, around, overlap, type Shape, type Stroke } from "./item.js";
import type { Live } from "./live.js";
import type { Picture, Sheet } from "./model.js";
import type { Item } from "./pile.js";

const SCALE_MIN = 0.05;
const SCALE_MAX = 20;
/** What the tools cover below, in pixels. */
const TOOLBAR = 80;
/** After the last movement of the view, the picture is drawn sharply again. */
const SHARPEN_MS = 90;
const INKS = [
  "#b3402f",
  "#8a5a00",
  "#4f7212",
  "#0f766e",
  "#1d68a8",
  "#5446c4",
  "#9333a8",
  "#b02a6b",
];

/** Which part of the board is seen: the place at the upper left, and the zoom. */
export interface View {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

/** What is drawn over the things: what this person is doing. */
export interface Overlay {
  /** The shape that is being drawn. */
  shape?: Shape | undefined;
  selected: ReadonlySet<string>;
  /** By how much what is selected is being moved. */
  shift: readonly [number, number];
  /** The frame in which things are being selected. */
  frame?: Area | undefined;
}

/**
 * The picture. Things that stand still are drawn once, into a layer of their own; while the view
 * moves, that layer is moved as a whole, so that thousands of strokes stay fluid.
 */
export class Surface {
  readonly canvas: HTMLCanvasElement;
  readonly overlay: Overlay = { selected: new Set(), shift: [0, 0] };
  /** Runs when another part of the board is seen. */
  onMove: () => void = () => {};
  readonly #layer = document.createElement("canvas");
  readonly #sheet: Sheet;
  readonly #live: Live;
  readonly #space: Space;
  readonly #resizing: ResizeObserver;
  /** The addresses of pictures that are here. */
  readonly #urls = new Map<string, string>();
  #view: View = { x: 0, y: 0, scale: 1 };
  /** The view in which the layer was drawn. */
  #layerView: View = this.#view;
  #isStale = true;
  #hasMoved = false;
  #sharpening: ReturnType<typeof setTimeout> | undefined;
  #frame = 0;
  /** What is hidden in the layer, because it is drawn over it while it moves. */
  #lifted: ReadonlySet<string> = new Set();

  constructor(canvas: HTMLCanvasElement, sheet: Sheet, live: Live, space: Space) {
    this.canvas = canvas;
    this.#sheet = sheet;
    this.#live = live;
    this.#space = space;
    this.#resizing = new ResizeObserver(() => this.#resize());
    this.#resizing.observe(canvas);
    this.#resize();
  }

  get view(): View {
    return this.#view;
  }

  /** From a place on the screen to one on the board. */
  place(clientX: number, clientY: number): [number, number] {
    const { left, top } = this.canvas.getBoundingClientRect();
    const { x, y, scale } = this.#view;
    return [x + (clientX - left) / scale, y + (clientY - top) / scale];
  }

  /** Moves the view by pixels of the screen. */
  pan(dx: number, dy: number): void {
    const { x, y, scale } = this.#view;
    this.#move({ x: x - dx / scale, y: y - dy / scale, scale });
  }

  /** Zooms so that what is under that point of the screen stays there. */
  zoom(factor: number, clientX?: number, clientY?: number): void {
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    const [atX, atY] = [clientX ?? left + width / 2, clientY ?? top + height / 2];
    const [x, y] = this.place(atX, atY);
    const scale = Math.min(SCALE_MAX, Math.max(SCALE_MIN, this.#view.scale * factor));
    this.#move({ x: x - (atX - left) / scale, y: y - (atY - top) / scale, scale });
  }

  /** Shows everything; `unasked` only while nobody has moved the view. */
  fit({ unasked = false } = {}): void {
    if (unasked && this.#hasMoved) return;
    const area = around(this.#sheet.items.map((item) => item.area));
    const { clientWidth } = this.canvas;
    const clientHeight = this.canvas.clientHeight - TOOLBAR;
    if (area === undefined) {
      this.#move({ x: 0, y: 0, scale: 1 });
      this.#hasMoved = !unasked;
      return;
    }
    const [width, height] = [area.right - area.left + 40, area.bottom - area.top + 40];
    const scale = Math.min(
      1,
      Math.max(SCALE_MIN, Math.min(clientWidth / width, clientHeight / height)),
    );
    const [centreX, centreY] = [(area.left + area.right) / 2, (area.top + area.bottom) / 2];
    const [x, y] = [centreX - clientWidth / 2 / scale, centreY - clientHeight / 2 / scale];
    this.#move({ x, y, scale });
    this.#hasMoved = !unasked;
  }

  /** The things have changed. */
  redraw(change: Picture): void {
    const isPlain = change !== "all" && change.isOnTop && !this.#isStale;
    if (isPlain && this.#layerView === this.#view) this.#drawItems([change.item]);
    else this.#isStale = true;
    this.request();
  }

  /** Draws at the next chance. */
  request(): void {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#paint();
    });
  }

  end(): void {
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#sharpening);
    this.#resizing.disconnect();
  }

  /** Moves the view to a place if that is not seen. */
  reveal(x: number, y: number): void {
    const { clientWidth, clientHeight } = this.canvas;
    const [left, top] = [
      (x - this.#view.x) * this.#view.scale,
      (y - this.#view.y) * this.#view.scale,
    ];
    const isSeen = left >= 0 && top >= 0 && left < clientWidth && top < clientHeight - TOOLBAR;
    if (!isSeen) this.pan(clientWidth / 3 - left, clientHeight / 3 - top);
  }

  #move(view: View): void {
    this.#view = view;
    this.onMove();
    this.#hasMoved = true;
    clearTimeout(this.#sharpening);
    this.#sharpening = setTimeout(() => {
      if (this.#layerView === this.#view) return;
      this.#isStale = true;
      this.request();
    }, SHARPEN_MS);
    this.request();
  }

  #resize(): void {
    const { clientWidth, clientHeight } = this.canvas;
    const size = { width: clientWidth * devicePixelRatio, height: clientHeight * devicePixelRatio };
    Object.assign(this.canvas, size);
    Object.assign(this.#layer, size);
    this.#isStale = true;
    // What was drawn is gone with the size: at once, so that nothing flickers.
    this.#paint();
  }

  #paint(): void {
    const context = this.canvas.getContext("2d");
    if (context === null || this.canvas.width === 0) return;
    const { selected, shift } = this.overlay;
    const isMoving = shift[0] !== 0 || shift[1] !== 0;
    const lifted = isMoving ? selected : new Set<string>();
    if (this.#isStale || lifted.size !== this.#lifted.size) {
      this.#lifted = lifted;
      this.#drawLayer();
    }
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    this.#placeLayer(context);
    this.#enter(context);
    this.#paintOwn(context);
    for (const stroke of this.#live.strokes) drawLive(context, stroke);
    this.#paintCursors(context);
  }

  #drawLayer(): void {
    this.#isStale = false;
    this.#layerView = this.#view;
    const context = this.#layer.getContext("2d");
    context?.setTransform(1, 0, 0, 1, 0, 0);
    context?.clearRect(0, 0, this.#layer.width, this.#layer.height);
    this.#drawItems(this.#sheet.items);
  }

  #drawItems(items: readonly Item[]): void {
    const context = this.#layer.getContext("2d");
    if (context === null) return;
    this.#enter(context);
    const { x, y, scale } = this.#view;
    const { clientWidth, clientHeight } = this.canvas;
    const seen = {
      left: x,
      top: y,
      right: x + clientWidth / scale,
      bottom: y + clientHeight / scale,
    };
    const zoom = scale * devicePixelRatio;
    for (const { id, shape, area } of items) {
      if (overlap(area, seen) && !this.#lifted.has(id)) draw(context, shape, zoom, this.#find);
    }
  }

  /** Asks for a picture; when it can be drawn, all is drawn again. */
  readonly #find = (id: string): HTMLImageElement | undefined => {
    const url = this.#urls.get(id);
    if (url !== undefined) return imageOf(url, () => this.redraw("all"));
    void this.#sheet.pictures.url(id).then((found) => {
      if (found === undefined || this.#urls.has(id)) return;
      this.#urls.set(id, found);
      this.redraw("all");
    });
    return undefined;
  };

  /** The layer where it belongs now, a little blurred if the view has moved since. */
  #placeLayer(context: CanvasRenderingContext2D): void {
    const [from, to] = [this.#layerView, this.#view];
    const scale = to.scale / from.scale;
    const x = (from.x - to.x) * to.scale * devicePixelRatio;
    const y = (from.y - to.y) * to.scale * devicePixelRatio;
    context.setTransform(scale, 0, 0, scale, x, y);
    context.drawImage(this.#layer, 0, 0);
  }

  /** From here on, places are those of the board. */
  #enter(context: CanvasRenderingContext2D): void {
    const { x, y, scale } = this.#view;
    const zoom = scale * devicePixelRatio;
    context.setTransform(zoom, 0, 0, zoom, -x * zoom, -y * zoom);
  }

  #paintOwn(context: CanvasRenderingContext2D): void {
    const { shape, selected, shift, frame } = this.overlay;
    const zoom = this.#view.scale * devicePixelRatio;
    const [dx, dy] = shift;
    const areas: Area[] = [];
    for (const id of selected) {
      const item = this.#sheet.item(id);
      if (item === undefined) continue;
      context.save();
      context.translate(dx, dy);
      if (this.#lifted.has(id)) draw(context, item.shape, zoom, this.#find);
      context.restore();
      areas.push(item.area);
    }
    if (shape?.kind === "stroke") drawLive(context, shape as Stroke);
    else if (shape !== undefined) draw(context, shape, zoom, this.#find);
    const around_ = around(areas);
    if (around_ !== undefined) this.#paintFrame(context, around_, shift);
    if (frame !== undefined) this.#paintFrame(context, frame, [0, 0]);
  }

  #paintFrame(
    context: CanvasRenderingContext2D,
    { left, top, right, bottom }: Area,
    [dx, dy]: readonly [number, number],
  ): void {
    const { scale } = this.#view;
    context.strokeStyle = "#2f5bea";
    context.lineWidth = 1.5 / scale;
    context.setLineDash([6 / scale, 4 / scale]);
    context.strokeRect(left + dx, top + dy, right - left, bottom - top);
    context.setLineDash([]);
  }

  #paintCursors(context: CanvasRenderingContext2D): void {
    const { scale } = this.#view;
    for (const cursor of this.#live.cursors) {
      // A part of the way with every frame: smooth, whatever the network does.
      const [dx, dy] = [cursor.toX - cursor.x, cursor.toY - cursor.y];
      const isNear = Math.hypot(dx, dy) * scale < 0.5;
      cursor.x = isNear ? cursor.toX : cursor.x + dx * 0.4;
      cursor.y = isNear ? cursor.toY : cursor.y + dy * 0.4;
      const { name, colour } = this.#space.person(cursor.peer);
      context.save();
      context.translate(cursor.x, cursor.y);
      context.scale(1 / scale, 1 / scale);
      context.fillStyle = INKS[colour % INKS.length] as string;
      context.fill(new Path2D("M0 0l5 15 3.500-6 6.500-2.500z"));
      context.font = "600 12px system-ui, sans-serif";
      context.textBaseline = "top";
      const width = context.measureText(name).width;
      context.beginPath();
      context.roundRect(12, 14, width + 10, 19, 6);
      context.fill();
      context.fillStyle = "#fff";
      context.fillText(name, 17, 18);
      context.restore();
      if (!isNear) this.request();
    }
  }
}
