import type { Graph } from "./graph.js";
import { allGraphs, topologicalOrder } from "./traverse.js";

/** What is wrong with a graph's structure, one line each; empty when it is sound. */
export function verifyGraph(graph: Graph): string[] {
  const problems: string[] = [];
  for (const each of allGraphs(graph)) {
    const where = each === graph ? "" : `in the body ${each.name ?? ""}: `;
    const nodes = new Set(each.nodes);
    for (const node of each.nodes) {
      node.inputs.forEach((value, index) => {
        if (!value) return;
        if (!isDefined(value))
          problems.push(`${where}${node.label} reads ${value.name}, which nothing makes`);
        if (!value.uses().some((use) => use.node === node && use.index === index)) {
          problems.push(`${where}${node.label} is missing among the uses of ${value.name}`);
        }
      });
      for (const value of node.outputs) {
        if (value && value.producer !== node)
          problems.push(`${where}${value.name} does not know its producer`);
        if (value?.initializer)
          problems.push(`${where}${value.name} is both a constant and the output of ${node.label}`);
      }
    }
    for (const value of each.values) {
      for (const use of value.uses()) {
        if (use.node.graph === each && !nodes.has(use.node)) {
          problems.push(`${where}${value.name} is read by ${use.node.label}, which was removed`);
        }
      }
    }
    for (const output of each.outputs) {
      if (!isDefined(output)) problems.push(`${where}the output ${output.name} is never made`);
    }
    if (!topologicalOrder(each)) problems.push(`${where}the nodes form a cycle`);
  }
  return problems;
}

function isDefined(value: {
  producer: unknown;
  initializer: unknown;
  isInput: boolean;
  graph: Graph;
  name: string;
}) {
  return (
    value.producer !== undefined ||
    value.initializer !== undefined ||
    value.isInput ||
    value.graph.sparseInitializers.some((sparse) => sparse.values.name === value.name)
  );
}
