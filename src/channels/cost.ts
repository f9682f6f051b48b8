import { batchOf, isParameter, type ModelCost, storedConstants } from "../analysis/cost.js";
import { bytesOf, type Node, type Tensor, type Value } from "../ir/index.js";
import { lookupOp, type OpDefinition } from "../ops/index.js";
import type { ChannelAnalysis } from "./analysis.js";
import type { Holder } from "./holders.js";
import { KeptChannels } from "./kept.js";

/** What a graph costs under any removal, without slicing it and without a session. */
export class CostModel {
  readonly #macNodes: { readonly node: Node; readonly macs: NonNullable<OpDefinition["macs"]> }[] = [];
  readonly #parameters: { readonly tensor: Tensor; readonly holders: readonly Holder[] }[];
  readonly #batch: number;
  readonly before: ModelCost;

  constructor(readonly analysis: ChannelAnalysis) {
    const { graph } = analysis;
    for (const node of graph.nodes) {
      const macs = lookupOp(node)?.macs;
      if (macs && [...node.inputs, ...node.outputs].every((value) => !value || analysis.dims(value))) {
        this.#macNodes.push({ node, macs });
      }
    }
    const holders = new Map<Value, Holder[]>();
    for (const holder of analysis.holders) {
      const list = holders.get(holder.constant);
      if (list) list.push(holder);
      else holders.set(holder.constant, [holder]);
    }
    this.#parameters = storedConstants(graph)
      .filter(({ tensor }) => isParameter(tensor))
      .map(({ value, tensor }) => ({ tensor, holders: holders.get(value) ?? [] }));
    this.#batch = batchOf(graph, analysis.dims);
    this.before = this.of(new Uint8Array(analysis.unitCount));
  }

  /** MACs of one sample, parameters and bytes once the units with a 1 in `removed` are gone. */
  of(removed: Uint8Array): ModelCost {
    const kept = new KeptChannels(this.analysis, removed);
    let macs = 0;
    for (const { node, macs: count } of this.#macNodes) macs += count(node, kept.dimsAt(node));
    let params = 0;
    let bytes = 0;
    for (const { tensor, holders } of this.#parameters) {
      // Readers that lose different channels of a shared constant get a copy each.
      const sizes = new Map([["", tensor.elements]]);
      if (holders.length > 0) sizes.clear();
      for (const holder of holders) sizes.set(...this.#sizeOf(holder, removed));
      for (const elements of sizes.values()) {
        params += elements;
        bytes += bytesOf(tensor.dataType, elements) ?? tensor.byteLength;
      }
    }
    return { macs: macs / this.#batch, params, bytes };
  }

  /** Elements left of a constant for one reader, with a key that equal cuts share. */
  #sizeOf(holder: Holder, removed: Uint8Array): [string, number] {
    let elements = 1;
    const gone: string[] = [];
    holder.tensor.dims.forEach((size, axis) => {
      let left = size;
      for (const block of holder.blocks.values()) {
        if (block.axes.at(-1) !== axis) continue;
        const units = this.analysis.unitsOf(block.labels);
        for (let at = 0; at < size; at++) {
          const unit = units[at] as number;
          if (unit < 0 || removed[unit] !== 1) continue;
          left--;
          if (holder.reader) gone.push(`${axis}:${at}`);
        }
      }
      elements *= left;
    });
    return [gone.join(), elements];
  }
}
