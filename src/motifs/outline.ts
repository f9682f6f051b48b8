import type { LayerCost } from "../analysis/summary.js";
import type { Node } from "../ir/index.js";
import { operationsOf } from "./contents.js";
import { isInstance, type MotifInstance, type MotifTree } from "./motif.js";
import type { PrimitiveCall } from "./primitive.js";

type Part = PrimitiveCall | MotifInstance;

/** A line of a list of layers: one of them, or what all layers inside a motif cost together. */
export interface OutlineRow extends LayerCost {
  /** The layers behind the line. */
  readonly layers: number;
}

/**
 * The layers of a long network in at most `most` lines, if motifs can do that: what stands inside a motif makes one line,
 * and motifs are taken apart from the highest level down as far as the lines suffice.
 */
export function foldLayers(tree: MotifTree, layers: readonly LayerCost[], most: number): OutlineRow[] {
  const layersAt = layersByNode(tree, layers);
  let parts: readonly Part[] = [...new Set(tree.top.parts)];
  for (;;) {
    const next = opened(parts);
    if (next === parts || rowsOf(next, tree, layersAt).length > most) return rowsOf(parts, tree, layersAt);
    parts = next;
  }
}

/** The parts with those of the highest level taken apart; the same array where none is left. */
function opened(parts: readonly Part[]): readonly Part[] {
  const highest = parts.reduce((level, part) => Math.max(level, levelOf(part)), 0);
  if (highest === 0) return parts;
  return parts.flatMap((part) =>
    isInstance(part) && levelOf(part) === highest ? [...new Set(part.parts)] : [part],
  );
}

function levelOf(part: Part): number {
  return isInstance(part) ? part.motif.family.level : 0;
}

/** Layers of nodes that are in no operation (they work on constants) keep lines of their own. */
function rowsOf(
  parts: readonly Part[],
  tree: MotifTree,
  layersAt: ReadonlyMap<Node, LayerCost>,
): OutlineRow[] {
  const partOf = new Map<Node, Part>();
  for (const part of parts) {
    for (const call of isInstance(part) ? operationsOf(part) : [part])
      for (const node of call.nodes) partOf.set(node, part);
  }
  const rows = new Map<Part | Node, LayerCost[]>();
  for (const node of tree.graph.nodes) {
    const layer = layersAt.get(node);
    if (!layer) continue;
    const part = partOf.get(node);
    // An operation of several costly nodes stays several lines.
    const key = part && isInstance(part) ? part : node;
    const row = rows.get(key);
    if (row) row.push(layer);
    else rows.set(key, [layer]);
  }
  return [...rows].map(([key, together]) => rowOf(key, together));
}

function rowOf(key: Part | Node, layers: readonly LayerCost[]): OutlineRow {
  const last = layers.at(-1) as LayerCost;
  if (!("motif" in key)) return { ...last, layers: 1 };
  const sum = (count: (layer: LayerCost) => number) =>
    layers.reduce((total, layer) => total + count(layer), 0);
  return {
    name: key.motif.name,
    opType: key.motif.id,
    shape: last.shape,
    macs: layers.some(({ macs }) => macs === null) ? null : sum(({ macs }) => macs ?? 0),
    params: sum(({ params }) => params),
    bytes: sum(({ bytes }) => bytes),
    layers: layers.length,
  };
}

/** The layers are those nodes of the graph that cost anything, in its order. */
function layersByNode(tree: MotifTree, layers: readonly LayerCost[]): ReadonlyMap<Node, LayerCost> {
  const found = new Map<Node, LayerCost>();
  let next = 0;
  for (const node of tree.graph.nodes) {
    const layer = layers[next];
    if (layer?.name !== node.label || layer.opType !== node.opType) continue;
    found.set(node, layer);
    next++;
  }
  return found;
}
