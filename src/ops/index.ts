/** The op table: what topiary knows of each operator, one entry each. */
export * from "./define.js";
export { allOps, lookupOp } from "./table.js";
