import { IntegerEvaluator } from "../analysis/integers.js";
import type { ChannelAnalysis } from "../channels/index.js";
import { DataType, type Model, type Node, Tensor, type Value, viewBytes } from "../ir/index.js";
import { type DimsOf, type IntegerTensor, lookupOp } from "../ops/index.js";
import { addConstant } from "./constants.js";
import { RewriteRefused } from "./refusal.js";

/**
 * Channel counts that a graph measures (Shape, Size) and calculates with: the scale 1 / sqrt(d) of an attention, the
 * divisor of a mean. A cut must not change them, since the removed channels count as zeros: where such a number meets
 * data, what it was before becomes a constant.
 */
export function keepCounts(
  copy: Model,
  analysis: ChannelAnalysis,
  after: DimsOf,
  elsewhere: IntegerEvaluator,
  twins: ReadonlyMap<Node, Node>,
): void {
  const was = analysis.labelling.integers;
  const is = new IntegerEvaluator(after);
  for (const [node, twin] of twins) {
    if (isKnown(node, was)) continue;
    for (const index of dataInputs(node)) {
      const [value, now] = [node.input(index), twin.input(index)];
      if (value?.initializer) continue;
      const old = value && was.evaluate(value);
      if (!value || !old || !now || !old.isMeasured || !differs(old, is.evaluate(now))) continue;
      const constant = differs(old, elsewhere.evaluate(value)) ? undefined : tensorOf(old);
      if (!constant || !lookupOp(node)) refuseMeasure(value, was);
      twin.setInput(index, addConstant(copy, `${value.name}_count`, constant));
    }
  }
}

/** Whether the node still belongs to the arithmetic of sizes. */
function isKnown(node: Node, evaluator: IntegerEvaluator): boolean {
  const output = node.output(0);
  return output !== undefined && evaluator.evaluate(output) !== undefined;
}

/** The inputs that an operator computes with; the others are sizes and positions, which follow the cut. */
function dataInputs(node: Node): number[] {
  const kind = lookupOp(node)?.kind;
  if (kind === "shape") return [];
  return kind === "movement" || kind === "reduction" ? [0] : [...node.inputs.keys()];
}

/** Whether the numbers have changed, or are not known any more; tensors that got shorter carry channels instead. */
function differs(a: IntegerTensor, b: IntegerTensor | undefined): boolean {
  if (!b) return true;
  return a.values.length === b.values.length && a.values.some((value, i) => value !== b.values[i]);
}

function tensorOf({ elementType, dims, values }: IntegerTensor): Tensor | undefined {
  switch (elementType) {
    case DataType.FLOAT:
      return Tensor.float32("", dims, values);
    case DataType.DOUBLE:
      return Tensor.raw("", elementType, dims, viewBytes(Float64Array.from(values)));
    case DataType.INT64:
      return Tensor.int64("", dims, values);
    default:
      return undefined;
  }
}

/** The number depends on sizes that may differ from run to run: what is measured keeps its channels. */
function refuseMeasure(value: Value, evaluator: IntegerEvaluator): never {
  const reason = "a count of channels enters the arithmetic";
  const open = [value];
  const seen = new Set<Value>();
  for (let at = open.pop(); at; at = open.pop()) {
    const node = at.producer;
    if (!node || seen.has(at)) continue;
    seen.add(at);
    const data = node.inputs.find((input) => input && !evaluator.evaluate(input));
    if (data && lookupOp(node)?.kind === "shape") {
      throw new RewriteRefused([{ output: at.name, opType: node.opType, reason }]);
    }
    open.push(...node.inputs.filter((input) => input !== null));
  }
  throw new RewriteRefused([{ output: value.name, opType: value.producer?.opType ?? "", reason }]);
}
