import { defineOp, type OpDefinition, type SliceContext } from "./define.js";
import { broadcastDims, broadcasted } from "./integer-tensor.js";
import { type Take, takeAll } from "./relations.js";
import { sameDims, setSizes } from "./sizes.js";

/** https://onnx.ai/onnx/operators/onnx__Expand.html: input and sizes broadcast both ways. */
const expand = defineOp({
  type: "Expand",
  since: [8, 13],
  inputs: ["input", "shape"],
  outputs: ["output"],
  kind: "movement",
  channels(_, link) {
    const [x, y] = [link.input(0), link.output(0)];
    if (!x || !y) return link.barrier("unknown-shape");
    const [from, to] = [link.originalDims(x), link.originalDims(y)];
    const shift = to.length - from.length;
    to.forEach((size, axis) => {
      if (axis >= shift && from[axis - shift] === size) link.pass(x, axis - shift, y, axis);
      else link.spread(y, axis);
    });
  },
  afterSlice(_, slice) {
    resize(slice, (to, sizes) =>
      // A size of one follows the input.
      sizes.map((size, i) => (size === 1 ? 1 : (to[to.length - sizes.length + i] as number))),
    );
  },
  evaluate(_, [x, shape]) {
    const dims = x && shape && broadcastDims([x.dims, shape.values]);
    return dims && broadcasted(x, dims);
  },
});

/** https://onnx.ai/onnx/operators/onnx__Tile.html; opset 1 counts differently. */
const tile = defineOp({
  type: "Tile",
  since: [1, 6, 13],
  inputs: ["input", "repeats"],
  outputs: ["output"],
  kind: "movement",
  channels(_, link) {
    const [x, y] = [link.input(0), link.output(0)];
    if (!x || !y || x.dims.length !== y.dims.length) return link.barrier("unknown-shape");
    const to = link.originalDims(y);
    const single = link.originalDims(x).map((size, axis) => size === 1 && (to[axis] ?? 1) > 1);
    const takes = x.dims.flatMap((size, axis): Take[] => {
      const total = y.dims[axis] ?? size;
      return total === size || single[axis]
        ? []
        : [{ axis, indices: Array.from({ length: total }, (_, i) => i % size) }];
    });
    const repeated = single.includes(true)
      ? link.scratch(y.dims.map((size, axis) => (single[axis] ? 1 : size)))
      : y;
    takeAll(link, x, repeated, takes);
    if (repeated === y) return;
    y.dims.forEach((_, axis) => {
      if (single[axis]) link.spread(y, axis);
      else link.pass(repeated, axis, y, axis);
    });
  },
  afterSlice(node, slice) {
    const from = slice.inputAfter(0);
    if (!from) return;
    resize(slice, (to, repeats) =>
      repeats.map((_, axis) => {
        const times = (to[axis] ?? 1) / (from[axis] ?? 1);
        return Number.isInteger(times) ? times : slice.refuse(`${node.label} would repeat a part`);
      }),
    );
  },
});

/** Rewrites input 1 where the output's dimensions have changed. */
function resize(
  slice: SliceContext,
  next: (to: readonly number[], current: readonly number[]) => number[],
): void {
  const to = slice.outputAfter(0);
  if (!to || sameDims(to, slice.outputBefore(0))) return;
  const current = slice.integers(1);
  if (!current) slice.refuse("a size is computed from data");
  setSizes(slice, 1, current, next(to, current));
}

export const expandOps: readonly OpDefinition[] = [expand, tile];
