import type { OpKind } from "../ops/index.js";

/** What a column of features is about; a search can leave out whole groups to see what they are worth. */
export type FeatureGroup =
  | "structure"
  | "width"
  | "coupling"
  | "cost"
  | "weights"
  | "sensitivity"
  | "position";

/** One column. All lie in [0, 1] (a few may exceed 1 for absurd sizes), by the same formula for every model. */
export interface Feature {
  readonly name: string;
  readonly group: FeatureGroup;
  /** What the number is, in which unit. */
  readonly about: string;
}

/** Kinds of operations in the order of their columns. */
export const operationKinds = [
  "convolution",
  "linear",
  "normalization",
  "activation",
  "pooling",
  "elementwise",
  "concat",
  "movement",
  "reduction",
  "attention",
  "recurrent",
  "other",
] as const satisfies readonly OpKind[];

/** Columns of a feature map (a node). */
export const nodeFeatures = [
  { name: "channels", group: "width", about: "log2(1 + channels now) / 16" },
  { name: "places", group: "width", about: "log2(1 + elements of one channel of one sample now) / 32" },
  { name: "kept", group: "width", about: "channels now / channels of the unpruned network" },
  { name: "prunable", group: "coupling", about: "share of the unpruned network's channels that may go" },
  {
    name: "tied",
    group: "coupling",
    about: "log2(1 + layers whose output channels are in the same channel group) / 8; 0 without a group",
  },
  {
    name: "channelGroup",
    group: "position",
    about: "number of the channel group, from 1 on, over the number of groups; 0 without one",
  },
  {
    name: "position",
    group: "position",
    about: "place in the order of the data, 0 for the first feature map and 1 for the last",
  },
] as const satisfies readonly Feature[];

/** Columns of an operation (an edge that is no motif). */
export const edgeFeatures = [
  ...operationKinds.map((name) => ({
    name,
    group: "structure" as const,
    about: `1 for an operation of the kind ${name}, else 0`,
  })),
  { name: "activated", group: "structure", about: "1 where an activation is part of the operation" },
  {
    name: "kernel",
    group: "structure",
    about: "log2(1 + geometric mean of the window's sizes) / 6; 0 without",
  },
  { name: "stride", group: "structure", about: "log2(largest stride) / 4" },
  { name: "depthwise", group: "structure", about: "1 for a depthwise convolution" },
  {
    name: "grouped",
    group: "structure",
    about: "1 for a convolution in several groups that is not depthwise",
  },
  { name: "channelsIn", group: "width", about: "log2(1 + channels of the feature map it starts from) / 16" },
  { name: "channelsOut", group: "width", about: "log2(1 + channels of the feature map it makes) / 16" },
  {
    name: "macs",
    group: "cost",
    about: "square root of its share of the network's multiply-accumulates now",
  },
  { name: "params", group: "cost", about: "square root of its share of the network's parameters now" },
  { name: "macsKept", group: "cost", about: "its multiply-accumulates now / unpruned; 1 where it has none" },
  { name: "paramsKept", group: "cost", about: "its parameters now / unpruned; 1 where it has none" },
  {
    name: "normSpread",
    group: "weights",
    about: "deviation / (mean + deviation) of the L2 norms of the kept output channels' weights; 0 without",
  },
  { name: "normLeast", group: "weights", about: "smallest of these norms / their mean; 0 without weights" },
  {
    name: "normScale",
    group: "weights",
    about: "r / (1 + r), r being the mean of these norms; 0 without weights",
  },
  {
    name: "sensitivity",
    group: "sensitivity",
    about: "measured loss for the channel group of the feature map it makes, as given; 0 where not measured",
  },
  { name: "measured", group: "sensitivity", about: "1 where the sensitivity was measured" },
] as const satisfies readonly Feature[];

type NodeFeatureName = (typeof nodeFeatures)[number]["name"];
type EdgeFeatureName = (typeof edgeFeatures)[number]["name"];

/** The columns of one feature map. */
export type NodeColumns = Readonly<Record<NodeFeatureName, number>>;
/** The columns of one operation. */
export type EdgeColumns = Readonly<Record<EdgeFeatureName, number>>;

/** The size of a count of channels on a scale that no model leaves. */
export function channelScale(channels: number): number {
  return Math.log2(1 + channels) / 16;
}
