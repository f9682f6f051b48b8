import { invariant } from "../../base/errors.js";
import { DataType } from "../../ir/index.js";
import type { HostTensor, RunOutput } from "../../runtime/index.js";

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
