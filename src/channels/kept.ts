import type { Node, Value } from "../ir/index.js";
import type { DimsOf } from "../ops/index.js";
import type { ChannelAnalysis } from "./analysis.js";

interface Labelled {
  readonly axes: readonly number[];
  readonly dims: readonly number[];
  readonly labels: Int32Array;
}

/** What is left of every axis once a set of units is removed. Counts are memoised; make one for each set. */
export class KeptChannels {
  readonly #counts = new Map<Int32Array, number>();

  constructor(
    readonly analysis: ChannelAnalysis,
    /** 1 for every removed unit. */
    readonly removed: Uint8Array,
  ) {}

  /** Positions that stay on one axis of a value as `node` reads or makes it. */
  positions(node: Node, value: Value, axis: number): number[] {
    const size = this.analysis.dims(value)?.[axis] ?? 0;
    const fields = this.#on(node, value, axis);
    const positions: number[] = [];
    for (let at = 0; at < size; at++)
      if (fields.every((field) => !this.#isGone(firstOfRow(field, axis, at)))) positions.push(at);
    return positions;
  }

  /** Dimensions of a value after the removal, undefined where they are unknown. */
  dims(node: Node, value: Value): readonly number[] | undefined {
    const before = this.analysis.dims(value);
    return before?.map((size, axis) => {
      const fields = this.#on(node, value, axis);
      const [only] = fields;
      if (!only) return size;
      return fields.length === 1 ? this.#count(only, axis) : this.positions(node, value, axis).length;
    });
  }

  /** `dims` with the reader fixed, as cost formulas want it. */
  dimsAt(node: Node): DimsOf {
    return (value) => this.dims(node, value);
  }

  #on(node: Node, value: Value, axis: number): Labelled[] {
    const fields: readonly Labelled[] = this.analysis.fieldsOf(node, value);
    // On a grouped weight the rows follow their own labels; the paired ones are about columns.
    return fields.filter((field) =>
      field.axes.length === 1 ? field.axes[0] === axis : field.axes.at(-1) === axis,
    );
  }

  #count(field: Labelled, axis: number): number {
    let count = this.#counts.get(field.labels);
    if (count === undefined) {
      const units = this.analysis.unitsOf(field.labels);
      const size = field.dims[field.axes.indexOf(axis)] as number;
      count = 0;
      for (let at = 0; at < size; at++) if (!this.#isGoneUnit(units[at] as number)) count++;
      this.#counts.set(field.labels, count);
    }
    return count;
  }

  #isGone(atom: number): boolean {
    return this.#isGoneUnit(this.analysis.unitOf(atom));
  }

  #isGoneUnit(unit: number): boolean {
    return unit >= 0 && this.removed[unit] === 1;
  }
}

/** On a paired block the first row stands for its columns: every block loses equally many. */
function firstOfRow(field: Labelled, _axis: number, at: number): number {
  return field.labels[at] as number;
}
