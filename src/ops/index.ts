/** The op table: what topiary knows of each operator, one entry each. */

export { constantBehind, constantTensor } from "./constant.js";
export * from "./define.js";
export { isSmall } from "./integer-tensor.js";
export { kindOf, kindsOnly } from "./kind.js";
export { isAlias } from "./rearrange.js";
export * from "./recognise.js";
export { withSequences } from "./sequence.js";
export { integerTensorOf } from "./shape.js";
export type { TypedDims } from "./shapes/rule.js";
export { matchShuffle, type Shuffle } from "./shuffle.js";
export { allOps, lookupOp } from "./table.js";
