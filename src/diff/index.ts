/** What differs between two models: nodes, links, constants, channels, costs, outputs. */
export * from "./diff.js";
export type { EdgeCounts } from "./edges.js";
export type { KeptBy } from "./kept.js";
export { type MatchOptions, matchGraphs } from "./match.js";
export type { Matching } from "./matching.js";
export { attributeText, type Change, type NodeChange, type NodeName } from "./nodes.js";
export * from "./outputs.js";
export { constantOf, isBookkeeping, sourceOf } from "./source.js";
export type { ChannelChange, TensorChange, TensorSide, ValueChange } from "./tensors.js";
