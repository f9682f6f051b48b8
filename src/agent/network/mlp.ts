import type { Builder, SymTensor } from "../../ir/index.js";
import type { Start, Weights } from "./weights.js";

/** Weights of a last layer start small, so that a fresh policy is indifferent (Lillicrap et al., 2016, section 7). */
const LAST: Start = { bound: 3e-3 };

/** x · W + b for rows x. Weights start uniform in ±1/√inputs. */
export function linear(
  build: Builder,
  weights: Weights,
  name: string,
  x: SymTensor,
  outputs: number,
  start?: Start,
): SymTensor {
  const inputs = x.dims.at(-1) ?? 1;
  const w = weights(`${name}.w`, [inputs, outputs], start);
  const b = weights(`${name}.b`, [outputs], start ?? { bound: 1 / Math.sqrt(inputs) });
  return build.add(build.matMul(x, w), b);
}

/** Hidden layers with ReLU and a last one without: rows [n, inputs] to rows [n, outputs]. */
export function mlp(
  build: Builder,
  weights: Weights,
  name: string,
  x: SymTensor,
  hidden: readonly number[],
  outputs: number,
): SymTensor {
  const last = hidden.reduce(
    (rows, size, i) => build.unary("Relu", linear(build, weights, `${name}.${i}`, rows, size)),
    x,
  );
  return linear(build, weights, `${name}.out`, last, outputs, LAST);
}
