import type { Node } from "../ir/index.js";

/** Pairs of nodes of two graphs; no node is in two pairs. */
export class Matching {
  readonly #toB = new Map<Node, Node>();
  readonly #toA = new Map<Node, Node>();

  /** Adds a pair unless one of the two is in a pair already. */
  add(a: Node, b: Node): void {
    if (this.#toB.has(a) || this.#toA.has(b)) return;
    this.#toB.set(a, b);
    this.#toA.set(b, a);
  }

  ofA(node: Node): Node | undefined {
    return this.#toB.get(node);
  }

  ofB(node: Node): Node | undefined {
    return this.#toA.get(node);
  }

  get pairs(): Iterable<readonly [Node, Node]> {
    return this.#toB;
  }

  get size(): number {
    return this.#toB.size;
  }
}
