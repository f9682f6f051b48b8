import { isBlock } from "./rows.js";
import type { Region, Section, Sequence } from "./section.js";

type Inner = Region | Sequence;

/**
 * Which sections become graphs of their own: those of families with several members. What stands once in each graph of
 * one and the same family is a part of that family, and its operations stay where they are.
 */
export function motifSections(root: Region): ReadonlySet<Section> {
  const parent = new Map<Inner, Inner>();
  const members = new Map<string, Inner[]>();
  const order: Inner[] = [root];
  for (let i = 0; i < order.length; i++) {
    const section = order[i] as Inner;
    for (const inner of section.type === "region" ? section.branches : section.items) {
      if (inner.type === "leaf") continue;
      parent.set(inner, section);
      order.push(inner);
    }
    if (section !== root && canStandAlone(section)) {
      const list = members.get(section.family);
      if (list) list.push(section);
      else members.set(section.family, [section]);
    }
  }
  return decide(root, parent, members);
}

/** Families in the order of their outermost member, so that the graph around each is known. */
function decide(
  root: Region,
  parent: ReadonlyMap<Inner, Inner>,
  members: ReadonlyMap<string, readonly Inner[]>,
): ReadonlySet<Section> {
  const kept = new Set<Section>([root]);
  /** The nearest section around that is, or may still become, a graph. */
  const around = new Map(parent);
  const undecided = new Set(members.keys());
  const graphAround = (section: Inner): Inner => {
    const passed: Inner[] = [];
    let at = around.get(section) ?? root;
    while (!kept.has(at)) {
      passed.push(at);
      at = around.get(at) ?? root;
    }
    for (const each of passed) if (!undecided.has(each.family)) around.set(each, at);
    return at;
  };
  for (const [family, sections] of members) {
    undecided.delete(family);
    const graphs = sections.map(graphAround);
    const isShared =
      new Set(graphs).size < graphs.length || new Set(graphs.map((graph) => graph.family)).size > 1;
    if (isShared) for (const section of sections) kept.add(section);
  }
  return kept;
}

/** A row of one section is that section; a row of one layer is that layer. */
function canStandAlone(section: Inner): boolean {
  return section.type === "region" || (section.items.length > 1 && isBlock(section.items));
}
