import type { Random } from "../../src/base/random.js";

/** Small random rotations (0.2 rad), scales (a tenth) and shifts (a fourteenth) of images, each by its own draw. */
export function distort(pixels: Float32Array, shape: readonly number[], random: Random): Float32Array {
  const [, height = 1, width = 1] = shape;
  const size = height * width;
  const out = new Float32Array(pixels.length);
  const draw = (spread: number) => spread * (2 * random.uniform() - 1);
  for (let first = 0; first < pixels.length; first += size) {
    const [angle, scale] = [draw(0.2), 1 + draw(0.1)];
    const [right, down] = [draw(width / 14), draw(height / 14)];
    const [cos, sin] = [Math.cos(angle) * scale, Math.sin(angle) * scale];
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const [dx, dy] = [x - (width - 1) / 2, y - (height - 1) / 2];
        const [fromX, fromY] = [cos * dx - sin * dy + right, sin * dx + cos * dy + down];
        out[first + y * width + x] = between(
          pixels.subarray(first, first + size),
          width,
          fromX + (width - 1) / 2,
          fromY + (height - 1) / 2,
        );
      }
    }
  }
  return out;
}

/** The value at a place between pixels, linear in both directions; zero outside. */
function between(image: Float32Array, width: number, x: number, y: number): number {
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const [right, below] = [x - left, y - top];
  const at = (row: number, column: number) =>
    column < 0 || column >= width ? 0 : (image[row * width + column] ?? 0);
  return (
    (1 - below) * ((1 - right) * at(top, left) + right * at(top, left + 1)) +
    below * ((1 - right) * at(top + 1, left) + right * at(top + 1, left + 1))
  );
}
