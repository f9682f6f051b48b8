import { invariant } from "../base/errors.js";
import type { Value } from "../ir/index.js";
import { canonical, type Numbering, type TypedEdge } from "./canonical.js";
import type { Leaf } from "./leaf.js";
import { entryOf, exitOf, innerOf, type Region, type Section, type Sequence } from "./section.js";

/** One section that is a graph of its own, with its nodes and edges in canonical order. */
export interface GraphDraft {
  readonly section: Region | Sequence;
  /** Equal for equal structure within a family. */
  readonly key: string;
  readonly values: readonly Value[];
  readonly edges: readonly DraftEdge[];
}

export interface DraftEdge {
  readonly source: number;
  readonly target: number;
  readonly part: Leaf | GraphDraft;
}

/** Numbers that all graphs of one tree share. */
export interface Numberings {
  /** Where each value stands in the data flow. */
  readonly order: ReadonlyMap<Value, number>;
  readonly types: Numbering;
  readonly colours: Numbering;
}

/**
 * A graph for each of the `kept` sections, from the inside out; the last one is that of the root. What is not kept is
 * part of the graph around it.
 */
export function draftGraphs(
  root: Region,
  kept: ReadonlySet<Section>,
  numberings: Numberings,
): readonly GraphDraft[] {
  const outerFirst: { section: Region | Sequence; parts: readonly (Leaf | Region | Sequence)[] }[] = [];
  const open: (Region | Sequence)[] = [root];
  for (let section = open.pop(); section; section = open.pop()) {
    const parts = partsOf(section, kept);
    outerFirst.push({ section, parts });
    for (const part of parts) if (part.type !== "leaf") open.push(part);
  }
  const drafts = new Map<Section, GraphDraft>();
  for (const { section, parts } of outerFirst.reverse()) {
    drafts.set(section, draft(section, parts, drafts, numberings));
  }
  return [...drafts.values()];
}

/** The operations and inner graphs that a graph consists of. */
function partsOf(section: Region | Sequence, kept: ReadonlySet<Section>): (Leaf | Region | Sequence)[] {
  const parts: (Leaf | Region | Sequence)[] = [];
  const open: Section[] = [section];
  for (let at = open.pop(); at; at = open.pop()) {
    if (at.type === "leaf" || (at !== section && kept.has(at))) parts.push(at);
    else for (const inner of innerOf(at)) open.push(inner);
  }
  return parts;
}

function draft(
  section: Region | Sequence,
  parts: readonly (Leaf | Region | Sequence)[],
  drafts: ReadonlyMap<Section, GraphDraft>,
  { order, types, colours }: Numberings,
): GraphDraft {
  const ends = parts.flatMap((part) => {
    const inner = part.type === "leaf" ? part : drafts.get(part);
    invariant(inner, "a graph is drafted after those inside it");
    const type = types.of(part.type === "leaf" ? part.primitive.name : `motif ${drafts.get(part)?.key}`);
    return endsOf(part).map(([from, to]) => ({ from, to, type, part: inner }));
  });
  const place = (value: Value) => order.get(value) ?? 0;
  const values = [...new Set(ends.flatMap(({ from, to }) => [from, to]))].sort((a, b) => place(a) - place(b));
  const numbers = new Map(values.map((value, i) => [value, i]));
  const edges = ends.map(
    ({ from, to, type }): TypedEdge => ({
      source: numbers.get(from) as number,
      target: numbers.get(to) as number,
      type,
    }),
  );
  const { key, nodes, edges: edgeOrder } = canonical({ nodeCount: values.length, edges }, colours);
  const places = new Map(nodes.map((old, i) => [old, i]));
  return {
    section,
    key: `${section.family} ${key}`,
    values: nodes.map((old) => values[old] as Value),
    edges: edgeOrder.map((edge) => ({
      source: places.get(edges[edge]?.source as number) as number,
      target: places.get(edges[edge]?.target as number) as number,
      part: ends[edge]?.part as Leaf | GraphDraft,
    })),
  };
}

/** The pairs of values that a part leads between: one edge for each. */
function endsOf(part: Leaf | Region | Sequence): (readonly [Value, Value])[] {
  if (part.type === "leaf") {
    return part.inputs.flatMap((from) => part.outputs.map((to) => [from, to] as const));
  }
  const [from, to] = [entryOf(part), exitOf(part)];
  return from && to ? [[from, to]] : [];
}
