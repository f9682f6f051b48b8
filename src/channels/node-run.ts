import type { Node, Value } from "../ir/index.js";
import type { Shuffle } from "../ops/index.js";
import type { Barrier } from "./barriers.js";
import type { Field } from "./field.js";
import type { Holder, LabelBlock } from "./holders.js";
import type { ValueLabels } from "./operand.js";
import type { RaggedGrid } from "./ragged.js";

/** Equal blocks of labels that must lose equally many channels. */
export interface BalanceConstraint {
  readonly node: Node;
  readonly blocks: readonly Int32Array[];
  /** Channels that every block keeps; 1 unless said otherwise. */
  readonly atLeast?: number;
}

/** A reader that sums over channels without a weight: the check must show it zeros there. */
export interface SilencedRead {
  readonly value: Value;
  readonly reader: Node;
  readonly axis: number;
  readonly labels: Int32Array;
}

/** A field over several axes, at the node that made it. */
export interface Grid {
  readonly field: Field;
  readonly node: Node;
}

/** A node that takes statistics over channels, which were allowed to change. */
export interface RecomputedStatistics {
  readonly node: Node;
  readonly labels: Int32Array;
}

/** A field over several axes that meets one over some of them: which direction counts is decided late. */
export interface WeakJoint {
  readonly node: Node;
  readonly wide: Field;
  readonly narrow: Field;
}

/**
 * What one run of a node's rule read and found, beside unions and barriers, which stay. Where it would read the same
 * labels, another run would find the same.
 */
export class NodeRun {
  readonly balances: BalanceConstraint[] = [];
  readonly silenced: SilencedRead[] = [];
  readonly recomputed: RecomputedStatistics[] = [];
  readonly ragged: RaggedGrid[] = [];
  readonly shuffles: Shuffle[] = [];
  readonly weak: WeakJoint[] = [];
  readonly stopped: Barrier[] = [];
  readonly computed: LabelBlock[] = [];
  readonly grids: Grid[] = [];
  readonly written: { readonly value: Value; labels: ValueLabels }[] = [];
  /** A grid took part, which looks different after unions elsewhere; or bodies that read more than the node's inputs. */
  followsUnions = false;
  /** Something was left undone because labels were still spreading. */
  hasWaited = false;
  /** A constant's axis got its labels after a relation had found none there. */
  #hasMissed = false;
  #bare: Map<Holder, number[]> | undefined;
  // Lists, which are made faster than maps: there is a run for every node.
  readonly #read: { readonly value: Value; readonly labels: ValueLabels }[] = [];
  readonly #constants: { readonly holder: Holder; blocks: number }[] = [];

  read(value: Value, labels: ValueLabels): void {
    this.#read.push({ value, labels });
    if (labels.fields.some(({ axes }) => axes.length > 1)) this.followsUnions = true;
  }

  readConstant(holder: Holder): void {
    this.#constants.push({ holder, blocks: holder.blocks.size });
  }

  /** A relation found no labels on this axis. */
  readBare(holder: Holder, axis: number): void {
    this.#bare ??= new Map();
    const axes = this.#bare.get(holder);
    if (axes) axes.push(axis);
    else this.#bare.set(holder, [axis]);
  }

  /** The axis has labels from now on. */
  opened(holder: Holder, axis: number): void {
    if (this.#bare?.get(holder)?.includes(axis)) this.#hasMissed = true;
  }

  /** To be called after the run: other runs may find more labels on the constants that this one read. */
  finish(): void {
    for (const read of this.#constants) read.blocks = read.holder.blocks.size;
  }

  /** Whether another run would find the same. */
  isCurrent(labels: (value: Value) => ValueLabels | undefined, isPatient: boolean): boolean {
    if (this.followsUnions || this.#hasMissed || (this.hasWaited && !isPatient)) return false;
    return (
      this.#read.every((read) => labels(read.value) === read.labels) &&
      this.#constants.every(({ holder, blocks }) => holder.blocks.size === blocks)
    );
  }
}

/** Whether two runs found the same labels on a value, so that its readers need not look again. */
export function sameLabels(a: ValueLabels, b: ValueLabels): boolean {
  return (
    a.fields.length === b.fields.length &&
    a.fields.every((field, i) => sameField(field, b.fields[i] as Field)) &&
    a.solid.length === b.solid.length &&
    a.solid.every((cause, axis) => sameBarrier(cause, b.solid[axis]))
  );
}

function sameField(a: Field, b: Field): boolean {
  return (
    String(a.axes) === String(b.axes) &&
    a.isRepeat === b.isRepeat &&
    a.labels.length === b.labels.length &&
    (a.labels === b.labels || a.labels.every((label, i) => label === b.labels[i])) &&
    a.sources.length === b.sources.length &&
    a.sources.every((source, i) => source === b.sources[i])
  );
}

function sameBarrier(a: Barrier | undefined, b: Barrier | undefined): boolean {
  if (a === b) return true;
  return a?.code === b?.code && a?.node === b?.node && a?.tensor === b?.tensor && a?.axis === b?.axis;
}
