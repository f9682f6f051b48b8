import { DataType, domainOf, elementsOf, type Node } from "../ir/index.js";
import { type ChannelLink, defineOp, type IntegerTensor, type OpDefinition, type Operand } from "./define.js";
import { copied, isIntegerType } from "./integer-tensor.js";
import { freezeFrom, passAxes, range, rearrange } from "./relations.js";

/** Axis i of the output is axis perm[i] of the input; axes in reverse order unless said otherwise. */
export function permutationOf(node: Node, rank: number): number[] {
  return node.ints("perm") ?? range(rank).reverse();
}

/** Row-major positions in a tensor of `dims` in the order in which its transposition lists them. */
export function transposedIndices(dims: readonly number[], perm: readonly number[]): number[] {
  const strides = dims.map((_, axis) => elementsOf(dims.slice(axis + 1)));
  return perm.reduce<number[]>(
    (indices, axis) =>
      indices.flatMap((base) => range(dims[axis] ?? 1).map((i) => base + i * (strides[axis] ?? 1))),
    [0],
  );
}

/** https://onnx.ai/onnx/operators/onnx__Transpose.html */
const transpose = defineOp({
  type: "Transpose",
  since: [1, 13, 21, 23, 24, 25],
  inputs: ["data"],
  outputs: ["transposed"],
  kind: "movement",
  channels(node, link) {
    const [x, y] = [link.input(0), link.output(0)];
    if (!x || !y) return link.barrier("unknown-shape");
    link.permute(x, y, permutationOf(node, x.dims.length));
  },
  evaluate(node, [data]) {
    if (!data) return undefined;
    const perm = permutationOf(node, data.dims.length);
    return copied(
      data,
      transposedIndices(data.dims, perm),
      perm.map((axis) => data.dims[axis] ?? 1),
    );
  },
});

/** https://onnx.ai/onnx/operators/onnx__Identity.html */
const identity = defineOp({
  type: "Identity",
  role: "inert",
  since: [1, 13, 14, 16, 19, 21, 23, 24, 25],
  inputs: ["input"],
  outputs: ["output"],
  kind: "movement",
  channels: same,
  evaluate: (_, [x]) => x,
});

/** Whether a node's output is just another name for its first input. */
export function isAlias(node: Node): boolean {
  return node.opType === identity.type && domainOf(node) === "";
}

/** https://onnx.ai/onnx/operators/onnx__Cast.html; conversion to an integer drops the fraction. */
const cast = defineOp({
  type: "Cast",
  role: "inert",
  since: [1, 6, 9, 13, 19, 21, 23, 24, 25, 28],
  inputs: ["input"],
  outputs: ["output"],
  kind: "movement",
  channels: same,
  evaluate: (node, [x]) => x && converted(x, node.int("to")),
});

/** The tensor in another element type; an element that keeps its value counts as a copy. */
function converted(x: IntegerTensor, to: DataType | undefined): IntegerTensor | undefined {
  if (to === undefined || !(isIntegerType(to) || to === DataType.FLOAT || to === DataType.DOUBLE))
    return undefined;
  const values = x.values.map((value) => {
    if (to === DataType.BOOL) return value === 0 ? 0 : 1;
    if (to === DataType.FLOAT) return Math.fround(value);
    return isIntegerType(to) ? Math.trunc(value) : value;
  });
  return {
    elementType: to,
    dims: x.dims,
    values,
    origins: x.origins.map((origin, i) => (values[i] === x.values[i] ? origin : undefined)),
  };
}

function same(_: Node, link: ChannelLink): void {
  const [x, y] = [link.input(0), link.output(0)];
  if (x && y) link.same(x, y);
}

/** Samples, channels, height and width of the first input, and the block size. */
function blocksOf(node: Node, link: ChannelLink): { x: Operand; y: Operand; block: number } | undefined {
  const [x, y, block] = [link.input(0), link.output(0), node.int("blocksize") ?? 0];
  const fits = x && y && block > 0 && elementsOf(x.dims) === elementsOf(y.dims);
  const [blocked, whole] = node.opType === depthToSpace.type ? [y, x] : [x, y];
  if (fits && x.dims.length === 4 && whole?.dims[1] === (blocked?.dims[1] ?? 0) * block ** 2)
    return { x, y, block };
  link.barrier("unknown-shape");
  return undefined;
}

/** https://onnx.ai/onnx/operators/onnx__DepthToSpace.html: the block's places are the outer (DCR) or inner (CRD) part. */
const depthToSpace = defineOp({
  type: "DepthToSpace",
  since: [1, 11, 13, 28],
  inputs: ["input"],
  outputs: ["output"],
  kind: "movement",
  channels(node, link) {
    const operands = blocksOf(node, link);
    if (!operands) return;
    const { x, y, block } = operands;
    const [n = 1, c = 1, h = 1, w = 1] = x.dims;
    const crd = node.string("mode") === "CRD";
    const [split, perm, places] = crd
      ? [
          [n, c / block ** 2, block, block, h, w],
          [0, 1, 4, 2, 5, 3],
          [2, 3],
        ]
      : [
          [n, block, block, c / block ** 2, h, w],
          [0, 3, 4, 1, 5, 2],
          [1, 2],
        ];
    const { cut } = rearrange(link, x, y, split, perm);
    // What becomes a place goes with its channel.
    link.mix(cut, places, "spatial-axis");
    freezeFrom(link, x, 2, "spatial-axis");
  },
});

/** https://onnx.ai/onnx/operators/onnx__SpaceToDepth.html: channel (i · block + j) · C + c is place (i, j) of channel c. */
const spaceToDepth = defineOp({
  type: "SpaceToDepth",
  since: [1, 13, 28],
  inputs: ["input"],
  outputs: ["output"],
  kind: "movement",
  channels(node, link) {
    const operands = blocksOf(node, link);
    if (!operands) return;
    const { x, y, block } = operands;
    const [n = 1, c = 1, h = 1, w = 1] = x.dims;
    freezeFrom(link, x, 2, "spatial-axis");
    rearrange(link, x, y, [n, c, h / block, block, w / block, block], [0, 3, 5, 1, 2, 4]);
  },
});

/** https://onnx.ai/onnx/operators/onnx__ReverseSequence.html: the first places of every sample, as many as it says, in reverse. */
const reverseSequence = defineOp({
  type: "ReverseSequence",
  since: [10, 28],
  inputs: ["input", "sequence_lens"],
  outputs: ["Y"],
  kind: "movement",
  channels(node, link) {
    const [x, y] = [link.input(0), link.output(0)];
    if (!x || !y) return link.barrier("unknown-shape");
    const [samples, places] = [node.int("batch_axis") ?? 1, node.int("time_axis") ?? 0];
    link.freeze(x, samples, "batch-axis");
    link.freeze(x, places, "spatial-axis");
    passAxes(link, x, y, (axis) => axis !== samples && axis !== places);
  },
});

export const rearrangeOps: readonly OpDefinition[] = [
  transpose,
  identity,
  cast,
  depthToSpace,
  spaceToDepth,
  reverseSequence,
];
