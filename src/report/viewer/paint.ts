import type { Box } from "../scene.js";
import type { Arrangement, Tree } from "./arrangement.js";
import { colourOfKind, type Palette } from "./palette.js";

/** Where the screen's top left corner is in the world, and pixels per world unit. */
export interface Camera {
  scale: number;
  x: number;
  y: number;
}

/** What a pane shows at one moment. */
export interface Picture {
  readonly tree: Tree;
  readonly arrangement: Arrangement;
  readonly open: ReadonlySet<number>;
  readonly selected: number;
  readonly found: ReadonlySet<number>;
  readonly companions: ReadonlySet<number>;
  readonly camera: Camera;
  readonly palette: Palette;
  readonly isDiff: boolean;
}

const BADGES = { same: "", added: "+", removed: "−", changed: "~" } as const;

/** Below this many pixels a text cannot be read, and what is inside a box cannot be seen. */
const LEAST_TEXT = 5;
const LEAST_BOX = 7;

/** Paints what lies within the canvas; sizes in CSS pixels. */
export function paint(
  context: CanvasRenderingContext2D,
  width: number,
  height: number,
  picture: Picture,
): void {
  new Painter(context, width, height, picture).paint();
}

class Painter {
  readonly #left: number;
  readonly #top: number;
  readonly #right: number;
  readonly #bottom: number;

  constructor(
    readonly context: CanvasRenderingContext2D,
    readonly width: number,
    readonly height: number,
    readonly picture: Picture,
  ) {
    const { scale, x, y } = picture.camera;
    [this.#left, this.#top, this.#right, this.#bottom] = [x, y, x + width / scale, y + height / scale];
  }

  paint(): void {
    const { context, picture } = this;
    const { scale, x, y } = picture.camera;
    context.save();
    context.fillStyle = picture.palette.page;
    context.fillRect(0, 0, this.width, this.height);
    context.scale(scale, scale);
    context.translate(-x, -y);
    context.textBaseline = "middle";
    this.#inside(0, 0);
    context.restore();
  }

  #isVisible(box: number): boolean {
    const { x, y, width, height } = this.picture.arrangement;
    const [left, top] = [x[box] as number, y[box] as number];
    return (
      left < this.#right &&
      top < this.#bottom &&
      left + (width[box] as number) > this.#left &&
      top + (height[box] as number) > this.#top
    );
  }

  #inside(box: number, depth: number): void {
    const { tree } = this.picture;
    this.#edges(box);
    for (const child of tree.children[box] ?? []) if (this.#isVisible(child)) this.#box(child, depth + 1);
  }

  #edges(box: number): void {
    const { context } = this;
    const { arrangement, palette, selected, tree, camera } = this.picture;
    if (camera.scale < 0.03) return;
    context.strokeStyle = palette.line;
    context.lineWidth = Math.max(1.2, 0.7 / camera.scale);
    for (const { path, top, bottom } of arrangement.bundles.get(box) ?? [])
      if (top < this.#bottom && bottom > this.#top) context.stroke(path);
    if (selected < 0 || tree.box(selected).parent !== box) return;
    context.strokeStyle = palette.accent;
    context.lineWidth = Math.max(2, 1.5 / camera.scale);
    context.stroke(arrangement.edgesAt(box, selected));
  }

