import type { SceneView } from "../scene.js";
import { type Arrangement, arrange, Tree } from "./arrangement.js";
import { element } from "./dom.js";
import { type Camera, type Picture, paint } from "./paint.js";
import type { Palette } from "./palette.js";

/** What a pane tells the page of. */
export interface PaneEvents {
  click(box: number): void;
  /** The person moved or zoomed this pane: by pixels, then by a factor about a point of the pane. */
  moved(dx: number, dy: number, factor: number, at: readonly [number, number]): void;
  key(event: KeyboardEvent): void;
}

const [LEAST_SCALE, MOST_SCALE] = [0.002, 4];

/** As many boxes as are shown at once to begin with. */
const FIRST_SHOWN = 40;

/** A canvas with one model's graph: what is open, where the camera is. */
export class Pane {
  readonly tree: Tree;
  readonly canvas: HTMLCanvasElement;
  readonly root: HTMLElement;
  readonly open = new Set<number>([0]);
  readonly camera: Camera = { scale: 1, x: 0, y: 0 };
  arrangement: Arrangement;
  selected = -1;
  found: ReadonlySet<number> = new Set();
  companions: ReadonlySet<number> = new Set();
  palette: Palette;
  #scheduled = false;

  constructor(
    view: SceneView,
    palette: Palette,
    readonly isDiff: boolean,
    readonly events: PaneEvents,
  ) {
    this.tree = new Tree(view);
    this.palette = palette;
    this.canvas = element("canvas", { label: `graph of ${view.label}; use the arrow keys` });
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("role", "application");
    this.root = element("section", { class: "pane" }, element("h2", { text: view.label }), this.canvas);
    this.#openFirst();
    this.arrangement = arrange(this.tree, this.open);
    this.#listen();
    new ResizeObserver(() => this.repaint()).observe(this.canvas);
  }

