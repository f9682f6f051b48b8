import { type Builder, isFloat, type SymTensor } from "../../ir/index.js";
import { type Backward, type Gradient, gradient } from "./rule.js";

/** Gradients of the operands of broadcasting ops, before the sums that undo the broadcasting. */
function broadcasting(rule: (at: Backward) => readonly (SymTensor | undefined)[]): Gradient {
  return gradient((at) => rule(at).map((dX, index) => dX && at.build.sumTo(dX, at.x(index).dims)));
}

/** Where several operands are the largest (or smallest), each gets an equal share. */
const extreme = broadcasting((at) => {
  const { build, node, y, dY } = at;
  const masks = node.inputs.map((_, i) => build.mask("Equal", build.expand(at.x(i), y.dims), y));
  const count = masks.reduce((sum, mask) => build.add(sum, mask));
  const share = build.div(dY, count);
  return masks.map((mask) => build.mul(share, mask));
});

const identity = gradient(({ dY }) => [dY]);

/** d(x^p)/dx = p · x^(p-1), d(x^p)/dp = x^p · ln x. */
function powerGradients({ build, dY, y, x }: Backward): (SymTensor | undefined)[] {
  const [base, exponent] = [x(0), x(1)];
  const power = build.binary("Pow", base, build.sub(exponent, build.scalar(1, exponent.type)));
  const dBase = build.mul(build.mul(dY, build.cast(exponent, base.type)), power);
  if (!isFloat(exponent.type) || exponent.value.initializer) return [dBase];
  return [dBase, build.mul(build.mul(dY, y), logarithm(build, base))];
}

function logarithm(build: Builder, x: SymTensor): SymTensor {
  return build.unary("Log", x);
}

/** Gradients of the ops on operands that broadcast, by operator type. */
export const elementwiseGradients: ReadonlyMap<string, Gradient> = new Map([
  ["Add", broadcasting(({ dY }) => [dY, dY])],
  ["Sub", broadcasting(({ build, dY }) => [dY, build.unary("Neg", dY)])],
  ["Mul", broadcasting(({ build, dY, x }) => [build.mul(dY, x(1)), build.mul(dY, x(0))])],
  [
    "Div",
    broadcasting(({ build, dY, x, y }) => {
      const toNumerator = build.div(dY, x(1));
      return [toNumerator, build.unary("Neg", build.mul(toNumerator, y))];
    }),
  ],
  ["Pow", broadcasting(powerGradients)],
  ["Max", extreme],
  ["Min", extreme],
  ["Sum", broadcasting(({ node, dY }) => node.inputs.map(() => dY))],
  [
    "Mean",
    broadcasting(({ build, node, dY }) => node.inputs.map(() => build.mul(dY, 1 / node.inputs.length))),
  ],
  [
    "Where",
    broadcasting(({ build, dY, x }) => {
      const zero = build.scalar(0, dY.type);
      return [undefined, build.where(x(0), dY, zero), build.where(x(0), zero, dY)];
    }),
  ],
  ["CastLike", gradient(({ build, dY, x }) => [build.cast(dY, x(0).type)])],
  ["Cast", gradient(({ build, dY, x }) => [isFloat(x(0).type) ? build.cast(dY, x(0).type) : undefined])],
  ["Identity", identity],
]);
