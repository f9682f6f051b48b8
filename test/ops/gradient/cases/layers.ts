import type { Random } from "../../../../src/base/random.js";
import { type Attribute, attribute, DataType } from "../../../../src/ir/index.js";
import type { GradientCase } from "../check.js";

const { float, int, ints, string } = attribute;

const several = (count: number, draw: () => number) => Array.from({ length: count }, draw);

/** Random geometry of a convolution or pooling over `rank` axes. */
function geometry(random: Random, rank: number) {
  const kernel = several(rank, () => 1 + random.below(3));
  const pads = several(2 * rank, () => random.below(2)).map((p, i) =>
    Math.min(p, (kernel[i % rank] ?? 1) - 1),
  );
  return {
    kernel,
    strides: several(rank, () => 1 + random.below(3)),
    dilations: several(rank, () => 1 + random.below(2)),
    pads,
  };
}

function conv(random: Random): GradientCase {
  const rank = random.below(4) === 0 ? 1 : 2;
  const { kernel, strides, dilations, pads } = geometry(random, rank);
  const group = 1 + random.below(3);
  const [perInput, perOutput] = [1 + random.below(2), 1 + random.below(2)];
  const attributes = [ints("strides", strides), ints("dilations", dilations), int("group", group)];
  const places = several(rank, () => 6 + random.below(4));
  const padding: Attribute[] =
    random.below(4) === 0
      ? [string("auto_pad", random.below(2) ? "SAME_UPPER" : "VALID")]
      : [ints("pads", pads)];
  const isSame = padding[0]?.kind === "string";
  return {
    op: "Conv",
    inputs: [
      { dims: [2, group * perInput, ...places] },
      { dims: [group * perOutput, perInput, ...kernel] },
      { dims: [group * perOutput] },
    ],
    // onnxruntime refuses dilation with automatic padding.
    attributes: [
      ...(isSame ? attributes.filter(({ name }) => name !== "dilations") : attributes),
      ...padding,
    ],
    linear: true,
  };
}

function convTranspose(random: Random): GradientCase {
  const { kernel, strides, dilations, pads } = geometry(random, 2);
  const group = 1 + random.below(2);
  const [perInput, perOutput] = [1 + random.below(2), 1 + random.below(2)];
  const padding = strides.map((stride) => Math.min(random.below(2), stride - 1));
  return {
    op: "ConvTranspose",
    inputs: [
      { dims: [2, group * perInput, 4, 5] },
      { dims: [group * perInput, perOutput, ...kernel] },
      { dims: [group * perOutput] },
    ],
    attributes: [
      ints("strides", strides),
      ints("dilations", dilations),
      ints("pads", pads),
      ints("output_padding", padding),
      int("group", group),
    ],
    linear: true,
  };
}

/** The convolutions of the usual networks, which have forms of their own. */
const usualConvs: GradientCase[] = [
  {
    op: "Conv",
    inputs: [{ dims: [2, 3, 6, 5] }, { dims: [4, 3, 3, 3] }],
    attributes: [ints("pads", [1, 1, 1, 1])],
    linear: true,
  },
  {
    op: "Conv",
    inputs: [{ dims: [1, 2, 17, 4] }, { dims: [3, 2, 3, 3] }],
    attributes: [ints("pads", [1, 1, 1, 1])],
    linear: true,
  },
  {
    op: "Conv",
    inputs: [{ dims: [2, 3, 6, 6] }, { dims: [4, 3, 1, 1] }],
    attributes: [ints("strides", [2, 2])],
    linear: true,
  },
  {
    op: "Conv",
    inputs: [{ dims: [2, 4, 6, 6] }, { dims: [4, 1, 3, 3] }],
    attributes: [ints("pads", [1, 1, 1, 1]), int("group", 4), ints("strides", [2, 2])],
    linear: true,
  },
  { op: "Conv", inputs: [{ dims: [1, 1, 4, 4, 4] }, { dims: [2, 1, 2, 3, 2] }], linear: true },
];

function gemm(random: Random): GradientCase {
  const [m, k, n] = [2, 3, 4];
  const [transA, transB] = [random.below(2), random.below(2)];
  const bias = [[n], [m, 1], [1, n], [m, n], [1]][random.below(5)] ?? [n];
  return {
    op: "Gemm",
    inputs: [{ dims: transA ? [k, m] : [m, k] }, { dims: transB ? [n, k] : [k, n] }, { dims: bias }],
    attributes: [int("transA", transA), int("transB", transB), float("alpha", 0.5), float("beta", 2)],
    linear: true,
  };
}

