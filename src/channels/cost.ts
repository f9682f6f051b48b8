import { batchOf, isParameter, type ModelCost, storedConstants } from "../analysis/cost.js";
import type { Node, Tensor, Value } from "../ir/index.js";
import { lookupOp, type OpDefinition } from "../ops/index.js";
import type { ChannelAnalysis } from "./analysis.js";
import type { Holder } from "./holders.js";
import type { PlanCost } from "./plan.js";
import { RunningCost } from "./running-cost.js";

/** A node that multiplies, with what its operands' dimensions are made of. */
export interface MacNode {
  readonly node: Node;
  readonly macs: NonNullable<OpDefinition["macs"]>;
  readonly operands: ReadonlyMap<Value, readonly AxisWidth[]>;
}

/** The size of an axis, less the positions that a removal takes from it. */
export interface AxisWidth {
  readonly size: number;
  /** Index into the widths of the cost model; undefined where nothing can go. */
  readonly width?: number;
}

/** Positions along an axis: one is gone when its unit is gone in any of the fields. -1 stands for what stays. */
export interface Width {
  readonly positions: number;
  readonly fields: readonly Int32Array[];
}

/** A stored constant, with the axes of each holder: readers that lose other channels of it get a copy of their own. */
export interface Parameter {
  readonly tensor: Tensor;
  readonly holders: readonly { readonly holder: Holder; readonly axes: readonly (readonly AxisWidth[])[] }[];
}

/** What a graph costs under any removal, without slicing it and without a session. */
export class CostModel {
  readonly macNodes: readonly MacNode[];
  readonly parameters: readonly Parameter[];
  readonly widths: Width[] = [];
  readonly batch: number;
  readonly before: ModelCost;
  /** The same as a plan says it. */
  readonly plannedBefore: PlanCost;
  readonly #widthOf = new Map<Int32Array, Map<number, number>>();

  constructor(readonly analysis: ChannelAnalysis) {
    const { graph } = analysis;
    this.macNodes = graph.nodes.flatMap((node) => this.#macNode(node));
    const holders = new Map<Value, Holder[]>();
    for (const holder of analysis.holders) {
      const list = holders.get(holder.constant);
      if (list) list.push(holder);
      else holders.set(holder.constant, [holder]);
    }
    this.parameters = storedConstants(graph)
      .filter(({ tensor }) => isParameter(tensor))
      .map(({ value, tensor }) => {
        const own = holders.get(value) ?? [];
        return { tensor, holders: own.map((holder) => ({ holder, axes: this.#axesOf(holder) })) };
      });
    this.batch = batchOf(graph, analysis.dims);
    const whole = this.running();
    this.before = whole.cost;
    this.plannedBefore = whole.planned;
  }

  /** The cost with nothing removed, or what has a 1 in `removed`, to be followed unit by unit. */
  running(removed?: Uint8Array): RunningCost {
    return new RunningCost(this, removed);
  }

  /** MACs of one sample, parameters and bytes once the units with a 1 in `removed` are gone. */
  of(removed: Uint8Array): ModelCost {
    return new RunningCost(this, removed).cost;
  }

  #macNode(node: Node): MacNode[] {
    const macs = lookupOp(node)?.macs;
    if (!macs) return [];
    const operands = new Map<Value, readonly AxisWidth[]>();
    for (const value of [...node.inputs, ...node.outputs]) {
      if (!value) continue;
      const dims = this.analysis.dims(value);
      if (!dims) return [];
      const fields = this.analysis.fieldsOf(node, value);
      operands.set(
        value,
        dims.map((size, axis) => {
          const here: Int32Array[] = [];
          for (const { axes, labels } of fields) if (axes.at(-1) === axis) here.push(labels);
          return here.length === 0 ? { size } : this.#axisWidth(size, size, here);
        }),
      );
    }
    return [{ node, macs, operands }];
  }

  /** For every axis of a constant what each of its blocks takes from it. */
  #axesOf(holder: Holder): AxisWidth[][] {
    return holder.tensor.dims.map((size, axis) => {
      const blocks = [...holder.blocks.values()].filter((block) => block.axes.at(-1) === axis);
      if (blocks.length === 0) return [{ size }];
      return blocks.map(({ labels, dims }, i) =>
        this.#axisWidth(i === 0 ? size : 0, dims.at(-1) as number, [labels]),
      );
    });
  }

  #axisWidth(size: number, positions: number, labels: readonly Int32Array[]): AxisWidth {
    const fields = labels.map((each) => this.analysis.unitsOf(each)).filter((units) => this.#canLose(units));
    const [only] = fields;
    if (!only) return { size };
    if (fields.length > 1) return { size, width: this.widths.push({ positions, fields }) - 1 };
    const known = this.#widthOf.get(only) ?? new Map<number, number>();
    this.#widthOf.set(only, known);
    const width = known.get(positions) ?? this.widths.push({ positions, fields }) - 1;
    known.set(positions, width);
    return { size, width };
  }

  #canLose(units: Int32Array): boolean {
    return this.#widthOf.has(units) || units.some((unit) => unit >= 0);
  }
}
