import type { ModelCost } from "../analysis/cost.js";
import { bytesOf } from "../ir/index.js";
import { isPlainProduct } from "../ops/index.js";
import type { AxisWidth, CostModel, MacNode, Parameter, Width } from "./cost.js";
import { Incidence } from "./incidence.js";
import type { PlanCost } from "./plan.js";

/** How a removal enters the costs: which widths each unit is part of, and whose cost follows from each width. */
interface Dependence {
  readonly widthsOfUnit: Incidence;
  readonly nodesOfWidth: Incidence;
  readonly parametersOfWidth: Incidence;
}

/**
 * The cost of a graph while units go and come back, one after another: each change costs what depends on it, not the
 * whole graph.
 */
export class RunningCost {
  /** 1 for every unit that is gone. */
  readonly removed: Uint8Array;
  readonly #model: CostModel;
  /** Only what changes unit by unit needs it; it is as large as all channels of all constants. */
  #dependence: Dependence | undefined;
  /** Positions gone from each width. */
  readonly #gone: Int32Array;
  readonly #macsOf: Float64Array;
  readonly #paramsOf: Float64Array;
  readonly #bytesOf: Float64Array;
  #macs = 0;
  #params = 0;
  #bytes = 0;
  /** What has to be counted again. */
  readonly #staleNodes: Stale;
  readonly #staleParameters: Stale;

  /** `removed`: what is gone at the start; nothing unless given. */
  constructor(model: CostModel, removed?: Uint8Array) {
    this.#model = model;
    this.removed = removed ? removed.slice() : new Uint8Array(model.analysis.unitCount);
    this.#gone = Int32Array.from(model.widths, (width) => (removed ? positionsGone(width, removed) : 0));
    this.#macsOf = new Float64Array(model.macNodes.length);
    this.#paramsOf = new Float64Array(model.parameters.length);
    this.#bytesOf = new Float64Array(model.parameters.length);
    this.#staleNodes = Stale.all(model.macNodes.length);
    this.#staleParameters = Stale.all(model.parameters.length);
  }

  remove(unit: number): void {
    this.#change(unit, 1);
  }

  restore(unit: number): void {
    this.#change(unit, 0);
  }

  /** MACs of one sample, parameters and bytes of what is left. */
  get cost(): ModelCost {
    return { macs: this.measure("macs"), params: this.measure("params"), bytes: this.measure("bytes") };
  }

