import type { Random } from "../../../../src/base/random.js";
import { attribute, DataType } from "../../../../src/ir/index.js";
import type { GradientCase, Operand } from "../check.js";

const { float, int, ints, string } = attribute;

const list = (values: readonly number[]): Operand => ({ dims: [values.length], ints: values });

function slices(random: Random): GradientCase[] {
  const dims = [5, 6, 7];
  const bounds = dims.map((size) => {
    const step = [1, 2, 3, -1, -2][random.below(5)] ?? 1;
    const [low, high] = [random.below(2), size - random.below(2)];
    return step > 0 ? [low, high, step] : [high - 1, low - 1 < 0 ? -100 : low - 1, step];
  });
  const column = (i: number) => list(bounds.map((bound) => bound[i] ?? 0));
  const x = { dims };
  return [
    { op: "Slice", inputs: [x, column(0), column(1), list([0, 1, 2]), column(2)], linear: true },
    { op: "Slice", inputs: [x, list([-3]), list([1000]), list([-1])], linear: true },
    { op: "Slice", inputs: [x, list([1, 2]), list([-1, 5])], linear: true },
  ];
}

function pads(random: Random): GradientCase[] {
  const x = { dims: [2, 4, 5] };
  const amounts = Array.from({ length: 6 }, () => random.below(2));
  return [
    { op: "Pad", inputs: [x, list(amounts)], linear: true },
    { op: "Pad", inputs: [x, list([0, -1, 1, 0, 0, -2])], linear: true },
    { op: "Pad", inputs: [x, list([2, 1]), null, list([-1])], linear: true },
    {
      op: "Pad",
      inputs: [x, list([0, 2, 3, 0, 1, 2])],
      attributes: [string("mode", "reflect")],
      linear: true,
    },
    { op: "Pad", inputs: [x, list([0, 2, 3, 1, 1, 2])], attributes: [string("mode", "edge")], linear: true },
    {
      op: "Pad",
      inputs: [x, list([0, 2, 3, 0, 1, 2])],
      attributes: [string("mode", "wrap")],
      opset: 19,
      linear: true,
    },
  ];
}

function resizes(random: Random): GradientCase[] {
  const x = { dims: [1, 2, 4, 5] };
  const sizes = list([1, 2, 2 + random.below(8), 2 + random.below(8)]);
  const cases: GradientCase[] = [];
  for (const coordinates of ["half_pixel", "pytorch_half_pixel", "asymmetric", "align_corners"])
    for (const mode of ["nearest", "linear", "cubic"])
      cases.push({
        op: "Resize",
        inputs: [x, null, null, sizes],
        attributes: [string("mode", mode), string("coordinate_transformation_mode", coordinates)],
        linear: true,
      });
  for (const rounding of ["round_prefer_ceil", "floor", "ceil"])
    cases.push({
      op: "Resize",
      inputs: [x, null, null, list([1, 2, 8, 10])],
      attributes: [
        string("mode", "nearest"),
        string("nearest_mode", rounding),
        string("coordinate_transformation_mode", "asymmetric"),
      ],
      linear: true,
    });
  cases.push({
    op: "Resize",
    inputs: [x, null, null, list([7, 8])],
    attributes: [string("mode", "cubic"), float("cubic_coeff_a", -0.5), ints("axes", [2, 3])],
    linear: true,
  });
  return cases;
}

function reductions(random: Random): GradientCase[] {
  const dims = [2, 3, 4];
  const axes = [[0], [1, 2], [-1], [0, 2], []][random.below(5)] ?? [];
  const keep = int("keepdims", random.below(2));
  const over = axes.length > 0 ? [list(axes)] : [];
  const linear = ["ReduceSum", "ReduceMean"];
  const kinked = ["ReduceMax", "ReduceMin", "ReduceL1"];
  const smooth = ["ReduceL2", "ReduceSumSquare", "ReduceLogSumExp"];
  const make = (op: string, draw: "normal" | "distinct" | "positive"): GradientCase => ({
    op,
    inputs: [{ dims, draw }, ...over],
    attributes: [keep],
    linear: linear.includes(op),
  });
  return [
    ...[...linear, ...smooth].map((op) => make(op, "normal")),
    ...kinked.map((op) => make(op, "distinct")),
    make("ReduceLogSum", "positive"),
    { op: "ReduceSum", inputs: [{ dims }], attributes: [int("noop_with_empty_axes", 1)], linear: true },
  ];
}

export function movementCases(random: Random): GradientCase[] {
  const x = { dims: [2, 3, 4] };
  const axis = random.below(3);
  const perm = random.shuffle([0, 1, 2]);
  return [
    { op: "Reshape", inputs: [x, list([4, -1])], linear: true },
    { op: "Flatten", inputs: [x], attributes: [int("axis", axis)], linear: true },
    { op: "Squeeze", inputs: [{ dims: [2, 1, 3, 1] }, list([1])], linear: true },
    { op: "Squeeze", inputs: [{ dims: [2, 1, 3, 1] }], linear: true },
    { op: "Unsqueeze", inputs: [x, list([0, -1])], linear: true },
    { op: "Transpose", inputs: [x], attributes: [ints("perm", perm)], linear: true },
    { op: "Transpose", inputs: [x], linear: true },
    {
      op: "Concat",
      inputs: [1, 2, 3].map((size) => ({ dims: x.dims.map((old, i) => (i === axis ? size : old)) })),
      attributes: [int("axis", axis - 3)],
      linear: true,
    },
    { op: "Split", inputs: [x, list([1, 2])], attributes: [int("axis", 1)], outputs: 2, linear: true },
    {
      op: "Split",
      inputs: [x],
      attributes: [int("axis", -1), int("num_outputs", 2)],
      outputs: 2,
      linear: true,
    },
    { op: "Expand", inputs: [{ dims: [3, 1] }, list([2, 3, 4])], linear: true },
    { op: "Tile", inputs: [x, list([2, 1, 3])], linear: true },
    {
      op: "Gather",
      inputs: [x, { dims: [2, 2], ints: [0, 1, -1, 0] }],
      attributes: [int("axis", axis)],
      linear: true,
    },
    { op: "Gather", inputs: [x, { dims: [], ints: [1] }], attributes: [int("axis", axis)], linear: true },
    { op: "Gather", inputs: [x, { dims: [2], ints: [1, 1], type: DataType.INT32 }], linear: true },
    { op: "DepthToSpace", inputs: [{ dims: [1, 8, 2, 3] }], attributes: [int("blocksize", 2)], linear: true },
    {
      op: "DepthToSpace",
      inputs: [{ dims: [1, 8, 2, 3] }],
      attributes: [int("blocksize", 2), string("mode", "CRD")],
      linear: true,
    },
    { op: "SpaceToDepth", inputs: [{ dims: [1, 2, 4, 6] }], attributes: [int("blocksize", 2)], linear: true },
    ...slices(random),
    ...pads(random),
    ...resizes(random),
    ...reductions(random),
  ];
}