const matMulShapes: [number[], number[]][] = [
  [
    [2, 3],
    [3, 4],
  ],
  [
    [5, 2, 3],
    [3, 4],
  ],
  [
    [2, 3],
    [5, 3, 4],
  ],
  [
    [5, 2, 3],
    [5, 3, 4],
  ],
  [
    [1, 5, 2, 3],
    [2, 1, 3, 4],
  ],
  [[3], [3, 4]],
  [[2, 3], [3]],
  [[3], [3]],
  [[3], [5, 3, 4]],
  [[5, 2, 3], [3]],
];

function pools(random: Random): GradientCase[] {
  const { kernel, strides, dilations, pads } = geometry(random, 2);
  const ceil = int("ceil_mode", random.below(2));
  const input = { dims: [1, 2, 5, 6] };
  return [
    {
      op: "MaxPool",
      inputs: [{ ...input, draw: "distinct" }],
      attributes: [
        ints("kernel_shape", kernel),
        ints("strides", strides),
        ints("pads", pads),
        ints("dilations", dilations),
        ceil,
      ],
    },
    {
      op: "AveragePool",
      inputs: [input],
      attributes: [
        ints("kernel_shape", kernel),
        ints("strides", strides),
        ints("pads", pads),
        int("count_include_pad", random.below(2)),
      ],
      linear: true,
    },
    {
      op: "AveragePool",
      inputs: [input],
      attributes: [ints("kernel_shape", [3, 2]), ints("strides", [2, 2]), int("ceil_mode", 1)],
      linear: true,
    },
    {
      op: "AveragePool",
      inputs: [input],
      attributes: [ints("kernel_shape", [3, 3]), string("auto_pad", "SAME_LOWER")],
      linear: true,
    },
    { op: "GlobalAveragePool", inputs: [{ dims: [2, 3, 4, 2] }], linear: true },
    { op: "GlobalMaxPool", inputs: [{ dims: [2, 2, 4, 2], draw: "distinct" }] },
  ];
}

function normalizations(random: Random): GradientCase[] {
  const x = { dims: [2, 4, 3, 2] };
  const vector = (size: number) => ({ dims: [size] });
  const axis = 1 + random.below(3);
  const scale = { dims: x.dims.slice(axis) };
  return [
    {
      op: "BatchNormalization",
      inputs: [x, vector(4), vector(4), vector(4), { dims: [4], draw: "positive" }],
    },
    { op: "InstanceNormalization", inputs: [x, vector(4), vector(4)], attributes: [float("epsilon", 1e-3)] },
    { op: "LayerNormalization", inputs: [x, scale, scale], attributes: [int("axis", axis)] },
    { op: "LayerNormalization", inputs: [x, { dims: [2] }] },
    { op: "RMSNormalization", inputs: [x, scale], attributes: [int("axis", axis)], opset: 23 },
    { op: "SimplifiedLayerNormalization", inputs: [x, { dims: [2] }], attributes: [int("axis", -1)] },
    {
      op: "GroupNormalization",
      inputs: [x, vector(2), vector(2)],
      attributes: [int("num_groups", 2)],
      opset: 18,
    },
    {
      op: "GroupNormalization",
      inputs: [x, vector(4), vector(4)],
      // Statistics in double, or differences drown in the rounding of its float32.
      attributes: [int("num_groups", 2), int("stash_type", DataType.DOUBLE)],
      opset: 21,
    },
    { op: "LpNormalization", inputs: [x], attributes: [int("axis", random.below(4))] },
  ];
}

export function layerCases(random: Random): GradientCase[] {
  return [
    ...several(6, () => 0).map(() => conv(random)),
    ...several(3, () => 0).map(() => convTranspose(random)),
    ...usualConvs,
    gemm(random),
    ...matMulShapes.map(
      ([a, b]): GradientCase => ({ op: "MatMul", inputs: [{ dims: a }, { dims: b }], linear: true }),
    ),
    ...pools(random),
    ...normalizations(random),
  ];
}
