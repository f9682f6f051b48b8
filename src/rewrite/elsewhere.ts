import type { ChannelAnalysis } from "../channels/index.js";
import type { Graph } from "../ir/index.js";
import { constantTensor, type DimsOf } from "../ops/index.js";

/**
 * The dimensions that values might have in another run: every axis one longer whose size could come from a dynamic
 * input. Axes that carry a weight's labels have the size of its axis, and a model whose inputs are all fixed has no
 * other run. Arithmetic that gives the same number here and there does not depend on a dynamic size.
 */
export function dimsElsewhere(analysis: ChannelAnalysis): DimsOf {
  if (!hasDynamicInput(analysis.graph)) return analysis.dims;
  const { atoms } = analysis;
  const anchored = new Uint8Array(atoms.size);
  for (const { blocks } of analysis.holders) {
    for (const { labels } of blocks.values())
      for (let i = 0; i < labels.length; i++) anchored[atoms.find(labels[i] as number)] = 1;
  }
  const isAnchored = ({ labels }: { labels: Int32Array }) =>
    labels[0] !== undefined && anchored[atoms.find(labels[0])] === 1;
  return (value) => {
    const dims = analysis.dims(value);
    if (!dims || constantTensor(value)) return dims;
    const fields = analysis.labelling.values.get(value)?.fields ?? [];
    const fixed = new Set(fields.filter(isAnchored).flatMap((field) => field.axes));
    return dims.map((size, axis) => (fixed.has(axis) ? size : size + 1));
  };
}

function hasDynamicInput(graph: Graph): boolean {
  return graph.inputs.some(({ initializer, info }) => {
    if (initializer) return false;
    const shape = info?.type?.kind === "tensor" ? info.type.shape : undefined;
    return !shape || shape.some(({ size }) => typeof size !== "number" || size <= 0);
  });
}
