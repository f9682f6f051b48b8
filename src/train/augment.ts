import type { Random } from "../base/random.js";
import type { Pixels } from "../data/index.js";

/** Random changes of training images that keep their label. Works on pixels before normalization. */
export interface Augmentation {
  /** Zero padding in pixels, then a random crop of the old size. */
  readonly pad?: number;
  /** Mirrors every other image from left to right. */
  readonly flip?: boolean;
  /** A square of this side, in pixels, set to zero (DeVries and Taylor, 2017). */
  readonly cutout?: number;
  /**
   * Mixes every image with another of its batch, by one share a batch that is drawn from Beta(mixup, mixup), and their
   * labels too (Zhang et al., 2018). Between 0 and 4; 0.2 is usual.
   */
  readonly mixup?: number;
}

/** A number from Beta(alpha, alpha), by Jöhnk's method (1964). */
export function drawShare(alpha: number, random: Random): number {
  for (;;) {
    const [a, b] = [random.uniform() ** (1 / alpha), random.uniform() ** (1 / alpha)];
    if (a + b > 0 && a + b <= 1) return a / (a + b);
  }
}

/** Changes images of `shape` [channels, height, width], one after the other, each by its own draw; a new array. */
export function augment(
  pixels: Pixels,
  shape: readonly number[],
  changes: Augmentation,
  random: Random,
): Pixels {
  const [channels, height, width] = shape;
  if (shape.length !== 3 || !channels || !height || !width) return pixels;
  const { pad = 0, flip = false, cutout = 0 } = changes;
  const out = pixels instanceof Uint8Array ? new Uint8Array(pixels.length) : new Float32Array(pixels.length);
  const size = channels * height * width;
  for (let first = 0; first < pixels.length; first += size) {
    const [down, right] = [random.below(2 * pad + 1) - pad, random.below(2 * pad + 1) - pad];
    const mirrored = flip && random.below(2) === 1;
    for (let row = 0; row < channels * height; row++) {
      const from = (row % height) + down;
      if (from < 0 || from >= height) continue;
      const source = first + (row - (row % height) + from) * width;
      const target = first + row * width;
      const start = Math.max(0, -right);
      const end = Math.min(width, width - right);
      for (let x = start; x < end; x++) {
        out[target + (mirrored ? width - 1 - x : x)] = pixels[source + x + right] ?? 0;
      }
    }
    if (cutout > 0) cutOut(out, first, [channels, height, width], cutout, random);
  }
  return out;
}

/** The square may reach over the edge; its centre lies in the image. */
function cutOut(
  pixels: Pixels,
  first: number,
  [channels, height, width]: readonly [number, number, number],
  side: number,
  random: Random,
): void {
  const [top, left] = [random.below(height) - (side >> 1), random.below(width) - (side >> 1)];
  for (let c = 0; c < channels; c++) {
    for (let y = Math.max(0, top); y < Math.min(height, top + side); y++) {
      const row = first + (c * height + y) * width;
      pixels.fill(0, row + Math.max(0, left), row + Math.min(width, left + side));
    }
  }
}
