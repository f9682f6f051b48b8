import { invariant } from "../base/errors.js";
import { cloneModel, type Model, type Tensor, toFloat32 } from "../ir/index.js";

/** Where a tensor lies in a flat vector. */
export interface Segment {
  readonly name: string;
  readonly dims: readonly number[];
  readonly from: number;
  readonly to: number;
}

/** The model's constants in one vector. */
export function gatherSegments(segments: readonly Segment[], model: Model): Float32Array {
  const vector = new Float32Array(segments.at(-1)?.to ?? 0);
  for (const { name, from } of segments) vector.set(toFloat32(constantOf(model, name)), from);
  return vector;
}

/** A copy of the model with constants from a vector: same names, same graph. */
export function scatterSegments(
  model: Model,
  vectors: readonly { readonly segments: readonly Segment[]; readonly values: Float32Array }[],
): Model {
  const copy = cloneModel(model);
  for (const { segments, values } of vectors) {
    for (const { name, from, to } of segments)
      copy.graph.setInitializer(name, constantOf(copy, name).withFloats(values.slice(from, to)));
  }
  return copy;
}

function constantOf(model: Model, name: string): Tensor {
  const tensor = model.graph.find(name)?.initializer;
  invariant(tensor, () => `weight ${name} has a tensor`);
  return tensor;
}
