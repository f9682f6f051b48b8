import { IntegerEvaluator } from "../analysis/integers.js";
import type { Model, Node, Value } from "../ir/index.js";
import type { ChannelAnalysis } from "./analysis.js";
import type { AtomStore } from "./atoms.js";
import type { ConstantLabels } from "./holder-store.js";
import type { Holder } from "./holders.js";
import { Labelling } from "./labelling.js";
import { runRules } from "./run.js";

/** A place in a sliced graph where channels do not line up, with the first output of the node. */
export interface Misalignment {
  readonly output: string;
  readonly message: string;
}

/**
 * The closing check: the channel rules run again over the sliced graph, its constants carrying the labels that they
 * kept, and every place where operands meet must find the same channels in the same order. `originals` leads from the
 * names of copied constants to the originals'; `dims` answers for values by name. Empty when all is well.
 */
export function checkSliced(
  analysis: ChannelAnalysis,
  sliced: Model,
  removed: Uint8Array,
  originals: ReadonlyMap<string, string>,
  dims: (value: Value) => readonly number[] | undefined,
): Misalignment[] {
  const atoms = new CheckingAtoms(analysis);
  const constants = new KeptLabels(analysis, removed, originals, atoms);
  runRules(
    new Labelling(
      sliced.graph,
      sliced.opset() ?? 1,
      dims,
      new IntegerEvaluator(dims),
      atoms,
      constants,
      analysis.labelling.rules,
    ),
  );
  return atoms.problems;
}

/** Knows the classes of the analysis and learns nothing but what blanks (padding) stand for. */
class CheckingAtoms implements AtomStore {
  readonly problems: Misalignment[] = [];
  readonly #meaning = new Map<number, number>();
  #next: number;

  constructor(readonly analysis: ChannelAnalysis) {
    this.#next = analysis.atoms.size;
  }

  fresh(count: number): number {
    const first = this.#next;
    this.#next += count;
    return first;
  }

  find(atom: number): number {
    const known = this.analysis.atoms.size;
    let at = atom;
    while (at >= known) {
      const next = this.#meaning.get(at);
      if (next === undefined) return at;
      at = next;
    }
    return this.analysis.atoms.find(at);
  }

  unite(a: Int32Array, b: Int32Array, node: Node): void {
    if (a === b) return;
    if (a.length !== b.length) return this.#report(node, `${a.length} channels meet ${b.length}`);
    let wrong = 0;
    for (let i = 0; i < a.length; i++) {
      const x = this.find(a[i] as number);
      const y = this.find(b[i] as number);
      if (x === y) continue;
      if (x >= this.analysis.atoms.size) this.#meaning.set(x, y);
      else if (y >= this.analysis.atoms.size) this.#meaning.set(y, x);
      else wrong++;
    }
    if (wrong > 0 && !(this.#isOneClass(a) && this.#isOneClass(b))) {
      this.#report(node, `${wrong} of ${a.length} channels meet a different one`);
    }
  }

  /**
   * Once a cut leaves a single offset of several heads, its class lies along the heads, where it did not before. Two
   * such axes may meet; nothing inside them can be out of order.
   */
  #isOneClass(labels: Int32Array): boolean {
    const first = this.find(labels[0] as number);
    return labels.length > 1 && labels.every((label) => this.find(label) === first);
  }

  freeze(): void {}

  /** Labels that nothing has given a meaning yet count as frozen, or they would be preferred to those that have one. */
  isFrozen(atom: number): boolean {
    const known = this.find(atom);
    return known >= this.analysis.atoms.size || this.analysis.atoms.isFrozen(known);
  }

  expect(condition: boolean, node: Node, message: () => string): void {
    if (!condition) this.#report(node, message());
  }

  #report(node: Node, message: string): void {
    const output = node.outputs.find((value) => value)?.name ?? "";
    this.problems.push({ output, message: `${node}: ${message}` });
  }
}

/** The labels that the constants of the sliced graph kept. */
class KeptLabels implements ConstantLabels {
  constructor(
    readonly analysis: ChannelAnalysis,
    readonly removed: Uint8Array,
    readonly originals: ReadonlyMap<string, string>,
    readonly atoms: CheckingAtoms,
  ) {}

  originalName(name: string): string {
    return this.originals.get(name) ?? name;
  }

  originalDims({ name }: Value): readonly number[] | undefined {
    const value = this.analysis.graph.find(this.originalName(name));
    return value && this.analysis.dims(value);
  }

  originalAxis({ name }: Value, label: number): number | undefined {
    const value = this.analysis.graph.find(this.originalName(name));
    const fields = (value && this.analysis.labelling.values.get(value)?.fields) ?? [];
    const root = this.atoms.find(label);
    const carriers = fields.filter(({ labels }) => labels.some((each) => this.atoms.find(each) === root));
    return carriers.length === 1 && carriers[0]?.axes.length === 1 ? carriers[0].axes[0] : undefined;
  }

  axes(key: string): readonly number[] {
    const blocks = this.analysis.labelling.holders.get(key)?.blocks.values() ?? [];
    return Array.from(blocks).flatMap(({ axes }) => (axes.length === 1 ? axes : []));
  }

  labels(key: string, axes: readonly number[], dims: readonly number[], make: () => Int32Array): Int32Array {
    const holder = this.analysis.labelling.holders.get(key);
    const block = holder?.blocks.get(axes.join());
    if (!holder || !block) return make();
    const rows = axes.length === 2 ? this.#keptRows(holder, axes[0] as number) : [0];
    const width = block.dims.at(-1) as number;
    const units = this.analysis.unitsOf(block.labels);
    const kept = new Int32Array(rows.length * width);
    let count = 0;
    for (const row of rows) {
      for (let at = row * width; at < (row + 1) * width; at++)
        if (!this.#isGone(units[at] as number)) kept[count++] = block.labels[at] as number;
    }
    const expected = dims.reduce((a, b) => a * b, 1);
    if (count !== expected) {
      this.atoms.problems.push({
        output: holder.reader?.outputs[0]?.name ?? holder.constant.name,
        message: `${holder.constant.name} axis ${axes}: ${count} channels stay, the sliced constant has ${expected}`,
      });
      return make();
    }
    return kept.subarray(0, count);
  }

  #keptRows(holder: Holder, axis: number): number[] {
    const size = holder.tensor.dims[axis] as number;
    const block = holder.blocks.get(String(axis));
    const units = block && this.analysis.unitsOf(block.labels);
    return Array.from({ length: size }, (_, row) => row).filter(
      (row) => !units || !this.#isGone(units[row] as number),
    );
  }

  #isGone(unit: number): boolean {
    return unit >= 0 && this.removed[unit] === 1;
  }
}
