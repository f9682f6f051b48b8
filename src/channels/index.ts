/** Which channels live and die together, and plans that say which go. */
export * from "./analysis.js";
export { type Barrier, countBarriers } from "./barriers.js";
export * from "./check.js";
export * from "./cost.js";
export * from "./groups.js";
export * from "./groups-document.js";
export { type Holder, type LabelBlock, type Role, unitPosition } from "./holders.js";
export * from "./kept.js";
export * from "./parse-plan.js";
export * from "./plan.js";
export * from "./reads.js";
export { type ChannelRules, unlessDefault } from "./rules.js";
export * from "./select.js";
export * from "./sharing.js";
export * from "./steps.js";
export { levelFor, type Stops, stopsOf } from "./stops.js";
export * from "./tied.js";
export * from "./why.js";
