import type { Graph, Node, Value } from "../ir/index.js";
import { bypassOf, type Families, regionFamily, tokensOf } from "./family.js";
import { dataFlow, type Flow } from "./flow.js";
import { collapsedKind, Leaf } from "./leaf.js";
import { rowFamily } from "./rows.js";
import type { Bypass, Region, Section, Sequence, SequenceRole } from "./section.js";
import { type StructureTree, structureTree } from "./structure-tree.js";
import { closeJoins, type Way } from "./ways.js";

/** A graph as nested sections of compound operations. */
export interface Sections {
  readonly root: Region;
  /** Values in the order of the data. */
  readonly values: readonly Value[];
}

export function buildSections(graph: Graph, families: Families): Sections {
  const flow = dataFlow(graph);
  const root = new SectionBuilder(flow, structureTree(flow), families).build();
  return { root, values: flow.values.filter((value) => value !== undefined) };
}

class SectionBuilder {
  /** The section of a region; undefined where it holds nothing but a value. */
  readonly #sections: (Section | undefined)[] = [];
  /** For every region the edge into it and the edge out of it. */
  readonly #ends: (readonly [number, number])[] = [];
  readonly #inputs: Value[][];
  readonly #outputs: Value[][];
  readonly #order = new Map<Node, number>();

  constructor(
    readonly flow: Flow,
    readonly tree: StructureTree,
    readonly families: Families,
  ) {
    for (const { edges, regions } of tree.chains) {
      regions.forEach((region, i) => {
        this.#ends[region] = [edges[i] as number, edges[i + 1] as number];
      });
    }
    this.#inputs = flow.nodes.map(() => []);
    this.#outputs = flow.nodes.map(() => []);
    flow.nodes.forEach((node, vertex) => {
      if (node) this.#order.set(node, vertex);
    });
    flow.from.forEach((tail, edge) => {
      const head = flow.to[edge] as number;
      const [before, after] = [flow.values[tail], flow.values[head]];
      if (before) this.#inputs[head]?.push(before);
      if (after) this.#outputs[tail]?.push(after);
    });
  }

  /** From the inside out, since regions further inside have higher numbers. */
  build(): Region {
    for (let region = this.tree.vertices.length - 1; region > 0; region--) {
      this.#sections[region] = this.#section(region);
    }
    return this.#region(0, undefined, undefined);
  }

  #section(region: number): Section | undefined {
    const own = this.tree.vertices[region] ?? [];
    const inside = this.tree.inside[region] ?? [];
    if (own.length === 1 && inside.length === 0) return this.#leaf(own[0] as number);
    const [enter, leave] = this.#ends[region] ?? [0, 0];
    return this.#orLeaf(this.#region(region, this.#valueOn(enter), this.#valueOn(leave)));
  }

  #region(number: number, entry: Value | undefined, exit: Value | undefined): Region {
    const { from, to, values } = this.flow;
    const ops = new Map(
      (this.tree.vertices[number] ?? []).flatMap((vertex) => {
        const leaf = this.#leaf(vertex);
        return leaf ? [[vertex, leaf]] : [];
      }),
    );
    const chains = (this.tree.inside[number] ?? []).map((chain): Way => {
      const { edges, regions } = this.tree.chains[chain] as (typeof this.tree.chains)[number];
      const items = regions.flatMap((region) => this.#sections[region] ?? []);
      return { tail: from[edges[0] as number] as number, head: to[edges.at(-1) as number] as number, items };
    });
    const loose = (this.tree.loose[number] ?? []).map(
      (edge): Way => ({ tail: from[edge] as number, head: to[edge] as number, items: [] }),
    );
    const ways = closeJoins([...chains, ...loose], ops, (join, branches, x) =>
      this.#orLeaf(this.#close([join], branches, values[x], join.outputs[0])),
    );
    return this.#close([...ops.values()], ways, entry, exit);
  }

  /** A region of operations and the ways between them; a way from an operator to its output is none. */
  #close(
    ops: readonly Leaf[],
    ways: readonly Way[],
    entry: Value | undefined,
    exit: Value | undefined,
  ): Region {
    const concats = ops.filter((op) => op.kind === "concat").length;
    const role = concats > 1 && concats === ops.length ? "growth" : "branch";
    const branches = ways.flatMap(({ items }) => (items.length > 0 ? [this.#sequence(items, role)] : []));
    const isDirect = ({ head, items }: Way) => items.length === 0 && this.flow.nodes[head] !== undefined;
    const bypass = bypassOf(ops, branches, ways.filter(isDirect).length);
    const family = regionFamily({ ops, branches, bypass }, this.families);
    const changesSize = sizeChanges(ops, branches, bypass);
    return { type: "region", entry, exit, ops, branches, bypass, changesSize, family };
  }

  #valueOn(edge: number): Value | undefined {
    const { values, from, to } = this.flow;
    return values[from[edge] as number] ?? values[to[edge] as number];
  }

  #leaf(vertex: number): Leaf | undefined {
    const node = this.flow.nodes[vertex];
    return node && new Leaf([node], this.#inputs[vertex] ?? [], this.#outputs[vertex] ?? []);
  }

  #sequence(sections: readonly Section[], role: SequenceRole): Sequence {
    const items: Section[] = [];
    for (const section of sections) {
      const last = items.at(-1);
      if (!last || section.type !== "leaf" || !absorbed(last, section)) items.push(section);
    }
    return { type: "sequence", role, items, family: rowFamily(tokensOf(items), this.families) };
  }

  /** A region of light operations alone is one of them: a gelu, a layer norm in its parts. */
  #orLeaf(region: Region): Section {
    const { ops, branches, entry, exit } = region;
    const inside: readonly Section[] = [...ops, ...branches.flatMap((branch) => branch.items)];
    const leaves = inside.filter((item) => item.type === "leaf");
    if (!entry || !exit || leaves.length < inside.length || !leaves.every((leaf) => leaf.isLight))
      return region;
    const at = (node: Node) => this.#order.get(node) ?? 0;
    const nodes = leaves.flatMap((leaf) => leaf.nodes).sort((a, b) => at(a) - at(b));
    return new Leaf(nodes, [entry], [exit], collapsedKind(new Set(leaves.map((leaf) => leaf.kind))));
  }
}

function sizeChanges(
  ops: readonly Leaf[],
  branches: readonly Sequence[],
  bypass: Bypass | undefined,
): boolean {
  if (bypass?.shortcut === "projected") return true;
  // What is added to what a block computes has its size.
  if (bypass && bypass.join !== "concat") return bypass.shortcut === "moved";
  const inside = [...ops, ...branches.flatMap((branch) => branch.items)];
  return inside.some((item) =>
    item.type === "leaf" ? item.primitive.strided : item.type === "region" && item.changesSize,
  );
}

/** Whether the operation behind a section became part of it. */
function absorbed(section: Section, next: Leaf): boolean {
  if (section.type === "leaf") return section.absorb(next);
  if (section.type === "sequence") return false;
  const last = section.ops.find((op) => op.outputs[0] === section.exit);
  if (!last?.isJoin || !last.absorb(next)) return false;
  section.exit = last.outputs[0];
  return true;
}
