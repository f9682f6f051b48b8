import { type Builder, elementsOf, type SymTensor } from "../../ir/index.js";
import { axisOf } from "../define.js";
import { axes, type Backward, type Gradient, gradient, refuse } from "./rule.js";

/** A vector of one number per channel, placed along axis 1 of a tensor of that rank. */
function alongChannels(build: Builder, vector: SymTensor, rank: number): SymTensor {
  return build.reshape(vector, [1, vector.dims[0] ?? 1, ...axes(2, rank).map(() => 1)]);
}

const withEpsilon = ({ node, build }: Backward, variance: SymTensor, epsilon = 1e-5) =>
  build.unary("Reciprocal", build.unary("Sqrt", build.add(variance, node.float("epsilon") ?? epsilon)));

/** With statistics that are given: an affine map of every channel. */
const batchNormalization = gradient((at) => {
  const { node, build, dY, x } = at;
  if (node.int("training_mode") === 1) refuse(node, "training_mode 1");
  const input = x(0);
  const rank = input.dims.length;
  const [scale, , mean, variance] = [1, 2, 3, 4].map((i) => alongChannels(build, x(i), rank));
  if (!scale || !mean || !variance) return [];
  const inverse = withEpsilon(at, variance);
  const vector = (tensor: SymTensor) => build.reshape(tensor, x(1).dims);
  const [sum, product] = [dY, build.mul(dY, build.sub(input, mean))].map((t) =>
    build.sum(t, [0, ...axes(2, rank)]),
  );
  if (!sum || !product) return [];
  const factor = build.mul(scale, inverse);
  const dVariance = build.mul(build.mul(product, build.mul(factor, build.square(inverse))), -0.5);
  return [
    build.mul(dY, factor),
    vector(build.mul(product, inverse)),
    vector(sum),
    vector(build.unary("Neg", build.mul(sum, factor))),
    vector(dVariance),
  ];
});

/** x standardised over some axes, and the way back through it. */
function standardised(
  at: Backward,
  x: SymTensor,
  over: readonly number[],
  centered: boolean,
  epsilon?: number,
) {
  const { build } = at;
  const residual = centered ? build.sub(x, build.mean(x, over)) : x;
  const inverse = withEpsilon(at, build.mean(build.square(residual), over), epsilon);
  const normal = build.mul(residual, inverse);
  const backward = (d: SymTensor) => {
    const along = build.mul(normal, build.mean(build.mul(d, normal), over));
    const rest = centered ? build.sub(d, build.mean(d, over)) : d;
    return build.mul(build.sub(rest, along), inverse);
  };
  return { normal, backward };
}

function layer(centered: boolean): Gradient {
  return gradient((at) => {
    const { node, build, dY, x, optional } = at;
    const input = x(0);
    const rank = input.dims.length;
    const over = axes(axisOf(node.int("axis") ?? -1, rank), rank);
    const { normal, backward } = standardised(at, input, over, centered);
    const [scale, bias] = [x(1), optional(2)];
    return [
      backward(build.mul(dY, scale)),
      build.sumTo(build.mul(dY, normal), scale.dims),
      bias && build.sumTo(dY, bias.dims),
    ];
  });
}

const instance = gradient((at) => {
  const { build, dY, x } = at;
  const rank = x(0).dims.length;
  const { normal, backward } = standardised(at, x(0), axes(2, rank), true);
  const others = [0, ...axes(2, rank)];
  return [
    backward(build.mul(dY, alongChannels(build, x(1), rank))),
    build.sum(build.mul(dY, normal), others, false),
    build.sum(dY, others, false),
  ];
});

/** Opset 18 scales groups, later ones channels; the size of the scale tells which. */
const group = gradient((at) => {
  const { node, build, dY, x } = at;
  const { dims } = x(0);
  const [n = 1, channels = 1] = dims;
  const groups = node.int("num_groups") ?? 1;
  const split = [n, groups, channels / groups, elementsOf(dims.slice(2))];
  const { normal, backward } = standardised(at, build.reshape(x(0), split), [2, 3], true);
  const errors = build.reshape(dY, split);
  const perChannel = x(1).dims[0] === channels;
  const scale = build.reshape(x(1), perChannel ? [1, groups, channels / groups, 1] : [1, groups, 1, 1]);
  const parameter = (tensor: SymTensor) =>
    build.reshape(build.sum(tensor, perChannel ? [0, 3] : [0, 2, 3]), x(1).dims);
  return [
    build.reshape(backward(build.mul(errors, scale)), dims),
    parameter(build.mul(errors, normal)),
    parameter(errors),
  ];
});

/** y = x / ‖x‖₂ along an axis. */
const lp = gradient(({ node, build, dY, y, x }) => {
  if ((node.int("p") ?? 2) !== 2) refuse(node, "p other than 2");
  const axis = [axisOf(node.int("axis") ?? -1, y.dims.length)];
  const norm = build.unary("Sqrt", build.sum(build.square(x(0)), axis));
  return [build.div(build.sub(dY, build.mul(y, build.sum(build.mul(dY, y), axis))), norm)];
});

/** Gradients of the normalizations. */
export const normalizationGradients: ReadonlyMap<string, Gradient> = new Map([
  ["BatchNormalization", batchNormalization],
  ["InstanceNormalization", instance],
  ["LayerNormalization", layer(true)],
  ["RMSNormalization", layer(false)],
  ["SimplifiedLayerNormalization", layer(false)],
  ["GroupNormalization", group],
  ["LpNormalization", lp],
]);
