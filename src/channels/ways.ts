import type { Node } from "../ir/index.js";
import type { ChannelAnalysis } from "./analysis.js";

/** Atoms of which each leads to all others: an axis of a layer, or blocks of channels that lose equally many. */
interface Star {
  readonly atoms: readonly number[];
  /** The node that ties them; undefined for an axis, which ties its own channels. */
  readonly node: Node | undefined;
}

/** How a walk came to an atom. */
interface Step {
  readonly from: number;
  readonly node: Node | undefined;
}

/** What an analysis joined, as a graph of atoms. */
export class Ways {
  readonly #edges = new Map<number, { readonly to: number; readonly node: Node }[]>();
  readonly #stars = new Map<number, Star[]>();

  constructor(analysis: ChannelAnalysis) {
    for (const { node, a, b } of analysis.atoms.joints) {
      for (let i = 0; i < a.length; i++) {
        listed(this.#edges, a[i] as number).push({ to: b[i] as number, node });
        listed(this.#edges, b[i] as number).push({ to: a[i] as number, node });
      }
    }
    const isFree = (atom: number) => analysis.unitOf(atom) >= 0;
    for (const { labels } of analysis.producers()) this.#addStar([...labels].filter(isFree), undefined);
    for (const { blocks, node } of analysis.labelling.balances)
      this.#addStar(
        blocks.flatMap((labels) => [...labels].filter(isFree)),
        node,
      );
  }

  #addStar(atoms: readonly number[], node: Node | undefined): void {
    const star = { atoms, node };
    for (const atom of new Set(atoms)) listed(this.#stars, atom).push(star);
  }

  /** A walk from atoms to all that they are joined with. */
  from(starts: Iterable<number>): Walk {
    return new Walk(starts, this.#edges, this.#stars);
  }
}

/** Breadth first from some atoms, as far as it has been asked for. */
class Walk {
  readonly #cameBy: Map<number, Step | undefined>;
  readonly #order: Iterator<number>;
  readonly #seen: number[] = [];
  readonly #crossed = new Set<Star>();

  constructor(
    starts: Iterable<number>,
    readonly edges: ReadonlyMap<number, readonly { readonly to: number; readonly node: Node }[]>,
    readonly stars: ReadonlyMap<number, readonly Star[]>,
  ) {
    this.#cameBy = new Map([...starts].map((start) => [start, undefined]));
    this.#order = this.#cameBy.keys();
  }

  /** The first atom met of which `test` says something, what it says, and the nodes on the way there. */
  nearest<T>(test: (atom: number) => T | undefined): { found: T; path: Node[] } | undefined {
    for (let i = 0; ; i++) {
      const atom = this.#seen[i] ?? this.#next();
      if (atom === undefined) return undefined;
      const found = test(atom);
      if (found !== undefined) return { found, path: this.#pathTo(atom) };
    }
  }

  #next(): number | undefined {
    const { value: atom, done } = this.#order.next();
    if (done) return undefined;
    this.#seen.push(atom);
    for (const { to, node } of this.edges.get(atom) ?? []) this.#reach(to, atom, node);
    for (const star of this.stars.get(atom) ?? []) {
      if (this.#crossed.has(star)) continue;
      this.#crossed.add(star);
      for (const to of star.atoms) this.#reach(to, atom, star.node);
    }
    return atom;
  }

  #reach(to: number, from: number, node: Node | undefined): void {
    if (!this.#cameBy.has(to)) this.#cameBy.set(to, { from, node });
  }

  #pathTo(atom: number): Node[] {
    const path: Node[] = [];
    for (let step = this.#cameBy.get(atom); step; step = this.#cameBy.get(step.from))
      if (step.node && path[0] !== step.node) path.unshift(step.node);
    return path;
  }
}

function listed<T>(lists: Map<number, T[]>, key: number): T[] {
  let list = lists.get(key);
  if (!list) {
    list = [];
    lists.set(key, list);
  }
  return list;
}