  /** The same as a plan says it. */
  get planned(): PlanCost {
    const { macs, params, bytes } = this.cost;
    const { macNodes, batch } = this.#model;
    if (macNodes.every(({ node }) => isPlainProduct(node))) return { macs, params, bytes };
    const plain = this.#macsOf.reduce(
      (sum, count, i) => (isPlainProduct((macNodes[i] as MacNode).node) ? sum + count : sum),
      0,
    );
    return { macs: plain / batch, otherMacs: macs - plain / batch, params, bytes };
  }

  /** One of the three alone. */
  measure(kind: keyof ModelCost): number {
    if (kind === "macs") {
      this.#staleNodes.clear((node) => this.#countNode(node));
      return this.#macs / this.#model.batch;
    }
    this.#staleParameters.clear((parameter) => this.#countParameter(parameter));
    return kind === "params" ? this.#params : this.#bytes;
  }

  /** What is left of an axis. */
  sizeOf(axis: AxisWidth): number {
    return axis.size - this.#goneFrom(axis);
  }

  #change(unit: number, isGone: 0 | 1): void {
    if (this.removed[unit] === isGone) return;
    this.removed[unit] = isGone;
    this.#dependence ??= dependence(this.#model);
    const { widthsOfUnit, nodesOfWidth, parametersOfWidth } = this.#dependence;
    const step = isGone === 1 ? 1 : -1;
    for (const width of widthsOfUnit.at(unit)) {
      this.#gone[width] = (this.#gone[width] as number) + step;
      for (const node of nodesOfWidth.at(width)) this.#staleNodes.add(node);
      for (const parameter of parametersOfWidth.at(width)) this.#staleParameters.add(parameter);
    }
  }

  #countNode(index: number): void {
    const { node, macs, operands } = this.#model.macNodes[index] as CostModel["macNodes"][number];
    const now = macs(node, (value) => operands.get(value)?.map((axis) => this.sizeOf(axis)));
    this.#macs += now - (this.#macsOf[index] as number);
    this.#macsOf[index] = now;
  }

  #countParameter(index: number): void {
    const parameter = this.#model.parameters[index] as Parameter;
    let [params, bytes] = [0, 0];
    for (const elements of this.#copiesOf(parameter)) {
      params += elements;
      bytes += bytesOf(parameter.tensor.dataType, elements) ?? parameter.tensor.byteLength;
    }
    this.#params += params - (this.#paramsOf[index] as number);
    this.#bytes += bytes - (this.#bytesOf[index] as number);
    this.#paramsOf[index] = params;
    this.#bytesOf[index] = bytes;
  }

  /** Elements of each copy of a constant: readers that lose other channels of it get one of their own. */
  #copiesOf({ tensor, holders }: Parameter): Iterable<number> {
    const [only] = holders;
    if (!only) return [tensor.elements];
    if (holders.length === 1) return [this.#elementsLeft(only.axes)];
    const copies = new Map<string, number>();
    for (const { axes } of holders) copies.set(this.#cutKey(axes), this.#elementsLeft(axes));
    return copies.values();
  }

  #elementsLeft(axes: readonly (readonly AxisWidth[])[]): number {
    let product = 1;
    for (const parts of axes) {
      let left = 0;
      for (const part of parts) left += this.sizeOf(part);
      product *= left;
    }
    return product;
  }

  /** Equal for readers that lose the same positions. */
  #cutKey(axes: readonly (readonly AxisWidth[])[]): string {
    return axes.map((parts) => parts.map(({ width }) => this.#positionsGone(width)).join("|")).join(";");
  }

  #positionsGone(width: number | undefined): string {
    const [units] = width === undefined ? [] : (this.#model.widths[width] as Width).fields;
    return units ? String([...units.keys()].filter((at) => this.removed[units[at] as number] === 1)) : "";
  }

  #goneFrom({ width }: AxisWidth): number {
    if (width === undefined) return 0;
    const { fields, positions } = this.#model.widths[width] as Width;
    if (fields.length === 1) return this.#gone[width] as number;
    let gone = 0;
    for (let at = 0; at < positions; at++)
      if (fields.some((units) => this.removed[units[at] as number] === 1)) gone++;
    return gone;
  }
}

/** Indices that wait to be counted again, each once. */
class Stale {
  readonly #waits: Uint8Array;
  #list: number[] = [];

  private constructor(count: number) {
    this.#waits = new Uint8Array(count);
  }

  static all(count: number): Stale {
    const stale = new Stale(count);
    for (let index = 0; index < count; index++) stale.add(index);
    return stale;
  }

  add(index: number): void {
    if (this.#waits[index] === 1) return;
    this.#waits[index] = 1;
    this.#list.push(index);
  }

  clear(count: (index: number) => void): void {
    for (const index of this.#list) {
      this.#waits[index] = 0;
      count(index);
    }
    this.#list = [];
  }
}

/** How often a unit that is gone lies on a width, over all its fields. */
function positionsGone({ fields, positions }: Width, removed: Uint8Array): number {
  let gone = 0;
  for (const units of fields) {
    for (let at = 0; at < positions; at++) {
      const unit = units[at] as number;
      if (unit >= 0) gone += removed[unit] as number;
    }
  }
  return gone;
}

function dependence({ analysis, widths, macNodes, parameters }: CostModel): Dependence {
  return {
    widthsOfUnit: Incidence.of(analysis.unitCount, (add) => {
      widths.forEach(({ fields, positions }, width) => {
        for (const units of fields) {
          for (const unit of units.subarray(0, positions)) if (unit >= 0) add(unit, width);
        }
      });
    }),
    nodesOfWidth: Incidence.of(widths.length, (add) => {
      macNodes.forEach(({ operands }, index) => {
        for (const axes of operands.values())
          for (const { width } of axes) if (width !== undefined) add(width, index);
      });
    }),
    parametersOfWidth: Incidence.of(widths.length, (add) => {
      parameters.forEach(({ holders }, index) => {
        for (const { axes } of holders)
          for (const { width } of axes.flat()) if (width !== undefined) add(width, index);
      });
    }),
  };
}
