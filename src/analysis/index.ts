/** Shapes, constant folding and cost of a graph. */
export * from "./cost.js";
export * from "./fast-multiple.js";
export * from "./integers.js";
export * from "./shapes.js";
export * from "./specified-shapes.js";
export * from "./summary.js";
export * from "./weights.js";
export { type WidthProbe, widthProbes } from "./width-probes.js";
