import type { Node, Value } from "../ir/index.js";
import { constantTensor, type DimsOf } from "../ops/index.js";
import type { ChannelAnalysis } from "./analysis.js";

interface Labelled {
  readonly axes: readonly number[];
  readonly dims: readonly number[];
  readonly labels: Int32Array;
}

/** What is left of every axis once a set of units is removed. Counts are memoised; make one for each set. */
export class KeptChannels {
  readonly #counts = new Map<Int32Array, number>();
  /** Of values that are no constants: these look the same to every node. */
  readonly #dims = new Map<Value, readonly number[]>();

  constructor(
    readonly analysis: ChannelAnalysis,
    /** 1 for every removed unit. */
    readonly removed: Uint8Array,
  ) {}

  /** Positions that stay on one axis of a value as `node` reads or makes it. */
  positions(node: Node, value: Value, axis: number): number[] {
    const size = this.analysis.dims(value)?.[axis] ?? 0;
    const fields = onAxis(this.analysis.fieldsOf(node, value), axis);
    const units = fields.map(({ labels }) => this.analysis.unitsOf(labels));
    const [only] = units;
    const positions: number[] = [];
    for (let at = 0; at < size; at++) {
      // On a paired block the first row stands for its columns: every block loses equally many.
      const stays =
        units.length === 1 && only
          ? !this.#isGone(only[at] as number)
          : units.every((each) => !this.#isGone(each[at] as number));
      if (stays) positions.push(at);
    }
    return positions;
  }

  /** Dimensions of a value after the removal, undefined where they are unknown. */
  dims(node: Node, value: Value): readonly number[] | undefined {
    const known = this.#dims.get(value);
    if (known) return known;
    const before = this.analysis.dims(value);
    if (!before) return undefined;
    const fields = this.analysis.fieldsOf(node, value);
    const after =
      fields.length === 0 ? before : before.map((size, axis) => this.#left(node, value, fields, size, axis));
    if (!constantTensor(value)) this.#dims.set(value, after);
    return after;
  }

  #left(node: Node, value: Value, fields: readonly Labelled[], size: number, axis: number): number {
    const here = onAxis(fields, axis);
    const [only] = here;
    if (!only) return size;
    return here.length === 1 ? this.#count(only, axis) : this.positions(node, value, axis).length;
  }

  /** `dims` with the reader fixed, as cost formulas want it. */
  dimsAt(node: Node): DimsOf {
    return (value) => this.dims(node, value);
  }

  #count(field: Labelled, axis: number): number {
    let count = this.#counts.get(field.labels);
    if (count === undefined) {
      const units = this.analysis.unitsOf(field.labels);
      const size = field.dims[field.axes.indexOf(axis)] as number;
      count = 0;
      for (let at = 0; at < size; at++) if (!this.#isGone(units[at] as number)) count++;
      this.#counts.set(field.labels, count);
    }
    return count;
  }

  #isGone(unit: number): boolean {
    return unit >= 0 && this.removed[unit] === 1;
  }
}

/** On a grouped weight the rows follow their own labels; the paired ones are about columns. */
function onAxis(fields: readonly Labelled[], axis: number): readonly Labelled[] {
  return fields.filter((field) => field.axes.at(-1) === axis);
}
