/** Models, graphs, nodes, values and tensors: typed, linked by uses, free of any file format. */
export * from "./attribute.js";
export * from "./builder.js";
export * from "./clone.js";
export * from "./data-type.js";
export * from "./equal.js";
export * from "./graph.js";
export * from "./inline.js";
export * from "./model.js";
export * from "./node.js";
export * from "./restore-calls.js";
export * from "./statistics.js";
export * from "./symbolic-graph.js";
export * from "./tensor.js";
export * from "./traverse.js";
export * from "./value.js";
export * from "./verify.js";