  /** Opens levels from outside as long as few boxes show. */
  #openFirst(): void {
    let level = [0];
    let shown = this.tree.children[0]?.length ?? 0;
    while (level.length > 0) {
      const next = level
        .flatMap((box) => this.tree.children[box] ?? [])
        .filter((box) => this.tree.children[box]?.length);
      shown += next.reduce((sum, box) => sum + (this.tree.children[box]?.length ?? 0), 0);
      if (shown > FIRST_SHOWN || next.length === 0) return;
      for (const box of next) this.open.add(box);
      level = next;
    }
  }

  get size(): readonly [number, number] {
    return [this.canvas.clientWidth, this.canvas.clientHeight];
  }

  /** Opens or folds boxes; the box `still` stays where it is on the screen. */
  setOpen(boxes: Iterable<number>, isOpen: boolean, still = 0): void {
    const before = this.#anchor(still);
    for (const box of boxes) {
      if (isOpen && this.tree.box(box).inside) this.open.add(box);
      else if (!isOpen && box !== 0) this.open.delete(box);
    }
    this.arrangement = arrange(this.tree, this.open);
    const after = this.#anchor(still);
    this.camera.x += after[0] - before[0];
    this.camera.y += after[1] - before[1];
    this.repaint();
  }

  #anchor(box: number): readonly [number, number] {
    const { x, y, width } = this.arrangement;
    return [(x[box] as number) + (width[box] as number) / 2, y[box] as number];
  }

  /** Centre of a box on the canvas, in pixels. */
  where(box: number): readonly [number, number] {
    const { x, y, width, height } = this.arrangement;
    const { scale } = this.camera;
    return [
      ((x[box] as number) + (width[box] as number) / 2 - this.camera.x) * scale,
      ((y[box] as number) + (this.open.has(box) ? 14 : (height[box] as number) / 2) - this.camera.y) * scale,
    ];
  }

  /** Brings a box to a place on the canvas; the middle where none is given. */
  bringTo(box: number, to?: readonly [number, number]): void {
    const [width, height] = this.size;
    const [wantedX, wantedY] = to ?? [width / 2, height / 2];
    const [atX, atY] = this.where(box);
    this.camera.x += (atX - wantedX) / this.camera.scale;
    this.camera.y += (atY - wantedY) / this.camera.scale;
    this.repaint();
  }

  /** Moves a box into sight where it is not. */
  reveal(box: number): void {
    this.setOpen(this.tree.outer(box), true, this.tree.shown(box, this.open));
    if (this.camera.scale < 0.45) this.camera.scale = 0.8;
    const [x, y] = this.where(box);
    const [width, height] = this.size;
    if (x < 60 || y < 40 || x > width - 60 || y > height - 40) this.bringTo(box);
    else this.repaint();
  }

  fit(): void {
    const { width, height } = this.arrangement;
    const [w, h] = this.size;
    const scale = Math.min(1.25, (w - 24) / (width[0] as number), (h - 24) / (height[0] as number));
    // A long network begins at its top, at a size that can be read.
    this.camera.scale = clamp(Math.max(scale, Math.min(0.7, (w - 24) / (width[0] as number))));
    this.camera.x = (width[0] as number) / 2 - w / 2 / this.camera.scale;
    this.camera.y = Math.min(-12, ((height[0] as number) - h / this.camera.scale) / 2);
    if (this.camera.scale > scale) this.camera.y = -16 / this.camera.scale;
    this.repaint();
  }

  /** The whole network, however small. */
  overview(): void {
    const { width, height } = this.arrangement;
    const [w, h] = this.size;
    this.camera.scale = clamp(Math.min((w - 24) / (width[0] as number), (h - 24) / (height[0] as number)));
    this.camera.x = (width[0] as number) / 2 - w / 2 / this.camera.scale;
    this.camera.y = (height[0] as number) / 2 - h / 2 / this.camera.scale;
    this.repaint();
  }

  pan(dx: number, dy: number): void {
    this.camera.x -= dx / this.camera.scale;
    this.camera.y -= dy / this.camera.scale;
    this.repaint();
  }

  zoom(factor: number, [x, y]: readonly [number, number]): void {
    const scale = clamp(this.camera.scale * factor);
    this.camera.x += x / this.camera.scale - x / scale;
    this.camera.y += y / this.camera.scale - y / scale;
    this.camera.scale = scale;
    this.repaint();
  }

  /** The innermost visible box at a place of the canvas; -1 where there is none. */
  hit(x: number, y: number): number {
    const { arrangement, tree, open, camera } = this;
    const [wx, wy] = [x / camera.scale + camera.x, y / camera.scale + camera.y];
    const isOver = (box: number) =>
      wx >= (arrangement.x[box] as number) &&
      wy >= (arrangement.y[box] as number) &&
      wx <= (arrangement.x[box] as number) + (arrangement.width[box] as number) &&
      wy <= (arrangement.y[box] as number) + (arrangement.height[box] as number);
    let at = 0;
    for (;;) {
      const inner = open.has(at) ? (tree.children[at] ?? []).find(isOver) : undefined;
      if (inner === undefined) return at === 0 ? -1 : at;
      at = inner;
    }
  }

  repaint(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    requestAnimationFrame(() => this.paintNow());
  }

  /** Paints at once, for printing. */
  paintNow(): void {
    this.#scheduled = false;
    const [width, height] = this.size;
    const context = this.canvas.getContext("2d");
    if (!context || width === 0) return;
    const ratio = window.devicePixelRatio || 1;
    const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this.canvas.width !== w || this.canvas.height !== h) [this.canvas.width, this.canvas.height] = [w, h];
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    paint(context, width, height, this satisfies Picture);
  }

  #listen(): void {
    const { canvas } = this;
    const pointers = new Map<number, readonly [number, number]>();
    let travelled = 0;
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      pointers.set(event.pointerId, [event.offsetX, event.offsetY]);
      if (pointers.size === 1) travelled = 0;
    });
    canvas.addEventListener("pointermove", (event) => {
      const last = pointers.get(event.pointerId);
      if (!last) return;
      const now = [event.offsetX, event.offsetY] as const;
      const others = [...pointers].filter(([id]) => id !== event.pointerId).map(([, at]) => at);
      pointers.set(event.pointerId, now);
      const [dx, dy] = [now[0] - last[0], now[1] - last[1]];
      travelled += Math.abs(dx) + Math.abs(dy);
      const [other] = others;
      if (other) {
        const factor = distance(now, other) / Math.max(1, distance(last, other));
        this.events.moved(dx / 2, dy / 2, factor, [(now[0] + other[0]) / 2, (now[1] + other[1]) / 2]);
      } else if (travelled > 4) this.events.moved(dx, dy, 1, now);
    });
    const lift = (event: PointerEvent) => {
      const wasDown = pointers.delete(event.pointerId);
      if (wasDown && event.type === "pointerup" && travelled <= 4 && pointers.size === 0)
        this.events.click(this.hit(event.offsetX, event.offsetY));
    };
    canvas.addEventListener("pointerup", lift);
    canvas.addEventListener("pointercancel", lift);
    canvas.addEventListener(
      "wheel",
      (event) => {
        // On a page of more than the graph the wheel scrolls the page until the graph has been clicked.
        const isOwn = document.activeElement === canvas || !canvas.closest(".embedded");
        if (!isOwn && !event.ctrlKey) return;
        event.preventDefault();
        const at = [event.offsetX, event.offsetY] as const;
        if (event.shiftKey) this.events.moved(-event.deltaX - event.deltaY, 0, 1, at);
        else this.events.moved(0, 0, Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0015)), at);
      },
      { passive: false },
    );
    canvas.addEventListener("keydown", (event) => this.events.key(event));
  }
}

function clamp(scale: number): number {
  return Math.min(MOST_SCALE, Math.max(LEAST_SCALE, scale));
}

function distance([ax, ay]: readonly [number, number], [bx, by]: readonly [number, number]): number {
  return Math.hypot(ax - bx, ay - by);
}
