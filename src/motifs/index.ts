/** Repeated sub-graphs of a network, level by level, and the hierarchical graph that a search looks at. */
export { motifsOf, nodesOf, operationsOf } from "./contents.js";
export * from "./document.js";
export { motifsDot } from "./dot.js";
export type { Leaf } from "./leaf.js";
export * from "./motif.js";
export * from "./multigraph.js";
export { motifsText } from "./text.js";
export { findMotifs } from "./tree.js";
