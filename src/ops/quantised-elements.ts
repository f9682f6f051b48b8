import type { Node } from "../ir/index.js";
import { axisOf, type ChannelLink, defineOp, type OpDefinition } from "./define.js";
import { freezeFrom, range } from "./relations.js";

/**
 * onnxruntime's operators on quantised maps: each operand has one scale and one zero point.
 * https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md
 */
const domain = "com.microsoft";

type Names = Pick<OpDefinition, "type" | "inputs" | "kind"> & { readonly output: string };

function quantised(
  { output, ...names }: Names,
  channels: OpDefinition["channels"],
  more: Partial<OpDefinition> = {},
): OpDefinition {
  return defineOp({ ...names, domain, since: [1], outputs: [output], channels, ...more });
}

/** Operands at these inputs broadcast against each other. */
function joins(at: readonly number[]): OpDefinition["channels"] {
  return (_, link) => {
    const [xs, y] = [at.map((index) => link.input(index)).filter((x) => x !== undefined), link.output(0)];
    if (!y || xs.length < at.length) return link.barrier("unknown-shape");
    link.elementwise(xs, y);
  };
}

const same: OpDefinition["channels"] = (_, link) => {
  const [x, y] = [link.input(0), link.output(0)];
  if (!x || !y) return link.barrier("unknown-shape");
  link.same(x, y);
};

/** Samples and channels pass; windows slide over the other axes. */
function pools(node: Node, link: ChannelLink): void {
  const [x, y] = [link.input(0), link.output(0)];
  if (!x || !y || x.dims.length < 2) return link.barrier("unknown-shape");
  const last = x.dims.length - 1;
  const channel = node.int("channels_last") ? last : 1;
  link.pass(x, 0, y, 0);
  link.pass(x, channel, y, channel);
  if (channel === 1) freezeFrom(link, x, 2, "spatial-axis");
  else for (const axis of range(last - 1, 1)) link.freeze(x, axis, "spatial-axis");
}

const binary = ["A", "A_scale", "A_zero_point?", "B", "B_scale", "B_zero_point?", "C_scale", "C_zero_point?"];
const unary = ["X", "X_scale", "X_zero_point?", "Y_scale", "Y_zero_point?"];

/** Operands follow one another as tensor, scale and zero point, after those of the result. */
const concat = quantised(
  {
    type: "QLinearConcat",
    inputs: ["Y_scale", "Y_zero_point", "inputs..."],
    output: "Y",
    kind: "concat",
  },
  (node, link) => {
    const y = link.output(0);
    const parts = node.inputs
      .map((_, index) => (index >= 2 && index % 3 === 2 ? link.input(index) : undefined))
      .filter((part) => part !== undefined);
    const axis = axisOf(node.int("axis") ?? 1, y?.dims.length ?? 0);
    const total = parts.reduce((size, part) => size + (part.dims[axis] ?? 0), 0);
    if (!y || total !== y.dims[axis]) return link.barrier("unknown-shape");
    link.concat(parts, y, axis);
  },
);

/** Before opset 13, everything from `axis` on is one long row. */
const softmax = quantised(
  {
    type: "QLinearSoftmax",
    inputs: ["X", "X_scale", "x_zero_point?", "y_scale", "y_zero_point"],
    output: "Y",
    kind: "activation",
  },
  (node, link) => {
    const [x, y] = [link.input(0), link.output(0)];
    if (!x || !y) return link.barrier("unknown-shape");
    const rank = x.dims.length;
    const isRow = (node.int("opset") ?? 13) < 13;
    const axis = axisOf(node.int("axis") ?? -1, rank);
    link.same(x, y);
    link.mix(x, isRow ? range(rank - axis, axis) : [axis]);
  },
  { role: "softmax" },
);

export const quantisedElementOps: readonly OpDefinition[] = [
  quantised({ type: "QLinearAdd", inputs: binary, output: "C", kind: "elementwise" }, joins([0, 3]), {
    role: "sum",
  }),
  quantised({ type: "QLinearMul", inputs: binary, output: "C", kind: "elementwise" }, joins([0, 3]), {
    role: "product",
  }),
  quantised(
    {
      type: "QLinearWhere",
      inputs: [
        "condition",
        "X",
        "x_scale",
        "x_zero_point",
        "Y",
        "y_scale",
        "y_zero_point",
        "z_scale",
        "z_zero_point",
      ],
      output: "Z",
      kind: "elementwise",
    },
    joins([0, 1, 4]),
  ),
  quantised({ type: "QLinearSigmoid", inputs: unary, output: "Y", kind: "activation" }, same),
  quantised({ type: "QLinearLeakyRelu", inputs: unary, output: "Y", kind: "activation" }, same),
  quantised(
    {
      type: "QLinearAveragePool",
      inputs: ["X", "x_scale", "x_zero_point?", "y_scale", "y_zero_point?"],
      output: "Y",
      kind: "pooling",
    },
    pools,
  ),
  quantised(
    {
      type: "QLinearGlobalAveragePool",
      inputs: ["X", "x_scale", "x_zero_point", "y_scale", "y_zero_point"],
      output: "Y",
      kind: "pooling",
    },
    pools,
  ),
  concat,
  softmax,
];
