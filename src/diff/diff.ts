import { costTable, type ShapeTable, summarizeModel } from "../analysis/index.js";
import type { PrunePlan } from "../channels/index.js";
import type { Model, Node, Value } from "../ir/index.js";
import { countEdges, type EdgeCounts, Edges } from "./edges.js";
import { keptChannels } from "./kept.js";
import { matchGraphs } from "./match.js";
import type { Matching } from "./matching.js";
import { type Change, type NodeChange, type NodeName, nameOf, nodeDifferences } from "./nodes.js";
import { headerChanges, inputChanges, outputChanges, shapeChanges } from "./ports.js";
import { matchTensors } from "./tensor-pairs.js";
import { type ChannelChange, channelChanges, type TensorChange, tensorChanges } from "./tensors.js";

/** A model to compare, with the sizes of its values. */
export interface DiffSide {
  readonly model: Model;
  readonly shapes: ShapeTable;
}

export interface DiffOptions {
  /** What the second model was made by out of the first. */
  readonly plan?: PrunePlan | undefined;
  /** Match nodes by structure alone. */
  readonly ignoreNames?: boolean | undefined;
}

/** A cost of both models; `ratio` is the kept share. null where it cannot be counted, or nothing was there. */
export interface CostPair {
  readonly before: number | null;
  readonly after: number | null;
  readonly ratio: number | null;
}

/** A node whose multiply-accumulates for one sample differ. */
export interface LayerChange extends NodeName {
  readonly macs: CostPair;
}

/** What differs between two models. Schema: schemas/diff.schema.json */
export interface ModelDiff {
  /** Nothing differs but names inside, documentation, and how data is stored. */
  readonly same: boolean;
  readonly header: readonly Change[];
  readonly inputs: readonly Change[];
  readonly outputs: readonly Change[];
  readonly nodes: {
    readonly added: number;
    readonly removed: number;
    readonly changed: number;
    readonly unchanged: number;
    readonly renamed: number;
  };
  readonly edges: EdgeCounts;
  readonly addedNodes: readonly NodeName[];
  readonly removedNodes: readonly NodeName[];
  readonly changedNodes: readonly NodeChange[];
  readonly shapes: readonly Change[];
  readonly tensors: readonly TensorChange[];
  readonly channels: readonly ChannelChange[];
  readonly macs: CostPair;
  readonly params: CostPair;
  readonly bytes: CostPair;
  readonly layers: readonly LayerChange[];
  /** NaN in weights, data that cannot be read, and sizes that are not known, one line each. */
  readonly problems: readonly string[];
}

/** What differs, with the nodes themselves. */
export interface Comparison {
  readonly diff: ModelDiff;
  readonly matching: Matching;
  /** By the second graph's nodes. */
  readonly changed: ReadonlyMap<Node, NodeChange>;
  /** The second graph's input that takes the place of one of the first. */
  readonly inputOf: (input: Value) => Value | undefined;
}

/** Compares two models: what became of every node, constant and channel of `before`. Reads all weights. */
export function diffModels(before: DiffSide, after: DiffSide, options: DiffOptions = {}): ModelDiff {
  return compareModels(before, after, options).diff;
}

/** The same with what the graphs' own nodes have to do with it. */
export function compareModels(before: DiffSide, after: DiffSide, options: DiffOptions = {}): Comparison {
  const [a, b] = [before.model.graph, after.model.graph];
  const { plan, ignoreNames } = options;
  const matching = matchGraphs(a, b, { ignoreNames, sameNames: plan !== undefined });
  const edges = new Edges(a, b, matching);
  const constants = matchTensors(a, b, matching);
  const kept = keptChannels(constants.pairs, plan);
  const tensors = tensorChanges(constants, kept);
  const nodes = nodeDifferences(a, b, edges, byValue(b.find.bind(b), tensors));
  const summaries = [
    summarizeModel(before.model, before.shapes),
    summarizeModel(after.model, after.shapes),
  ] as const;
  const differences = {
    header: headerChanges(before.model, after.model),
    inputs: inputChanges(a, b, edges),
    outputs: outputChanges(a, b, edges),
    addedNodes: nodes.added,
    removedNodes: nodes.removed,
    changedNodes: [...nodes.changed.values()],
    tensors,
    channels: channelChanges(constants.pairs, kept),
  };
  const [was, is] = summaries;
  const diff: ModelDiff = {
    same: Object.values(differences).every((list) => list.length === 0),
    ...differences,
    nodes: {
      added: nodes.added.length,
      removed: nodes.removed.length,
      changed: nodes.changed.size,
      unchanged: nodes.unchanged,
      renamed: nodes.renamed,
    },
    edges: countEdges(a, b, edges),
    shapes: shapeChanges(b, edges, before.shapes, after.shapes),
    macs: costPair(was.macs, is.macs),
    params: costPair(was.params, is.params),
    bytes: costPair(was.bytes, is.bytes),
    layers: layerChanges(before, after, edges),
    problems: [...problemsOf("before", was), ...problemsOf("after", is)],
  };
  return { diff, matching, changed: nodes.changed, inputOf: edges.inputOf.bind(edges) };
}

function byValue(
  find: (name: string) => Value | undefined,
  tensors: readonly TensorChange[],
): Map<Value, TensorChange> {
  return new Map(
    tensors.flatMap((change): [Value, TensorChange][] => {
      const value = change.status === "changed" ? find(change.name) : undefined;
      return value ? [[value, change]] : [];
    }),
  );
}

function costPair(before: number | null, after: number | null): CostPair {
  return { before, after, ratio: before && after !== null ? after / before : null };
}

function layerChanges(before: DiffSide, after: DiffSide, edges: Edges): LayerChange[] {
  const was = costTable(before.model.graph, before.shapes.of).macsOf;
  const is = costTable(after.model.graph, after.shapes.of).macsOf;
  const layer = (node: Node, old: number | undefined, now: number | undefined): LayerChange[] =>
    (old ?? 0) === (now ?? 0) ? [] : [{ ...nameOf(node), macs: costPair(old ?? null, now ?? null) }];
  const { matching } = edges;
  const gone = before.model.graph.nodes.filter((node) => !matching.ofA(node));
  return [
    ...after.model.graph.nodes.flatMap((node) => {
      const original = matching.ofB(node);
      return layer(node, original && was.get(original), is.get(node));
    }),
    ...gone.flatMap((node) => layer(node, was.get(node), undefined)),
  ];
}

function problemsOf(side: string, summary: ReturnType<typeof summarizeModel>): string[] {
  const { nan, unreadable, gaps, uncounted } = summary;
  return [
    ...nan.map(({ tensor, count }) => `${side}: ${tensor} holds NaN (${count} elements)`),
    ...unreadable.map(({ tensor, reason }) => `${side}: ${tensor} cannot be read: ${reason}`),
    ...gaps.map((gap) => `${side}: sizes are not known everywhere: ${gap}`),
    ...uncounted.map((node) => `${side}: the multiply-accumulates of ${node} are not counted`),
  ];
}
