import type { IntegerEvaluator } from "../analysis/integers.js";
import type { Graph, Node, Value } from "../ir/index.js";
import type { DimsOf, Shuffle } from "../ops/index.js";
import { type AtomStore, freshLabels } from "./atoms.js";
import { type Barrier, barrier } from "./barriers.js";
import { type Field, pairsAlong, reduceField } from "./field.js";
import { type ConstantLabels, HolderStore } from "./holder-store.js";
import type { LabelBlock } from "./holders.js";
import {
  type BalanceConstraint,
  type Grid,
  NodeRun,
  type RecomputedStatistics,
  type SilencedRead,
  sameLabels,
  type WeakJoint,
} from "./node-run.js";
import type { ValueLabels } from "./operand.js";
import type { RaggedGrid } from "./ragged.js";
import { type ChannelRules, defaultRules } from "./rules.js";

/**
 * One run of all channel rules over a graph: labels flow from constants through the nodes, and the atom store learns
 * (or checks) what belongs together.
 */
export class Labelling {
  readonly values = new Map<Value, ValueLabels>();
  readonly holders: HolderStore;
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
  readonly #constant = new Map<Value, boolean>();

  constructor(
    readonly graph: Graph,
    readonly opset: number,
    readonly dims: DimsOf,
    readonly integers: IntegerEvaluator,
    readonly atoms: AtomStore,
    readonly constants: ConstantLabels,
    readonly rules: ChannelRules = defaultRules,
  ) {
    this.holders = new HolderStore(atoms, constants);
  }

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

  /** Fresh labels that stay the same from run to run. */
  remember(key: string, count: number): Int32Array {
    let labels = this.#remembered.get(key);
    if (!labels) {
      labels = freshLabels(this.atoms, count);
      this.#remembered.set(key, labels);
    }
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
