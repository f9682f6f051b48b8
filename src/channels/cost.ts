import { batchOf, isParameter, type ModelCost, storedConstants } from "../analysis/cost.js";
import { bytesOf, type Node, type Tensor, type Value } from "../ir/index.js";
import { type DimsOf, lookupOp, type OpDefinition } from "../ops/index.js";
import type { ChannelAnalysis } from "./analysis.js";
import type { Holder, LabelBlock } from "./holders.js";

/** A node that multiplies, with what its operands' dimensions are made of. */
interface MacNode {
  readonly node: Node;
  readonly macs: NonNullable<OpDefinition["macs"]>;
  readonly operands: ReadonlyMap<Value, readonly AxisWidth[]>;
}

/** The size of an axis, less one for each of the units listed that is removed (each list: one labelled field). */
interface AxisWidth {
  readonly size: number;
  readonly fields: readonly Int32Array[];
}

/** What a graph costs under any removal, without slicing it and without a session. */
export class CostModel {
  readonly #macNodes: readonly MacNode[];
  readonly #parameters: { readonly tensor: Tensor; readonly holders: readonly Holder[] }[];
  readonly #batch: number;
  readonly before: ModelCost;

  constructor(readonly analysis: ChannelAnalysis) {
    const { graph } = analysis;
    this.#macNodes = graph.nodes.flatMap((node) => macNode(analysis, node));
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
    return { macs: this.measure("macs", removed), ...this.#stored(removed) };
  }

  /** One of the three alone. */
  measure(kind: keyof ModelCost, removed: Uint8Array): number {
    if (kind !== "macs") return this.#stored(removed)[kind];
    const widths = new Map<AxisWidth, number>();
    let macs = 0;
    for (const { node, macs: count, operands } of this.#macNodes) {
      const dims: DimsOf = (value) => operands.get(value)?.map((width) => widthAfter(width, removed, widths));
      macs += count(node, dims);
    }
    return macs / this.#batch;
  }

  #stored(removed: Uint8Array): { params: number; bytes: number } {
    let params = 0;
    let bytes = 0;
    const gone = new Map<Int32Array, number>();
    for (const { tensor, holders } of this.#parameters) {
      for (const elements of this.#copiesOf(tensor, holders, removed, gone)) {
        params += elements;
        bytes += bytesOf(tensor.dataType, elements) ?? tensor.byteLength;
      }
    }
    return { params, bytes };
  }

  /** Elements of each copy of a constant: readers that lose other channels of it get one of their own. */
  #copiesOf(
    tensor: Tensor,
    holders: readonly Holder[],
    removed: Uint8Array,
    gone: Map<Int32Array, number>,
  ): Iterable<number> {
    if (holders.length === 0) return [tensor.elements];
    const copies = new Map<string, number>();
    for (const holder of holders) {
      const left = holder.tensor.dims.map((size, axis) => {
        const blocks = [...holder.blocks.values()].filter((block) => block.axes.at(-1) === axis);
        return blocks.reduce((rest, block) => rest - this.#goneFrom(block, removed, gone), size);
      });
      const key = holders.length === 1 ? "" : this.#cutKey(holder, removed);
      copies.set(
        key,
        left.reduce((product, size) => product * size, 1),
      );
    }
    return copies.values();
  }

  #goneFrom({ labels, dims }: LabelBlock, removed: Uint8Array, gone: Map<Int32Array, number>): number {
    let count = gone.get(labels);
    if (count === undefined) {
      count = goneAmong(this.analysis.unitsOf(labels), dims.at(-1) as number, removed);
      gone.set(labels, count);
    }
    return count;
  }

  #cutKey(holder: Holder, removed: Uint8Array): string {
    const cuts = [...holder.blocks.values()].map(({ axes, labels }) => {
      const units = this.analysis.unitsOf(labels);
      const gone = [...units.keys()].filter((at) => removed[units[at] as number] === 1);
      return gone.length > 0 ? `${axes}:${gone}` : "";
    });
    return cuts.filter((cut) => cut !== "").join(";");
  }
}

function macNode(analysis: ChannelAnalysis, node: Node): MacNode[] {
  const macs = lookupOp(node)?.macs;
  const values = [...node.inputs, ...node.outputs].filter((value) => value !== null);
  if (!macs || !values.every((value) => analysis.dims(value))) return [];
  return [
    { node, macs, operands: new Map(values.map((value) => [value, axisWidths(analysis, node, value)])) },
  ];
}

function axisWidths(analysis: ChannelAnalysis, node: Node, value: Value): AxisWidth[] {
  const fields = analysis.fieldsOf(node, value);
  return (analysis.dims(value) ?? []).map((size, axis) => ({
    size,
    fields: fields
      .filter((field) => field.axes.at(-1) === axis)
      .map((field) => analysis.unitsOf(field.labels))
      .filter((units) => units.some((unit) => unit >= 0)),
  }));
}

function widthAfter(width: AxisWidth, removed: Uint8Array, known: Map<AxisWidth, number>): number {
  const { size, fields } = width;
  if (fields.length === 0) return size;
  let after = known.get(width);
  if (after === undefined) {
    const [only] = fields;
    after =
      fields.length === 1 && only
        ? size - goneAmong(only, size, removed)
        : Array.from({ length: size }, (_, at) => at).filter((at) => {
            return fields.every((units) => removed[units[at] as number] !== 1);
          }).length;
    known.set(width, after);
  }
  return after;
}

/** How many of the first `count` units are removed; those that cannot go are -1. */
function goneAmong(units: Int32Array, count: number, removed: Uint8Array): number {
  let gone = 0;
  for (let at = 0; at < count; at++) if (removed[units[at] as number] === 1) gone++;
  return gone;
}
