import type { Node } from "../ir/index.js";
import { isInstance, type Motif, type MotifInstance, type MotifTree } from "./motif.js";
import type { PrimitiveCall } from "./primitive.js";

/** All operations inside an instance, also those inside the motifs that it is made of; each once. */
export function operationsOf(instance: MotifInstance): readonly PrimitiveCall[] {
  const found = new Set<PrimitiveCall>();
  const open = [instance];
  for (let at = open.pop(); at; at = open.pop()) {
    for (const part of at.parts) {
      if (isInstance(part)) open.push(part);
      else found.add(part);
    }
  }
  return [...found];
}

/**
 * The operators inside an instance in the order of the graph. Operators that work on constants or on shapes alone belong
 * to no instance.
 */
export function nodesOf(instance: MotifInstance, tree: MotifTree): readonly Node[] {
  const inside = new Set(operationsOf(instance).flatMap((leaf) => leaf.nodes));
  return tree.graph.nodes.filter((node) => inside.has(node));
}

/** All instances of all motifs; whatever one is made of comes before it. */
export function instancesInsideOut(tree: MotifTree): readonly MotifInstance[] {
  const outerFirst = [tree.top];
  for (let i = 0; i < outerFirst.length; i++) {
    for (const part of outerFirst[i]?.parts ?? []) if (isInstance(part)) outerFirst.push(part);
  }
  return outerFirst.reverse();
}

/** All motifs, those of lower levels first; the last one is the network. */
export function motifsOf(tree: MotifTree): readonly Motif[] {
  return tree.families.flatMap((family) => family.motifs);
}
