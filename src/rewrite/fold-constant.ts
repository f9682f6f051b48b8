import { invariant } from "../base/errors.js";
import type { ChannelRead } from "../channels/index.js";
import { DataType, domainOf, type Model, type Node, numbersOf, Tensor } from "../ir/index.js";
import { constantTensor, lookupOp } from "../ops/index.js";
import { addConstant, putConstant } from "./constants.js";
import type { ConstantRead } from "./dead.js";
import { sliceIndex } from "./independent.js";

/** How a layer takes a number for each of its outputs: in its bias, or in an Add behind it. */
interface FoldTarget {
  readonly how: "bias" | "add";
  /** The axis of the weight that makes outputs. */
  readonly rows: number;
  /** What a product counts for in the result, over what the bias counts for. */
  readonly factor: number;
}

/** Where constants that a layer reads can go; undefined where they cannot (padding, other types, a bias that is computed). */
export function foldTarget({ node, holder }: ChannelRead): FoldTarget | undefined {
  const op = lookupOp(node);
  if (!op || domainOf(node) !== "" || node.inputs[1] !== holder.constant) return undefined;
  if (holder.tensor.dataType !== DataType.FLOAT) return undefined;
  const bias = node.input(2);
  const stored = bias && constantTensor(bias);
  if (bias && !(stored && stored.dataType === DataType.FLOAT)) return undefined;
  if (op.kind === "convolution") {
    const padded = (node.ints("pads") ?? []).some((amount) => amount !== 0);
    const automatic = !["", "NOTSET", "VALID"].includes(node.string("auto_pad") ?? "");
    if (padded || automatic || op.window?.(node).transposed !== false) return undefined;
    return { how: "bias", rows: 0, factor: 1 };
  }
  if (op.kind !== "linear" || holder.tensor.dims.length !== 2) return undefined;
  // Gemm has a third operand, a matrix product has none.
  if (op.inputs.length < 3) return { how: "add", rows: 1, factor: 1 };
  const [alpha, beta] = [node.float("alpha") ?? 1, node.float("beta") ?? 1];
  const rows = node.int("transB") === 1 ? 0 : 1;
  const outputs = holder.tensor.dims[rows] as number;
  const isVector =
    !stored || stored.elements === 1 || (stored.elements === outputs && stored.dims.at(-1) === outputs);
  return isVector && beta !== 0 ? { how: "bias", rows, factor: alpha / beta } : undefined;
}

/**
 * Moves what layers read as constants into their biases and sets the weights that read it to zero; `model` is a copy of
 * the model that was analysed. Returns the layers (of the original) whose bias changed.
 */
export function foldConstants(model: Model, reads: readonly ConstantRead[]): Set<Node> {
  const changed = new Set<Node>();
  const twins = new Map(reads.map(({ read: { node } }) => [node, twinOf(model, node)]));
  for (const { read, constants } of reads) {
    const target = foldTarget(read);
    const twin = twins.get(read.node);
    invariant(target && twin, () => `${read.node.label} takes constants`);
    addToBias(model, twin, target, offsets(read, constants, target));
    changed.add(read.node);
  }
  for (const { read, constants } of reads) clearSlices(model, read, constants);
  return changed;
}

function twinOf({ graph }: Model, node: Node): Node {
  const output = node.outputs.find((value) => value !== null);
  const twin = output && graph.find(output.name)?.producer;
  invariant(twin, () => `${node.label} is in the copy`);
  return twin;
}

/** For every output of a layer the sum of constant · weight. */
function offsets(
  { holder, block }: ChannelRead,
  constants: Float64Array,
  { rows, factor }: FoldTarget,
): Float64Array {
  const { tensor } = holder;
  const values = numbersOf(tensor);
  const sums = new Float64Array(tensor.dims[rows] as number);
  const slice = sliceIndex(tensor, block);
  const row = sliceIndex(tensor, { ...block, axes: [rows] });
  for (let at = 0; at < values.length; at++) {
    const to = row(at);
    sums[to] = (sums[to] as number) + factor * (constants[slice(at)] as number) * (values[at] as number);
  }
  return sums;
}

function addToBias(model: Model, node: Node, { how }: FoldTarget, sums: Float64Array): void {
  const { graph } = model;
  const stored = how === "bias" ? node.input(2) : undefined;
  const before = stored
    ? Array.from(numbersOf(constantTensor(stored) ?? Tensor.float32("", [0], new Float32Array())))
    : [];
  const values = Float32Array.from(sums, (sum, i) => sum + (before[before.length === 1 ? 0 : i] ?? 0));
  const output = node.output(0);
  invariant(output, () => `${node.label} has an output`);
  const bias = addConstant(model, `${output.name}_bias`, Tensor.float32("", [values.length], values));
  if (how === "bias") {
    node.setInput(2, bias);
    return;
  }
  const product = graph.freshValue(`${output.name}_product`);
  const again = {
    ...node,
    inputs: [...node.inputs],
    outputs: [product],
    attributes: [...node.attributes.values()],
  };
  const sum = graph.replaceNode(node, { opType: "Add", inputs: [product, bias], outputs: [output] });
  graph.addNode(again, sum);
}

function clearSlices({ graph }: Model, { holder, block }: ChannelRead, constants: Float64Array): void {
  const value = graph.find(holder.constant.name);
  const tensor = value && constantTensor(value);
  invariant(value && tensor, () => `${holder.constant.name} is in the copy`);
  const slice = sliceIndex(tensor, block);
  const numbers = Float32Array.from(numbersOf(tensor), (number, at) =>
    constants[slice(at)] === 0 ? number : 0,
  );
  putConstant(value, tensor.withFloats(numbers));
}
