import { invariant, UserError } from "../../base/errors.js";
import { DataType } from "../../ir/index.js";
import type { HostTensor, RunOutput } from "../../runtime/index.js";
import type { Losses } from "../agent.js";

export function scalar(value: number): HostTensor {
  return { dataType: DataType.FLOAT, dims: [], data: Float32Array.of(value) };
}

export function vector(data: Float32Array): HostTensor {
  return { dataType: DataType.FLOAT, dims: [data.length], data };
}

export function matrix(dims: readonly number[], data: Float32Array): HostTensor {
  return { dataType: DataType.FLOAT, dims, data };
}

export function floatsOf(tensor: HostTensor | undefined): Float32Array {
  invariant(tensor?.data instanceof Float32Array, "a float32 tensor");
  return tensor.data;
}

/** The elements of an output. */
export function outputOf(outputs: readonly RunOutput[], name: string): Float32Array {
  return floatsOf(outputs.find((output) => output.name === name));
}

/** The outputs of an update by name. Throws the UserError "loss-not-finite" where learning has come off the rails. */
export function lossesIn(outputs: readonly RunOutput[], update: number): Losses {
  const losses = new Map(outputs.map(({ name }) => [name, outputOf(outputs, name)[0] ?? Number.NaN]));
  for (const [name, loss] of losses) {
    if (Number.isFinite(loss)) continue;
    const what = `update ${update}: ${name} is ${loss}`;
    throw new UserError("loss-not-finite", `${what}; lower the learning rates or scale the rewards`);
  }
  return losses;
}
