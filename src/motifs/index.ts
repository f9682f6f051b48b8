/** Repeated sub-graphs of a network, level by level, and the hierarchical graph that a search looks at. */
export * from "./motif.js";
export { findMotifs } from "./tree.js";
