import type { SceneView } from "./scene.js";

/** Boxes around a box that are looked at: more than any network nests. */
const MOST_OUTER = 16;

/** Boxes that have less than this share of their contents in common are not the same. */
const LEAST_SHARE = 0.3;

/** Boxes of boxes that hold the same: those that share most of what is inside them, each in one pair at most. */
export function outerPairs(
  left: SceneView,
  right: SceneView,
  leaves: readonly (readonly [number, number])[],
): [number, number][] {
  const width = right.boxes.length;
  const shared = new Map<number, number>();
  const [sizeOfLeft, sizeOfRight] = [sizes(left), sizes(right)];
  for (const [a, b] of leaves) {
    const others = outerBoxes(right, b);
    for (const x of outerBoxes(left, a))
      for (const y of others) shared.set(x * width + y, (shared.get(x * width + y) ?? 0) + 1);
  }
  const candidates = Array.from(shared, ([key, count]) => {
    const [x, y] = [Math.floor(key / width), key % width];
    const all = (sizeOfLeft[x] as number) + (sizeOfRight[y] as number) - count;
    return { x, y, share: count / all };
  }).filter(({ share }) => share >= LEAST_SHARE);
  candidates.sort((a, b) => b.share - a.share || a.x - b.x || a.y - b.y);
  const [takenLeft, takenRight] = [new Set<number>(), new Set<number>()];
  return candidates.flatMap(({ x, y }): [number, number][] => {
    if (takenLeft.has(x) || takenRight.has(y)) return [];
    takenLeft.add(x);
    takenRight.add(y);
    return [[x, y]];
  });
}

function outerBoxes({ boxes }: SceneView, box: number): number[] {
  const found: number[] = [];
  for (let at = boxes[box]?.parent ?? -1; at >= 0 && found.length < MOST_OUTER; at = boxes[at]?.parent ?? -1)
    found.push(at);
  return found;
}

/** Boxes without an inside in each box. */
function sizes({ boxes }: SceneView): Int32Array {
  const count = new Int32Array(boxes.length);
  for (let box = boxes.length - 1; box >= 0; box--) {
    if (!boxes[box]?.inside) count[box] = 1;
    const parent = boxes[box]?.parent ?? -1;
    if (parent >= 0) count[parent] = (count[parent] as number) + (count[box] as number);
  }
  return count;
}
