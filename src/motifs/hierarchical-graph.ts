import { type ChannelAnalysis, type ChannelGroup, channelGroups, KeptChannels } from "../channels/index.js";
import type { Value } from "../ir/index.js";
import { instancesInsideOut, operationsOf } from "./contents.js";
import { type FeatureMap, featureMap, featureMapColumns, GroupIndex } from "./feature-maps.js";
import { edgeFeatures, type Feature, type FeatureGroup, nodeFeatures } from "./features.js";
import { type HierarchyState, hierarchyState } from "./hierarchy-state.js";
import type { MotifInstance, MotifTree } from "./motif.js";
import { costNow, type Operation, type OperationCost, operationColumns, operationsIn } from "./operation.js";

export interface HierarchicalGraphOptions {
  /** Groups of columns to leave out. */
  readonly without?: readonly FeatureGroup[];
  /** Measured losses in [0, 1] by the id of a channel group. */
  readonly sensitivity?: ReadonlyMap<string, number>;
}

/**
 * The hierarchical graph of a network under any plan. What pruning does not change is computed once; `at` then takes
 * milliseconds, since widths change and topology does not.
 */
export class HierarchicalGraph {
  /** The columns in use. */
  readonly nodeFeatures: readonly Feature[];
  readonly edgeFeatures: readonly Feature[];
  /** What pruning ratios are about. */
  readonly groups: readonly ChannelGroup[];
  readonly #analysis: ChannelAnalysis;
  readonly #maps: ReadonlyMap<Value, FeatureMap>;
  readonly #operations: readonly Operation[];
  readonly #sensitivity: readonly (number | undefined)[];
  /** Inner ones first. */
  readonly #instances: readonly MotifInstance[];

  constructor(tree: MotifTree, analysis: ChannelAnalysis, options: HierarchicalGraphOptions = {}) {
    const { without = [], sensitivity } = options;
    const isUsed = ({ group }: Feature) => !without.includes(group);
    this.nodeFeatures = nodeFeatures.filter(isUsed);
    this.edgeFeatures = edgeFeatures.filter(isUsed);
    this.#analysis = analysis;
    this.groups = channelGroups(analysis);
    const groups = new GroupIndex(analysis, this.groups);
    this.#sensitivity = groups.groups.map(({ id }) => sensitivity?.get(id));
    this.#instances = instancesInsideOut(tree);
    const used = new Set(this.#instances.flatMap(({ values }) => values));
    const maps = tree.values.filter((value) => used.has(value));
    const last = Math.max(1, maps.length - 1);
    this.#maps = new Map(maps.map((value, i) => [value, featureMap(value, i / last, analysis, groups)]));
    this.#operations = operationsIn(operationsOf(tree.top), analysis, !without.includes("weights"));
  }

  /** The index of the group that most channels of a feature map are in; -1 where none may go. */
  groupOf(value: Value): number {
    return this.#maps.get(value)?.group ?? -1;
  }

  /** The state in which the units with a 1 in `removed` are gone. */
  at(removed: Uint8Array): HierarchyState {
    const kept = new KeptChannels(this.#analysis, removed);
    const maps = new Map([...this.#maps].map(([value, map]) => [value, featureMapColumns(map, kept)]));
    const costs = this.#operations.map((operation) => costNow(operation, kept));
    const all = {
      macs: costs.reduce((sum, { macs }) => sum + macs, 0),
      params: costs.reduce((sum, { params }) => sum + params, 0),
    };
    const operations = new Map(
      this.#operations.map((operation, i) => {
        const now = costs[i] as OperationCost;
        const measured = this.#sensitivityOf(operation);
        return [operation.call, operationColumns(operation, now, all, removed, measured)];
      }),
    );
    const { nodeFeatures, edgeFeatures } = this;
    return hierarchyState(this.#instances, { maps, operations, nodeFeatures, edgeFeatures });
  }

  #sensitivityOf({ call }: Operation): number | undefined {
    const made = call.outputs[0] && this.#maps.get(call.outputs[0]);
    return made && this.#sensitivity[made.group];
  }
}
