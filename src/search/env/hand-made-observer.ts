import type { Encoder, GraphObservation, GraphSpace } from "../../agent/index.js";
import { invariant } from "../../base/errors.js";
import type { PruningSpace, SearchBudget } from "../space.js";
import type { Decided, LayerObserver } from "./layer-wise.js";

/** Place, width, layers tied, cost now, cost that is left when the rest goes, what this group saves at most, last share, budget. */
const FEATURES = 8;

/** No graph: an observation is its global numbers. */
export const handMadeOnly: Encoder = {
  description: "hand-made features",
  encode(_build, { globals }) {
    invariant(globals, "the observation has global numbers");
    return { graph: globals, sites: undefined };
  },
};

/** AMC's: a few hand-made numbers of the group at hand, and a graph of one node that says nothing. */
export class HandMadeObserver implements LayerObserver {
  readonly space: GraphSpace = {
    structures: [
      {
        id: "group",
        level: 1,
        holds: [],
        nodes: 1,
        edges: 0,
        capacity: 1,
        topology: { sources: new Int32Array(0), targets: new Int32Array(0) },
      },
    ],
    nodeFeatures: 1,
    edgeFeatures: 1,
    globals: FEATURES,
  };

  constructor(
    private readonly plans: PruningSpace,
    private readonly budget: SearchBudget,
  ) {}

  observe({ shares, at, last, most }: Decided): GraphObservation {
    const { groups } = this.plans;
    const { kind, keep } = this.budget;
    const shareOf = (tried: readonly number[]) =>
      this.plans.costIn(kind, this.plans.levelsFor(tried)) / this.plans.fullCost(kind);
    const group = groups[Math.min(at, groups.length - 1)];
    invariant(group, "there is a group");
    const now = shareOf(shares);
    const globals = Float32Array.of(
      at / groups.length,
      Math.log2(1 + group.units.length) / 16,
      Math.log2(1 + group.producers.length) / 8,
      now,
      shareOf(shares.map((share, i) => (i < at ? share : most))),
      now - shareOf(shares.map((share, i) => (i === at ? most : share))),
      last,
      keep,
    );
    const graph = {
      structure: 0,
      nodes: new Float32Array(1),
      edges: new Float32Array(0),
      inner: new Int32Array(0),
    };
    return { graphs: [graph], globals };
  }
}
