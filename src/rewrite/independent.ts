import { type ChannelAnalysis, type LabelBlock, unitPosition } from "../channels/index.js";
import { elementsOf, isFloat, type Node, numbersOf, type Tensor, type Value } from "../ir/index.js";
import { constantTensor, lookupOp, type OpDefinition } from "../ops/index.js";

/** Kinds of operators whose results on a channel depend on more than that channel of their operands. */
const MIXING: ReadonlySet<string> = new Set(["attention", "recurrent", "other", "convolution", "linear"]);

/**
 * For every value the units of which no element depends on the model's inputs, as long as all numbers are finite: what a
 * layer with zero weights makes, what a normalization with a zero scale makes, and what follows from such channels alone.
 */
export function independentUnits(analysis: ChannelAnalysis): ReadonlyMap<Value, ReadonlySet<number>> {
  const found = new Map<Value, ReadonlySet<number>>();
  for (const node of analysis.graph.nodes) {
    const op = lookupOp(node);
    if (!op) continue;
    for (const output of node.outputs) {
      if (!output) continue;
      const units = unitsOn(analysis, node, output);
      if (units.size === 0) continue;
      const test = testOf(analysis, node, op, found);
      const own = test ? new Set([...units].filter(test)) : undefined;
      if (own && own.size > 0) found.set(output, own);
    }
  }
  return found;
}

type Found = ReadonlyMap<Value, ReadonlySet<number>>;
type UnitTest = (unit: number) => boolean;

/** Says of a unit of the node's output whether it is independent; undefined where none is. */
function testOf(analysis: ChannelAnalysis, node: Node, op: OpDefinition, found: Found): UnitTest | undefined {
  if (op.kind === "convolution" || op.kind === "linear") return layerTest(analysis, node, op, found);
  if (MIXING.has(op.kind)) return undefined;
  const operands = node.inputs.filter((value) => value !== null);
  const data = operands.filter(
    (value) => !constantTensor(value) && !analysis.labelling.integers.integersOf(value),
  );
  const moves = op.kind === "concat" || op.kind === "movement";
  const follows: UnitTest = (unit) =>
    data.every(
      (value) =>
        found.get(value)?.has(unit) ||
        (moves && data.length > 1 && !unitsOn(analysis, node, value).has(unit)),
    );
  if (op.role !== "affine" && op.role !== "product") return follows;
  const factor =
    op.role === "affine" ? node.inputs[op.inputs.indexOf("scale")] : operands.find(constantTensor);
  if (!factor || data.length !== 1) return follows;
  const zero = zeroUnits(analysis, node, factor);
  return (unit) => zero.has(unit) || follows(unit);
}

/** Units whose places in a parameter that rides along are all zero. */
function zeroUnits(analysis: ChannelAnalysis, node: Node, factor: Value): Set<number> {
  const tensor = constantTensor(factor);
  const [block, ...others] = analysis.fieldsOf(node, factor);
  if (!tensor || !block || others.length > 0 || block.axes.length !== 1) return new Set();
  const units = analysis.unitsOf(block.labels);
  const zero = new Set(units);
  const inner = elementsOf(tensor.dims.slice((block.axes[0] ?? 0) + 1));
  Array.from(numbersOf(tensor)).forEach((value, at) => {
    if (value !== 0) zero.delete(units[Math.floor(at / inner) % units.length] as number);
  });
  return zero;
}

/** A layer's output is independent where all its weights are zero or read what is independent. */
function layerTest(
  analysis: ChannelAnalysis,
  node: Node,
  op: OpDefinition,
  found: Found,
): UnitTest | undefined {
  const [x, w, ...more] = node.inputs;
  const tensor = w && constantTensor(w);
  const named = op.inputs[1] === "W" || op.inputs[1] === "B";
  if (!x || !w || !tensor || !named || !isFloat(tensor.dataType) || tensor.dims.length < 2) return undefined;
  if (more.some((value) => value && !constantTensor(value))) return undefined;
  const blocks = analysis.fieldsOf(node, w) as readonly LabelBlock[];
  const readers = blocks.filter(({ role }) => role === "consumer");
  const makers = blocks.filter(
    ({ role, axes, labels }) =>
      role !== "consumer" && axes.length === 1 && analysis.unitsOf(labels).some((unit) => unit >= 0),
  );
  const [maker] = makers;
  if (!maker || makers.length !== 1 || readers.length > 1) return undefined;
  const known = found.get(x) ?? new Set();
  const depthwise = op.window?.(node).depthwise ?? false;
  const rows = analysis.unitsOf(maker.labels);
  const live = liveRows(analysis, tensor, maker, readers[0], (row, column) =>
    known.has(depthwise ? (rows[row] as number) : column),
  );
  return (unit) => rows.every((own, row) => own !== unit || live[row] === 0);
}

/** 1 for every row with a weight that is not zero and reads what `isKnown` says false of. */
function liveRows(
  analysis: ChannelAnalysis,
  tensor: Tensor,
  maker: LabelBlock,
  reader: LabelBlock | undefined,
  isKnown: (row: number, columnUnit: number) => boolean,
): Uint8Array {
  const values = numbersOf(tensor);
  const live = new Uint8Array(maker.labels.length);
  const columns = reader && analysis.unitsOf(reader.labels);
  const rowOf = indexOn(tensor, maker.axes[0] ?? 0);
  const sliceOf = reader && sliceIndex(tensor, reader);
  for (let at = 0; at < values.length; at++) {
    if (values[at] === 0) continue;
    const row = rowOf(at);
    if (live[row]) continue;
    const column = reader && sliceOf ? (columns?.[unitPosition(reader, sliceOf(at))] ?? -1) : -1;
    if (!isKnown(row, column)) live[row] = 1;
  }
  return live;
}

function indexOn({ dims }: Tensor, axis: number): (at: number) => number {
  const inner = elementsOf(dims.slice(axis + 1));
  const size = dims[axis] as number;
  return (at) => Math.floor(at / inner) % size;
}

/** For an element of a tensor the number of its slice along a block, as `sliceNorms` counts them. */
export function sliceIndex(tensor: Tensor, { axes, blockCount }: LabelBlock): (at: number) => number {
  const on = indexOn(tensor, axes.at(-1) as number);
  if (axes.length === 1) return on;
  const row = indexOn(tensor, axes[0] as number);
  const rows = (tensor.dims[axes[0] as number] as number) / blockCount;
  const width = tensor.dims[axes.at(-1) as number] as number;
  return (at) => Math.floor(row(at) / rows) * width + on(at);
}

function unitsOn(analysis: ChannelAnalysis, node: Node, value: Value): Set<number> {
  const units = new Set<number>();
  for (const { axes, labels } of analysis.fieldsOf(node, value)) {
    if (axes.length !== 1) continue;
    for (const unit of analysis.unitsOf(labels)) if (unit >= 0) units.add(unit);
  }
  return units;
}
