import { IntegerEvaluator } from "../analysis/integers.js";
import { invariant } from "../base/errors.js";
import type { Graph, Model, Node, Value } from "../ir/index.js";
import { constantTensor, type DimsOf, type Shuffle, withSequences } from "../ops/index.js";
import { LearningAtoms } from "./atoms.js";
import { type Barrier, barrier } from "./barriers.js";
import type { Field } from "./field.js";
import type { ConstantLabels } from "./holder-store.js";
import type { Holder, LabelBlock } from "./holders.js";
import { Labelling } from "./labelling.js";
import { RaggedRows } from "./ragged.js";
import type { ChannelRules } from "./rules.js";
import { rulesOf } from "./rules.js";
import { type KeepRules, runRules } from "./run.js";

export interface AnalysisOptions extends Partial<ChannelRules> {
  /** Keeps the channels of the nodes or tensors for whose names it says true. */
  readonly isFrozen?: ((name: string) => boolean) | undefined;
  /** First outputs of nodes that could not express an earlier cut; their channels stay. */
  readonly refused?: Pick<ReadonlySet<string>, "has">;
}

/** No rule set needs more rounds; one that does has a bug. */
const MOST_ROUNDS = 64;

/** Nothing was cut: every constant gets labels of its own. */
const freshConstants: ConstantLabels = {
  originalName: (name) => name,
  originalDims: () => undefined,
  originalAxis: () => undefined,
  axes: () => [],
  labels: (_key, _axes, _dims, make) => make(),
};

/**
 * Which channels of a graph stand and fall together: labels on every axis, classes of atoms, barriers. Needs the
 * dimensions of all values (dynamic ones pinned); a node whose dimensions are unknown is a barrier.
 */
export class ChannelAnalysis {
  readonly atoms = new LearningAtoms();
  readonly labelling: Labelling;
  /** Unit index of each atom; -1 where its class cannot go. */
  #unitOf = new Int32Array(0);
  readonly #units = new Map<Int32Array, Int32Array>();

  readonly graph: Graph;
  readonly dims: DimsOf;

  constructor(model: Model, tensorDims: DimsOf, options: AnalysisOptions = {}) {
    const { graph } = model;
    const opset = model.opset() ?? 1;
    this.graph = graph;
    const dims = withSequences(tensorDims);
    this.dims = dims;
    const evaluator = new IntegerEvaluator(dims);
    const rules = rulesOf(options);
    this.labelling = new Labelling(graph, opset, dims, evaluator, this.atoms, freshConstants, rules);
    const { isFrozen, refused } = options;
    this.#solve({ isFrozen, isRefused: refused && ((output) => refused.has(output)) });
    this.#numberUnits();
  }