  #box(box: number, depth: number): void {
    const { tree, open, arrangement, camera } = this.picture;
    const height = (arrangement.height[box] as number) * camera.scale;
    if (open.has(box) && height >= LEAST_BOX) this.#open(box, depth);
    else this.#folded(box, height);
    this.#outline(box);
    if (!tree.box(box).inside || !open.has(box) || height < LEAST_BOX) return;
    this.#inside(box, depth);
  }

  #rectangle(box: number, radius: number): void {
    const { x, y, width, height } = this.picture.arrangement;
    this.context.beginPath();
    this.context.roundRect(
      x[box] as number,
      y[box] as number,
      width[box] as number,
      height[box] as number,
      radius,
    );
  }

  #open(box: number, depth: number): void {
    const { context } = this;
    const { palette, arrangement, tree, camera } = this.picture;
    this.#rectangle(box, 8);
    context.fillStyle = depth % 2 === 1 ? palette.inner : palette.page;
    context.fill();
    context.strokeStyle = this.#edgeColour(tree.box(box));
    context.lineWidth = Math.max(1, 0.7 / camera.scale);
    context.stroke();
    if (12 * camera.scale < LEAST_TEXT) return;
    context.fillStyle = palette.faint;
    context.font = "600 12px system-ui, sans-serif";
    const [x, y] = [arrangement.x[box] as number, arrangement.y[box] as number];
    const title = clipped(tree.box(box).title, (arrangement.width[box] as number) - 34, 7.4);
    context.fillText(`⊟ ${title}`, x + 10, y + 14);
  }

  #edgeColour({ status }: Box): string {
    const { palette } = this.picture;
    return status === "same" ? palette.line : palette[status];
  }

  #folded(box: number, shownHeight: number): void {
    const { context } = this;
    const { palette, arrangement, tree, camera } = this.picture;
    const { title, subtitle, kind, status, inside } = tree.box(box);
    const [x, y] = [arrangement.x[box] as number, arrangement.y[box] as number];
    const [width, height] = [arrangement.width[box] as number, arrangement.height[box] as number];
    const colour = colourOfKind(palette, kind);
    if (shownHeight < LEAST_BOX) {
      context.fillStyle = status === "same" ? colour : palette[status];
      context.fillRect(x, y, width, height);
      return;
    }
    if (inside) {
      context.fillStyle = palette.card;
      context.strokeStyle = this.#edgeColour(tree.box(box));
      context.lineWidth = 1;
      context.beginPath();
      context.roundRect(x + 4, y + 4, width, height, 6);
      context.fill();
      context.stroke();
    }
    this.#rectangle(box, 6);
    context.fillStyle = status === "same" ? palette.card : palette[`${status}-fill`];
    context.fill();
    context.strokeStyle = this.#edgeColour(tree.box(box));
    context.lineWidth = status === "same" ? 1 : 1.6;
    context.stroke();
    context.fillStyle = colour;
    context.beginPath();
    context.roundRect(x, y, 6, height, [6, 0, 0, 6]);
    context.fill();
    if (12 * camera.scale < LEAST_TEXT) return;
    const badge = BADGES[status];
    const room = width - 18 - (badge === "" ? 0 : 14);
    context.fillStyle = palette.ink;
    context.font = "600 12px system-ui, sans-serif";
    context.fillText(clipped(inside ? `⊞ ${title}` : title, room, 7.4), x + 12, y + 14);
    context.fillStyle = palette.faint;
    context.font = "11px system-ui, sans-serif";
    context.fillText(clipped(subtitle, width - 18, 6.3), x + 12, y + 29);
    if (badge === "") return;
    context.fillStyle = palette[status as "added"];
    context.font = "700 16px system-ui, sans-serif";
    context.fillText(badge, x + width - 16, y + 14);
  }

  #outline(box: number): void {
    const { context } = this;
    const { palette, selected, found, companions, camera } = this.picture;
    const isSelected = box === selected;
    if (!isSelected && !found.has(box) && !companions.has(box)) return;
    this.#rectangle(box, 7);
    context.strokeStyle = palette.accent;
    context.lineWidth = Math.max(isSelected ? 3 : 2, (isSelected ? 2.5 : 1.5) / camera.scale);
    context.setLineDash(isSelected || found.has(box) ? [] : [5, 4]);
    context.stroke();
    context.setLineDash([]);
    if (!found.has(box) || isSelected) return;
    context.globalAlpha = 0.15;
    context.fillStyle = palette.accent;
    context.fill();
    context.globalAlpha = 1;
  }
}

/** A text that fits, by the width of an average character: measuring each would take most of a frame. */
function clipped(text: string, room: number, character: number): string {
  const most = Math.max(1, Math.floor(room / character));
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}
