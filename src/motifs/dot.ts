import { motifsOf } from "./contents.js";
import { isMotif, type Motif, type MotifTree } from "./motif.js";

/**
 * All graphs of a tree in the DOT language of Graphviz, highest level first: feature maps as points, operations and
 * motifs as labelled edges. https://graphviz.org/doc/info/lang.html
 */
export function motifsDot(tree: MotifTree): string {
  const clusters = [...motifsOf(tree)].reverse().map(cluster);
  return [
    "digraph motifs {",
    '  node [shape=point, width=0.08]; edge [fontname="sans-serif", fontsize=10];',
    ...clusters,
    "}",
    "",
  ].join("\n");
}

function cluster(motif: Motif): string {
  const { id, name, family, instances, edges } = motif;
  const title =
    family.level > 0 && instances.length > 1 ? `${id} · ${name} · ${instances.length} times` : name;
  return [
    `  subgraph cluster_${id} {`,
    `    label=${quoted(`level ${family.level}: ${title}`)}; fontname="sans-serif"; fontsize=12;`,
    ...edges.map(({ source, target, type }) => {
      const style = isMotif(type) ? ", penwidth=2" : "";
      return `    ${id}_${source} -> ${id}_${target} [label=${quoted(labelOf(type))}${style}];`;
    }),
    "  }",
  ].join("\n");
}

function labelOf(type: Motif["edges"][number]["type"]): string {
  return isMotif(type) ? `${type.id} ${type.family.name}` : type.name;
}

function quoted(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", " ")}"`;
}
