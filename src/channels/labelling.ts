import type { IntegerEvaluator } from "../analysis/integers.js";
import { invariant } from "../base/errors.js";
import { type Graph, type Node, type Value, Value as ValueClass } from "../ir/index.js";
import { type BarrierCode, constantTensor, type DimsOf, type Shuffle } from "../ops/index.js";
import type { AtomStore, Barrier } from "./atoms.js";
import type { Field } from "./field.js";
import { pairsAlong, reduceField } from "./field.js";
import { type Holder, holderKey, isVectorLike, type LabelBlock } from "./holders.js";
import { NodeRun, sameLabels } from "./node-run.js";
import type { ValueLabels } from "./operand.js";
import type { RaggedGrid } from "./ragged.js";
import { type ChannelRules, defaultRules } from "./rules.js";

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

/** Where the labels of constants come from: fresh ones in an analysis, remembered ones in a check. */
export interface ConstantLabels {
  /** The name under which the constant's holder is known. */
  originalName(name: string): string;
  /** The dimensions of a value before anything was cut; undefined where nothing is. */
  originalDims(value: Value): readonly number[] | undefined;
  /** The axis that alone carried the class of a label before anything was cut; undefined where nothing is. */
  originalAxis(value: Value, label: number): number | undefined;
  labels(key: string, axes: readonly number[], dims: readonly number[], make: () => Int32Array): Int32Array;
}

/** What must stay for reasons outside the graph. */
export interface KeepRules {
  /** Nodes and tensors that the user wants to keep, by name. */
  readonly isFrozen?: ((name: string) => boolean) | undefined;
  /** Nodes that could not express an earlier cut, by first output. */
  readonly isRefused?: ((output: string) => boolean) | undefined;
}

/**
 * One run of all channel rules over a graph: labels flow from constants through the nodes, and the atom store learns
 * (or checks) what belongs together.
 */
export class Labelling {
  readonly values = new Map<Value, ValueLabels>();
  readonly holders = new Map<string, Holder>();
  /** What the latest run of each node's rule found, in graph order. */
  readonly #runs = new Map<Node, NodeRun>();
  /** The run that is under way. */
  now = new NodeRun();
  /** Rows of grids that have to lose equally many, once nothing else decides how they are cut. */
  decided: BalanceConstraint[] = [];
  /**
   * While labels are still spreading, meeting an axis without any proves nothing: it may get some once the direction
   * of a grid is known. An axis that has none in the end keeps what it meets.
   */
  isPatient = false;
  readonly #remembered = new Map<string, Int32Array>();

  constructor(
    readonly graph: Graph,
    readonly opset: number,
    readonly dims: DimsOf,
    readonly integers: IntegerEvaluator,
    readonly atoms: AtomStore,
    readonly constants: ConstantLabels,
    readonly rules: ChannelRules = defaultRules,
    readonly keep: KeepRules = {},
  ) {}

  get balances(): readonly BalanceConstraint[] {
    return [...this.#found((run) => run.balances), ...this.decided];
  }

  get silenced(): readonly SilencedRead[] {
    return this.#found((run) => run.silenced);
  }

  get recomputed(): readonly RecomputedStatistics[] {
    return this.#found((run) => run.recomputed);
  }

  /** Grids whose rows are cut one by one. */
  get ragged(): readonly RaggedGrid[] {
    return this.#found((run) => run.ragged);
  }

  get shuffles(): readonly Shuffle[] {
    return this.#found((run) => run.shuffles);
  }

  get weak(): readonly WeakJoint[] {
    return this.#found((run) => run.weak);
  }

  /** Nodes that no channels pass, each with its reason. */
  get stopped(): readonly Barrier[] {
    return this.#found((run) => run.stopped);
  }

  /** Output axes of weights that are computed from constants. */
  get computed(): readonly LabelBlock[] {
    return this.#found((run) => run.computed);
  }

  /** Fields over several axes. */
  get grids(): readonly Grid[] {
    return this.#found((run) => run.grids);
  }

  #found<T>(what: (run: NodeRun) => readonly T[]): readonly T[] {
    const all: T[] = [];
    for (const run of this.#runs.values()) for (const item of what(run)) all.push(item);
    return all;
  }

  /** Whether labels are still spreading, so that the rule under way leaves something for later. */
  waits(): boolean {
    if (this.isPatient) this.now.hasWaited = true;
    return this.isPatient;
  }

  /** What a node's rule finds: by running it, or what it found last where another run would find the same. */
  found(node: Node, rule: () => void): NodeRun {
    const last = this.#runs.get(node);
    if (last?.isCurrent((value) => this.values.get(value), this.isPatient)) return last;
    const run = new NodeRun();
    this.now = run;
    this.#runs.set(node, run);
    rule();
    run.finish();
    if (last) this.#keepAsWritten(run, last);
    return run;
  }

  /** Where a run finds what the last one found, its readers need not look again. */
  #keepAsWritten(run: NodeRun, last: NodeRun): void {
    run.written.forEach((now, i) => {
      const before = last.written[i];
      if (before?.value !== now.value || !sameLabels(before.labels, now.labels)) return;
      now.labels = before.labels;
      this.values.set(now.value, before.labels);
    });
  }

  /** No labels yet for a value that the rule under way makes. */
  write(value: Value, rank: number): ValueLabels {
    const labels: ValueLabels = { fields: [], solid: new Array(rank).fill(undefined) };
    this.values.set(value, labels);
    this.now.written.push({ value, labels });
    return labels;
  }

