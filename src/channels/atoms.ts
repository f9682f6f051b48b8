import type { Node } from "../ir/index.js";
import type { Barrier } from "./barriers.js";

/** Two label arrays that a node joined index by index; kept to explain later why channels stand together. */
export interface Joint {
  readonly node: Node;
  readonly a: Int32Array;
  readonly b: Int32Array;
}

/**
 * Channels as atoms: classes of (tensor, axis, index) sites that live or die together, joined by union-find. A class
 * may be frozen, with the barrier that froze it first.
 */
export interface AtomStore {
  /** `count` new atoms with consecutive ids; returns the first. */
  fresh(count: number): number;
  find(atom: number): number;
  /** Joins a[i] with b[i] for every i. */
  unite(a: Int32Array, b: Int32Array, node: Node): void;
  freeze(labels: Int32Array, barrier: Barrier): void;
  /** Whether the atom's class has to stay. */
  isFrozen(atom: number): boolean;
  /** What a rule says about sizes must hold. */
  expect(condition: boolean, node: Node, message: () => string): void;
}

/** Labels of so many new atoms. */
export function freshLabels(atoms: AtomStore, count: number): Int32Array {
  const first = atoms.fresh(count);
  const labels = new Int32Array(count);
  for (let i = 0; i < count; i++) labels[i] = first + i;
  return labels;
}

/** The file states sizes that do not fit the operator between them; possible where nobody has run the model. */
export class SizesDisagree extends Error {}

/** The store of an analysis: learns unions and barriers. */
export class LearningAtoms implements AtomStore {
  #parent = new Int32Array(1024);
  #size = 0;
  readonly #barriers: Barrier[] = [];
  /** For each root one more than the index of its barrier, 0 where there is none. */
  #frozenBy = new Int32Array(1024);
  readonly #direct = new Map<number, number>();
  readonly #joints: Joint[] = [];
  /** Grows with every change; equal before and after a pass means that the pass learned nothing. */
  changes = 0;

  get size(): number {
    return this.#size;
  }

  get joints(): readonly Joint[] {
    return this.#joints;
  }

  /** Every barrier that froze something, in the order met. */
  get barriers(): readonly Barrier[] {
    return this.#barriers;
  }

  fresh(count: number): number {
    const first = this.#size;
    if (first + count > this.#parent.length) {
      const length = Math.max(this.#parent.length * 2, first + count);
      this.#parent = enlarged(this.#parent, length);
      this.#frozenBy = enlarged(this.#frozenBy, length);
    }
    for (let i = first; i < first + count; i++) this.#parent[i] = i;
    this.#size += count;
    return first;
  }

  find(atom: number): number {
    const parent = this.#parent;
    let root = atom;
    for (let up = parent[root] as number; up !== root; up = parent[root] as number) root = up;
    for (let at = atom; at !== root; ) {
      const next = parent[at] as number;
      parent[at] = root;
      at = next;
    }
    return root;
  }

  unite(a: Int32Array, b: Int32Array, node: Node): void {
    if (a === b) return;
    this.expect(a.length === b.length, node, () => `${a.length} channels meet ${b.length}`);
    let joined = false;
    for (let i = 0; i < a.length; i++) joined = this.#uniteOne(a[i] as number, b[i] as number) || joined;
    if (joined) this.#joints.push({ node, a, b });
  }

  #uniteOne(a: number, b: number): boolean {
    const x = this.find(a);
    const y = this.find(b);
    if (x === y) return false;
    // The older atom stays root, so that ids are stable and the result does not depend on ranks.
    const root = x < y ? x : y;
    const child = x < y ? y : x;
    this.#parent[child] = root;
    if (this.#frozenBy[root] === 0) this.#frozenBy[root] = this.#frozenBy[child] as number;
    this.changes++;
    return true;
  }

  freeze(labels: Int32Array, barrier: Barrier): void {
    let index = -1;
    for (const label of labels) {
      const root = this.find(label);
      if (this.#frozenBy[root] !== 0) continue;
      if (index < 0) index = this.#barriers.push(barrier) - 1;
      this.#frozenBy[root] = index + 1;
      this.#direct.set(label, index);
      this.changes++;
    }
  }

  expect(condition: boolean, node: Node, message: () => string): void {
    if (!condition) throw new SizesDisagree(`${node}: ${message()}`);
  }

  isFrozen(atom: number): boolean {
    return this.#frozenBy[this.find(atom)] !== 0;
  }

  /** The barrier that froze the atom's class. */
  barrierOf(atom: number): Barrier | undefined {
    return this.#barriers[(this.#frozenBy[this.find(atom)] as number) - 1];
  }

  /** The barrier that was put on this very atom, as opposed to one that reached it through unions. */
  directBarrierOf(atom: number): Barrier | undefined {
    const index = this.#direct.get(atom);
    return index === undefined ? undefined : this.#barriers[index];
  }
}

function enlarged(array: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(length);
  larger.set(array);
  return larger;
}
