import type { Graph, Value } from "../ir/index.js";
import { buildSections } from "./build-sections.js";
import { Numbering } from "./canonical.js";
import { Families } from "./family.js";
import { foldElsewhere, foldRepeats } from "./fold.js";
import { draftGraphs, type GraphDraft } from "./instances.js";
import { motifSections } from "./keep.js";
import type { Leaf } from "./leaf.js";
import { levelsOf } from "./levels.js";
import type { Motif, MotifEdge, MotifFamily, MotifInstance, MotifTree, PrimitiveType } from "./motif.js";
import type { Section } from "./section.js";
import { nounOf, phraseOf } from "./words.js";

/**
 * The hierarchy of a graph: compound operations, repeated motifs, motifs of motifs, stages, and one graph on top. Needs
 * neither shapes nor weights; the same graph gives the same tree. Throws a UserError for a graph with a cycle.
 */
export function findMotifs(graph: Graph): MotifTree {
  const families = new Families();
  const { root, values } = buildSections(graph, families);
  foldRepeats(root, families);
  foldElsewhere(root, motifSections(root), families);
  const order = new Map(values.map((value, i) => [value, i]));
  const kept = motifSections(root);
  const drafts = draftGraphs(root, kept, { order, types: new Numbering(), colours: new Numbering() });
  return new TreeBuilder(graph, drafts, order).build();
}

type Open<T> = { -readonly [K in keyof T]: T[K] };

/** Turns the drafts of all graphs into the tree: equal drafts become one motif, motifs of one family a family. */
class TreeBuilder {
  readonly #primitives: ReadonlyMap<string, PrimitiveType>;
  readonly #motifs = new Map<string, Motif>();
  readonly #instances = new Map<GraphDraft, MotifInstance>();

  constructor(
    readonly graph: Graph,
    /** Inner ones first; the last is the network. */
    readonly drafts: readonly GraphDraft[],
    readonly order: ReadonlyMap<Value, number>,
  ) {
    this.#primitives = primitiveTypes(drafts, order);
  }

  build(): MotifTree {
    const start = new Map(this.drafts.map((draft) => [draft, this.#start(draft)]));
    const inDataOrder = [...this.drafts].sort((a, b) => (start.get(a) ?? 0) - (start.get(b) ?? 0));
    const levels = levelsOf(this.drafts);
    const families = [...grouped(inDataOrder, ({ section }) => section.family)]
      .map(([name, drafts]) => ({ level: levels.get(name) ?? 1, drafts }))
      .sort((a, b) => a.level - b.level)
      .map(({ level, drafts }, i) => this.#family(`f${i + 1}`, level, drafts));
    for (const draft of this.drafts) this.#fill(draft);
    // Graphs came with inner ones first; people read along the data.
    for (const draft of inDataOrder) {
      const instance = this.#instances.get(draft);
      if (instance) (instance.motif.instances as MotifInstance[]).push(instance);
    }
    const top = this.#instances.get(this.drafts.at(-1) as GraphDraft) as MotifInstance;
    return {
      graph: this.graph,
      values: [...this.order.keys()],
      primitives: [...this.#primitives.values()],
      families,
      top,
    };
  }

  #start(draft: GraphDraft): number {
    return draft.values.reduce((least, value) => Math.min(least, this.order.get(value) ?? 0), Infinity);
  }

  #family(id: string, level: number, drafts: readonly GraphDraft[]): MotifFamily {
    const kinds = grouped(drafts, ({ key }) => key);
    const isNetwork = drafts.includes(this.drafts.at(-1) as GraphDraft);
    const name = isNetwork ? "network" : nounOf(speakerOf([...kinds.values()]));
    const family: Open<MotifFamily> = { id, name, level, motifs: [], count: drafts.length };
    family.motifs = [...kinds].map(([key, [first]]) => {
      const { section, values } = first as GraphDraft;
      const motif: Motif = {
        id: `m${this.#motifs.size + 1}`,
        family,
        name: isNetwork ? "network" : phraseOf(section),
        nodeCount: values.length,
        edges: [],
        instances: [],
      };
      this.#motifs.set(key, motif);
      return motif;
    });
    return family;
  }

  #fill(draft: GraphDraft): void {
    const motif = this.#motifs.get(draft.key) as Open<Motif>;
    const parts = draft.edges.map(({ part }) =>
      "section" in part ? (this.#instances.get(part) as MotifInstance) : part,
    );
    this.#instances.set(draft, { motif, values: draft.values, parts });
    if (motif.edges.length > 0) return;
    motif.edges = draft.edges.map(({ source, target, part }): MotifEdge => {
      const type = "section" in part ? this.#motifs.get(part.key) : this.#primitives.get(part.primitive.name);
      return { source, target, type: type as Motif | PrimitiveType };
    });
  }
}

/** The section that a family is called after: of its largest kind, but not of one that lacks what the others have. */
function speakerOf(kinds: readonly (readonly GraphDraft[])[]): Section {
  const sections = [...kinds].sort((a, b) => b.length - a.length).flatMap(([first]) => first?.section ?? []);
  const isWhole = (section: Section) => section.type !== "sequence" || section.role !== "block";
  return (sections.find(isWhole) ?? sections[0]) as Section;
}

/** The types of all operations in the order of the data. */
function primitiveTypes(
  drafts: readonly GraphDraft[],
  order: ReadonlyMap<Value, number>,
): ReadonlyMap<string, PrimitiveType> {
  const parts = drafts.flatMap(({ edges }) => edges.flatMap(({ part }) => ("section" in part ? [] : [part])));
  const start = (leaf: Leaf) => order.get(leaf.inputs[0] as Value) ?? 0;
  const leaves = [...new Set(parts)].sort((a, b) => start(a) - start(b));
  return new Map(
    [...grouped(leaves, ({ primitive }) => primitive.name)].map(([name, same], i) => [
      name,
      { ...(same[0] as Leaf).primitive, id: `p${i + 1}`, level: 0, count: same.length },
    ]),
  );
}

function grouped<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group) group.push(item);
    else groups.set(key(item), [item]);
  }
  return groups;
}
