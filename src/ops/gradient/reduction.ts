import type { SymTensor } from "../../ir/index.js";
import { axisOf } from "../define.js";
import { axes, type Backward, type Gradient, gradient, integers } from "./rule.js";

function reducedAxes(at: Backward): number[] {
  const rank = at.x(0).dims.length;
  const listed = at.node.ints("axes") ?? integers(at, 1) ?? [];
  if (listed.length > 0) return listed.map((axis) => axisOf(axis, rank));
  return at.node.int("noop_with_empty_axes") === 1 ? [] : axes(0, rank);
}

interface Reduced extends Backward {
  /** The input, and gradient and output with the reduced axes as axes of size one. */
  readonly input: SymTensor;
  readonly d: SymTensor;
  readonly result: SymTensor;
  readonly over: readonly number[];
}

function reduction(rule: (at: Reduced) => SymTensor): Gradient {
  return gradient((at) => {
    const [input, over] = [at.x(0), reducedAxes(at)];
    const kept = input.dims.map((size, axis) => (over.includes(axis) ? 1 : size));
    const [d, result] = [at.build.reshape(at.dY, kept), at.build.reshape(at.y, kept)];
    return [at.build.expand(rule({ ...at, input, d, result, over }), input.dims)];
  });
}

/** Elements that share the largest (or smallest) value share its gradient. */
const extreme = reduction(({ build, input, d, result, over }) => {
  const mask = build.mask("Equal", input, result);
  return build.mul(mask, build.div(d, build.sum(mask, over)));
});

const cumulativeSum = gradient(({ node, build, dY }) => {
  const axis = node.input(1);
  const inputs = [dY, axis ? build.of(axis) : null];
  const attributes = [...node.attributes.values()].filter(({ name }) => name !== "reverse");
  const reverse = { name: "reverse", kind: "int" as const, value: BigInt(1 - (node.int("reverse") ?? 0)) };
  return [build.node("CumSum", inputs, dY.dims, { attributes: [...attributes, reverse] })];
});

/** Gradients of the reductions. */
export const reductionGradients: ReadonlyMap<string, Gradient> = new Map([
  ["ReduceSum", reduction(({ d }) => d)],
  [
    "ReduceMean",
    reduction(({ build, d, input, over }) =>
      build.mul(d, 1 / over.reduce((n, axis) => n * (input.dims[axis] ?? 1), 1)),
    ),
  ],
  ["ReduceL1", reduction(({ build, d, input }) => build.mul(d, build.unary("Sign", input)))],
  ["ReduceL2", reduction(({ build, d, input, result }) => build.mul(input, build.div(d, result)))],
  ["ReduceSumSquare", reduction(({ build, d, input }) => build.mul(build.mul(input, 2), d))],
  ["ReduceLogSum", reduction(({ build, d, result }) => build.div(d, build.unary("Exp", result)))],
  [
    "ReduceLogSumExp",
    reduction(({ build, d, input, result }) => build.mul(d, build.unary("Exp", build.sub(input, result)))),
  ],
  ["ReduceMax", extreme],
  ["ReduceMin", extreme],
  ["CumSum", cumulativeSum],
]);
