import { invariant, UserError } from "../base/errors.js";
import type { PlanSlice, PrunePlan } from "../channels/index.js";
import {
  bitsOf,
  cloneModel,
  elementsOf,
  type Graph,
  type Model,
  rawBytes,
  Tensor,
  type Value,
} from "../ir/index.js";
import { constantTensor } from "../ops/index.js";
import { putConstant } from "./constants.js";
import { packBits, unpackBits } from "./packed-bits.js";

/**
 * The original in which every reader of a removed channel sees zeros: the consumers' weights for it are set to zero (or
 * to `fill`), everything that makes the channel is left alone. What a pruned model must compute exactly.
 */
export function silencedModel(original: Model, plan: PrunePlan): Model {
  const model = cloneModel(original);
  const cuts = new Map<Value, PlanSlice[]>();
  for (const slice of plan.slices) {
    if (slice.removed.length === 0) continue;
    if (slice.tensor === undefined) maskRead(model.graph, slice);
    else if (slice.role === "consumer" || slice.silence) {
      const value = silencedConstant(model.graph, slice);
      cuts.set(value, [...(cuts.get(value) ?? []), slice]);
    }
  }
  for (const [value, slices] of cuts) {
    const tensor = constantTensor(value);
    invariant(tensor, "a silenced value is a constant");
    putConstant(value, silencedTensor(tensor, slices));
  }
  return model;
}

/** The constant that a slice silences; a copy for its reader alone where the plan says that it is shared. */
function silencedConstant(graph: Graph, slice: PlanSlice): Value {
  const name = slice.source ?? slice.tensor ?? "";
  const value = graph.find(name);
  const tensor = value && constantTensor(value);
  if (!value || !tensor) {
    throw new UserError(
      "plan-mismatch",
      `the plan cuts ${name}, which is not a constant of the model; give the plan's own original`,
    );
  }
  if (!slice.reader) return value;
  const own = `${name}#${slice.reader}`;
  const reader = graph.find(slice.reader)?.producer;
  if (!reader)
    throw new UserError(
      "plan-mismatch",
      `the plan names a reader ${slice.reader}, which the model does not have`,
    );
  const copy = graph.find(own) ?? graph.setInitializer(own, tensor);
  reader.inputs.forEach((input, i) => {
    if (input === value) reader.setInput(i, copy);
  });
  return copy;
}

function silencedTensor(tensor: Tensor, slices: readonly PlanSlice[]): Tensor {
  const bits = bitsOf(tensor.dataType);
  invariant(bits !== undefined, () => `${tensor.name}: elements of this type cannot be silenced`);
  const isPacked = bits < 8;
  const stored = rawBytes(tensor);
  const bytes = isPacked ? unpackBits(stored, bits, tensor.elements) : Uint8Array.from(stored);
  for (const slice of slices) zeroSlice(bytes, tensor.dims, Math.max(1, bits / 8), slice);
  return tensor.with({ content: { kind: "raw", bytes: isPacked ? packBits(bytes, bits) : bytes } });
}

/** `bytes` has `width` of them for each element. */
function zeroSlice(bytes: Uint8Array, dims: readonly number[], width: number, slice: PlanSlice): void {
  const { axis, removed, within, fill = 0 } = slice;
  const inner = elementsOf(dims.slice(axis + 1)) * width;
  const size = dims[axis] as number;
  const outer = elementsOf(dims.slice(0, axis));
  // A block of an axis before the cut one is a stretch of the outer positions.
  const perRow = within ? outer / elementsOf(dims.slice(0, within.axis + 1)) : 1;
  const rowCount = within ? (dims[within.axis] as number) : outer;
  for (let o = 0; o < outer; o++) {
    const row = Math.floor(o / perRow) % rowCount;
    if (within && (row < within.start || row >= within.end)) continue;
    for (const at of removed) bytes.fill(fill & 0xff, (o * size + at) * inner, (o * size + at + 1) * inner);
  }
}

/** One reader of an activation sees zeros in the removed channels. */
function maskRead(graph: Graph, { value: name, reader: first, axis, rank, size, removed }: PlanSlice): void {
  const value = graph.find(name ?? "");
  const reader = graph.find(first ?? "")?.producer;
  if (!value || !reader || rank === undefined || size === undefined) {
    throw new UserError(
      "plan-mismatch",
      `the plan silences ${name} where ${first} is made, which the model does not have`,
    );
  }
  const mask = new Float32Array(size).fill(1);
  for (const at of removed) mask[at] = 0;
  const dims = Array.from({ length: rank }, (_, i) => (i === axis ? size : 1));
  const constant = graph.setInitializer(`${name}#${first}#mask`, Tensor.float32("", dims, mask));
  const masked = graph.freshValue(`${name}#${first}`);
  graph.addNode({ opType: "Mul", inputs: [value, constant], outputs: [masked] }, reader);
  reader.inputs.forEach((input, i) => {
    if (input === value) reader.setInput(i, masked);
  });
}