  freezeFields(fields: readonly Field[], cause: Barrier): void {
    for (const field of fields) this.atoms.freeze(field.labels, cause);
  }

  /** The labels of a value that some node makes, or of a graph input. */
  labelsOf(value: Value): ValueLabels {
    let labels = this.values.get(value);
    if (!labels) {
      const rank = this.dims(value)?.length ?? 0;
      const cause = value.isInput ? "graph-input" : "no-channels";
      const solid = Array.from({ length: rank }, (_, axis) => barrier(cause, value.producer, value, axis));
      labels = { fields: [], solid };
      this.values.set(value, labels);
    }
    return labels;
  }

  /** The holder for a constant that `reader` reads at `index`. */
  holder(constant: Value, reader: Node, index: number): Holder {
    const own = this.#holdersOf.get(reader);
    const known = own?.[index];
    if (known?.constant === constant) return known;
    const holder = this.#holder(constant, reader, index);
    if (own) own[index] = holder;
    else this.#holdersOf.set(reader, [...new Array<undefined>(index), holder]);
    return holder;
  }
  readonly #holdersOf = new Map<Node, (Holder | undefined)[]>();

  #holder(constant: Value, reader: Node, index: number): Holder {
    const tensor = constantTensor(constant);
    invariant(tensor, () => `${constant.name} is not a constant`);
    const name = this.constants.originalName(constant.name);
    // A matrix of which a cut left one column is still a matrix.
    const dims = this.constants.originalDims(constant) ?? tensor.dims;
    const key = holderKey(name, dims, reader, index);
    let holder = this.holders.get(key);
    if (!holder) {
      const own = isVectorLike(dims) ? reader : undefined;
      holder = { key, constant, tensor, reader: own, blocks: new Map() };
      this.holders.set(key, holder);
    }
    return holder;
  }

  /** The labels on one axis of a constant, made when first asked for. */
  block(holder: Holder, axis: number): LabelBlock {
    const size = holder.tensor.dims[axis] as number;
    return this.#block(holder, [axis], [size], 1, () => this.#fresh(size));
  }

  /** A constant's axis as a field of what reads it. */
  fieldOf(block: LabelBlock): Field {
    let field = this.#fieldOf.get(block);
    if (!field) {
      const { axes, dims, labels } = block;
      field = { axes, dims, labels, sources: [block] };
      this.#fieldOf.set(block, field);
    }
    return field;
  }
  readonly #fieldOf = new Map<LabelBlock, Field>();

  /** The labels of a grouped weight: the same for every row of one block of the first axis. */
  pairedBlock(holder: Holder, axes: readonly [number, number], groups: number): LabelBlock {
    const [rows, columns] = axes.map((axis) => holder.tensor.dims[axis] as number) as [number, number];
    return this.#block(holder, axes, [rows, columns], groups, () => {
      const labels = new Int32Array(rows * columns);
      for (let row = 0, at = 0; row < rows; row++) {
        if (row % (rows / groups) === 0) labels.set(this.#fresh(columns), at);
        else labels.copyWithin(at, at - columns, at);
        at += columns;
      }
      return labels;
    });
  }

  #block(
    holder: Holder,
    axes: readonly number[],
    dims: number[],
    blockCount: number,
    make: () => Int32Array,
  ): LabelBlock {
    const name = axes.join();
    let block = holder.blocks.get(name);
    if (!block) {
      const labels = this.constants.labels(holder.key, axes, dims, make);
      block = {
        holder: holder.key,
        axes,
        dims,
        labels,
        role: "channelwise",
        makesChannels: false,
        blockCount,
      };
      holder.blocks.set(name, block);
    }
    return block;
  }

  /** Fresh labels that stay the same from run to run. */
  remember(key: string, count: number): Int32Array {
    let labels = this.#remembered.get(key);
    if (!labels) {
      labels = this.#fresh(count);
      this.#remembered.set(key, labels);
    }
    return labels;
  }

  #fresh(count: number): Int32Array {
    const first = this.atoms.fresh(count);
    const labels = new Int32Array(count);
    for (let i = 0; i < count; i++) labels[i] = first + i;
    return labels;
  }

  /** Whether the value is computed from constants alone. */
  isConstant(value: Value): boolean {
    let known = this.#constant.get(value);
    if (known === undefined) {
      const { producer } = value;
      known =
        value.initializer !== undefined ||
        (producer !== undefined &&
          producer.subgraphs().length === 0 &&
          producer.inputs.every(
            (input) => !input || this.#constant.get(input) || input.initializer !== undefined,
          ));
      this.#constant.set(value, known);
    }
    return known;
  }
  readonly #constant = new Map<Value, boolean>();

  readonly same = (a: number, b: number): boolean => a === b || this.atoms.find(a) === this.atoms.find(b);

  /** The field without axes along which nothing changes, as far as is known now. */
  reduced(field: Field): Field {
    if (field.axes.length === 1) return field;
    this.now.followsUnions = true;
    return reduceField(field, this.same);
  }

  /** Lets all labels along `axis` of a field be one, so that only the other axes can lose anything. */
  tieAlong(field: Field, axis: number, node: Node): void {
    const { first, rest } = pairsAlong(field, axis);
    this.atoms.unite(first, rest, node);
  }
}

export function barrier(
  code: BarrierCode,
  node: Node | undefined,
  value: Value | undefined,
  axis: number,
): Barrier {
  return { code, node: node?.label ?? "", opType: node?.opType ?? "", tensor: value?.name ?? "", axis };
}

/** A value that exists only inside a rule. */
export function scratchValue(graph: Graph): Value {
  return new ValueClass("", graph);
}