  /**
   * Runs the rules until nothing new is learned, then lets undecided directions take their default, one kind at a
   * time, since unions cannot be taken back.
   */
  #solve(keep: KeepRules): void {
    this.labelling.isPatient = true;
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const before = this.atoms.changes;
      runRules(this.labelling, keep);
      this.#settleWeak();
      if (this.atoms.changes !== before) continue;
      if (this.labelling.isPatient) this.labelling.isPatient = false;
      else if (!this.#decideWeak() && !this.#decideGrids()) {
        this.#reduceAll();
        return;
      }
    }
    invariant(false, "the channel rules do not come to rest");
  }

  #reduceAll(): void {
    for (const labels of this.labelling.values.values()) {
      labels.fields = labels.fields.map((field) => this.labelling.reduced(field));
    }
  }

  /** Where the direction of a wide field has become known, the narrow one follows or stays. */
  #settleWeak(): void {
    for (const { node, wide, narrow } of this.labelling.weak) {
      const now = this.labelling.reduced(wide);
      if (now.axes.length > 1) continue;
      if (now.axes[0] === narrow.axes[0] && now.labels.length === narrow.labels.length) {
        this.atoms.unite(now.labels, narrow.labels, node);
      } else this.atoms.freeze(narrow.labels, barrier("collapsed", node, undefined, narrow.axes[0] ?? 0));
    }
  }

  #decideWeak(): boolean {
    const before = this.atoms.changes;
    for (const { node, wide, narrow } of this.labelling.weak) {
      const now = this.labelling.reduced(wide);
      if (now.axes.length === 1) continue;
      for (const axis of now.axes) if (axis !== narrow.axes[0]) this.labelling.tieAlong(now, axis, node);
    }
    return this.atoms.changes !== before;
  }

  /**
   * Nothing decided a direction: the same offset in every block, which is always right. Ragged rows only have to lose
   * equally many.
   */
  #decideGrids(): boolean {
    const before = this.atoms.changes;
    this.labelling.decided = [];
    const ragged = new RaggedRows(this.labelling);
    const balanced = new Set<string>();
    for (const { field, node } of this.labelling.grids) {
      const now = this.labelling.reduced(field);
      const first = now.axes[0];
      if (now.axes.length === 1 || first === undefined) continue;
      const blocks = ragged.rowsOf(now);
      if (!blocks) this.labelling.tieAlong(now, first, node);
      else if (!seen(balanced, now.labels.map((label) => this.atoms.find(label)).join())) {
        // With one place left in every row, a grid would look like an axis of whole rows.
        this.labelling.decided.push({ node, blocks, atLeast: 2 });
      }
    }
    return this.atoms.changes !== before;
  }

  /** Classes that some layer makes and nothing freezes are units; numbered in the order of the graph. */
  #numberUnits(): void {
    const { atoms } = this;
    const unknown = -2;
    const units = new Int32Array(atoms.size).fill(unknown);
    for (const block of this.producers()) {
      for (const label of block.labels) {
        const root = atoms.find(label);
        if (units[root] === unknown) units[root] = atoms.isFrozen(root) ? -1 : this.unitCount++;
      }
    }
    // A root is older than the rest of its class.
    for (let atom = 0; atom < units.length; atom++)
      units[atom] = Math.max(-1, units[atoms.find(atom)] as number);
    this.#unitOf = units;
  }

  /** How many channels or channel bundles may be removed independently (constraints apart). */
  unitCount = 0;

  get holders(): Iterable<Holder> {
    return this.labelling.holders.values();
  }

  get shuffles(): readonly Shuffle[] {
    return this.labelling.shuffles;
  }

  /**
   * What keeps channels that some layer makes, in the order met; then operators that let no channels pass, met by any or
   * not: a layer without a rule makes none, and would go unmentioned.
   */
  get barriers(): readonly Barrier[] {
    const found = new Set<Barrier>();
    for (const block of this.producers()) {
      for (const label of block.labels) {
        const cause = this.atoms.barrierOf(label);
        if (cause) found.add(cause);
      }
    }
    const named = new Set([...found].map(({ node }) => node));
    return [...found, ...this.labelling.stopped.filter(({ node }) => !named.has(node))];
  }

  /** Every labelled axis of a constant, stored or computed, in graph order. */
  *blocks(): Generator<LabelBlock> {
    for (const holder of this.labelling.holders.values()) yield* holder.blocks.values();
    yield* this.labelling.computed;
  }

  /** Those that make channels. */
  *producers(): Generator<LabelBlock> {
    for (const block of this.blocks()) if (block.makesChannels) yield block;
  }

  /** The unit that an atom belongs to; -1 where it stays. */
  unitOf(atom: number): number {
    return this.#unitOf[atom] ?? -1;
  }

  /** The unit behind each label, -1 where it stays; memoised by array. */
  unitsOf(labels: Int32Array): Int32Array {
    let units = this.#units.get(labels);
    if (!units) {
      units = new Int32Array(labels.length);
      for (let i = 0; i < labels.length; i++) units[i] = this.#unitOf[labels[i] as number] ?? -1;
      this.#units.set(labels, units);
    }
    return units;
  }

  /**
   * The fields on a value as `node` reads or makes it. Constants answer for that reader (not for the Constant node that
   * holds them); values inside a channel shuffle carry none.
   */
  fieldsOf(node: Node, value: Value): readonly (Field | LabelBlock)[] {
    if (!constantTensor(value)) return this.labelling.values.get(value)?.fields ?? [];
    const index = node.inputs.indexOf(value);
    return index < 0 ? [] : [...this.labelling.holders.of(value, node, index).blocks.values()];
  }
}

/** Whether a set has an item, which it has from now on. */
function seen<T>(set: Set<T>, item: T): boolean {
  const known = set.has(item);
  set.add(item);
  return known;
}
