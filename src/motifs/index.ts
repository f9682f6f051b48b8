/** Repeated sub-graphs of a network, level by level, and the hierarchical graph that a search looks at. */
export { instancesInsideOut, motifsOf, nodesOf, operationsOf } from "./contents.js";
export * from "./document.js";
export { motifsDot } from "./dot.js";
export { edgeFeatures, type Feature, type FeatureGroup, nodeFeatures } from "./features.js";
export { HierarchicalGraph, type HierarchicalGraphOptions } from "./hierarchical-graph.js";
export type { HierarchyState, StateGraph } from "./hierarchy-state.js";
export * from "./motif.js";
export * from "./multigraph.js";
export { foldLayers, type OutlineRow } from "./outline.js";
export type { Primitive, PrimitiveCall } from "./primitive.js";
export { motifsText } from "./text.js";
export { findMotifs } from "./tree.js";
