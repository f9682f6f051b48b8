/** Slicing channels out of a model, exactly. */
export * from "./apply.js";
export * from "./batch-norm.js";
export * from "./compact.js";
export { type MeasuredRanges, rangeKey, readAxes } from "./dead.js";
export * from "./latency.js";
export * from "./prune.js";
export { type Refusal, RewriteRefused } from "./refusal.js";
export * from "./silence.js";
export * from "./slice.js";
export * from "./sparsify.js";
export * from "./stamp.js";
export * from "./verify.js";
