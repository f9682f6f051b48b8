import { invariant } from "../base/errors.js";
import type { Tensor } from "../ir/index.js";
import { toFloat32 } from "../ir/index.js";
import { solveSymmetric } from "./solve.js";

/**
 * Sums over all rows of the products of a regression's columns with themselves, [groups, inputs, inputs], and with the
 * targets, [groups, inputs, outputs]. Their size does not depend on the number of rows.
 */
export class NormalEquations {
  #gram: Float64Array = new Float64Array();
  #cross: Float64Array = new Float64Array();

  add(gram: ArrayLike<number>, cross: ArrayLike<number>): void {
    this.#gram = sum(this.#gram, gram);
    this.#cross = sum(this.#cross, cross);
  }

  /**
   * The weights [outputs, inputs] and one number more an output (the last of the columns, if `intercept`) that reproduce the targets
   * best. `ridge`, in units of the mean squared input, holds the weights where they are: (G + λ)·W' = C + λ·W.
   * Undefined where the inputs are all zero.
   */
  solve(
    weight: Tensor,
    { groups, outputAxis, intercept }: WeightLayout,
    ridge: number,
  ): { readonly weight: Float32Array; readonly intercept: Float32Array } | undefined {
    const old = toFloat32(weight);
    const outputs = (weight.dims[outputAxis] ?? 1) / groups;
    const inputs = old.length / (outputs * groups);
    const size = inputs + (intercept ? 1 : 0);
    invariant(this.#gram.length === groups * size ** 2, "the normal equations are of this layer");
    const result = { weight: Float32Array.from(old), intercept: new Float32Array(outputs * groups) };
    const place = (group: number, output: number, input: number) =>
      outputAxis === 0 ? (group * outputs + output) * inputs + input : input * outputs + output;
    let isRead = false;
    for (let group = 0; group < groups; group++) {
      const gram = this.#gram.subarray(group * size ** 2, (group + 1) * size ** 2);
      const cross = this.#cross.subarray(group * size * outputs, (group + 1) * size * outputs);
      let trace = 0;
      for (let i = 0; i < inputs; i++) trace += gram[i * size + i] ?? 0;
      if (trace === 0) continue;
      isRead = true;
      const strength = (ridge * trace) / inputs;
      for (let i = 0; i < inputs; i++) {
        gram[i * size + i] = (gram[i * size + i] ?? 0) + strength;
        for (let o = 0; o < outputs; o++)
          cross[i * outputs + o] = (cross[i * outputs + o] ?? 0) + strength * (old[place(group, o, i)] ?? 0);
      }
      solveSymmetric(gram, size, cross, outputs);
      for (let o = 0; o < outputs; o++) {
        for (let i = 0; i < inputs; i++) result.weight[place(group, o, i)] = cross[i * outputs + o] ?? 0;
        if (intercept) result.intercept[group * outputs + o] = cross[inputs * outputs + o] ?? 0;
      }
    }
    return isRead ? result : undefined;
  }
}

/** How a weight holds its matrices. */
export interface WeightLayout {
  readonly groups: number;
  /** 0: [groups · outputs, inputs ...]; 1: [inputs, outputs], without groups. */
  readonly outputAxis: 0 | 1;
  /** Whether the last column of the regression is the constant 1. */
  readonly intercept: boolean;
}

function sum(total: Float64Array, more: ArrayLike<number>): Float64Array {
  if (total.length === 0) return Float64Array.from(more);
  for (let i = 0; i < total.length; i++) total[i] = (total[i] ?? 0) + (more[i] ?? 0);
  return total;
}
