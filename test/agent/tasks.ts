import type {
  Action,
  GraphEnv,
  GraphObservation,
  GraphSpace,
  Reset,
  Step,
  Topology,
} from "../../src/agent/index.js";
import { Random } from "../../src/base/random.js";

export const indices = (...values: number[]) => Int32Array.from(values);
export const numbers = (...values: number[]) => Float32Array.from(values);

const chain = (edges: number): Topology => ({
  sources: Int32Array.from({ length: edges }, (_, i) => i),
  targets: Int32Array.from({ length: edges }, (_, i) => i + 1),
});

/** A row of four blocks: two kinds of blocks inside, the second of which holds the first. */
export const twoLevels: GraphSpace = {
  nodeFeatures: 2,
  edgeFeatures: 3,
  globals: 1,
  structures: [
    {
      id: "cell",
      level: 1,
      nodes: 3,
      edges: 3,
      capacity: 3,
      holds: [],
      topology: { sources: indices(0, 1, 0), targets: indices(1, 2, 2) },
    },
    { id: "pair", level: 2, nodes: 3, edges: 2, capacity: 2, holds: [0], topology: chain(2) },
    { id: "whole", level: 3, nodes: 5, edges: 4, capacity: 1, holds: [0, 1], topology: chain(4) },
  ],
  sites: { count: 3, features: 1 },
};

/** An observation of `twoLevels`: three cells, a pair of two of them, and a whole that has everything on its edges. */
export function randomObservation(random: Random): GraphObservation {
  const graph = (structure: number, inner: Int32Array) => {
    const { nodes = 0, edges = 0 } = twoLevels.structures[structure] ?? {};
    const floats = (length: number) => Float32Array.from({ length }, () => random.normal());
    return { structure, nodes: floats(nodes * 2), edges: floats(edges * 3), inner };
  };
  const none = indices(-1, -1, -1);
  return {
    graphs: [
      graph(0, none),
      graph(0, none),
      graph(1, indices(1, 0)),
      graph(0, none),
      graph(2, indices(2, -1, 3, 2)),
    ],
    globals: numbers(random.uniform()),
    sites: { graphs: indices(0, 3, 4), nodes: indices(1, 2, 0), features: numbers(0, 0.5, 1) },
  };
}

/** A graph that is a chain of `sites` nodes with one feature each. */
function chainSpace(sites: number): GraphSpace {
  const topology = chain(sites - 1);
  return {
    nodeFeatures: 1,
    edgeFeatures: 1,
    globals: 0,
    structures: [{ id: "chain", level: 1, nodes: sites, edges: sites - 1, capacity: 1, holds: [], topology }],
    sites: { count: sites, features: 1 },
  };
}

/**
 * Each site shows a number in [0, 1] and wants to hear it back: the reward is minus the mean absolute error, summed over
 * `length` steps.
 */
export class EchoEnv implements GraphEnv {
  readonly observationSpace: GraphSpace;
  readonly actionSpace;
  #random = new Random(0);
  #shown = numbers();
  #step = 0;

  constructor(
    private readonly sites = 4,
    private readonly length = 2,
  ) {
    this.observationSpace = chainSpace(sites);
    this.actionSpace = { kind: "box", size: sites, low: 0, high: 1 } as const;
  }

  reset({ seed }: { readonly seed?: number } = {}): Reset {
    if (seed !== undefined) this.#random = new Random(seed);
    this.#step = 0;
    return { observation: this.#show() };
  }

  step(action: Action): Step {
    let error = 0;
    this.#shown.forEach((value, site) => {
      error += Math.abs(value - (action[site] ?? Number.NaN));
    });
    this.#step++;
    const terminated = this.#step === this.length;
    return { observation: this.#show(), reward: -error / this.sites, terminated, truncated: false };
  }

  #show(): GraphObservation {
    const { sites } = this;
    this.#shown = Float32Array.from({ length: sites }, () => this.#random.uniform());
    const inner = new Int32Array(sites - 1).fill(-1);
    return {
      graphs: [{ structure: 0, nodes: this.#shown, edges: new Float32Array(sites - 1).fill(1), inner }],
      sites: {
        graphs: new Int32Array(sites),
        nodes: Int32Array.from({ length: sites }, (_, i) => i),
        features: this.#shown,
      },
    };
  }
}

/** One choice among sites, some of which are closed: the reward is the number that the chosen site shows. */
export class PickEnv extends EchoEnv {
  readonly choices;
  #open: GraphObservation | undefined;

  constructor(private readonly count = 4) {
    super(count, 1);
    this.choices = { kind: "discrete", size: count } as const;
  }

  override reset(options: { readonly seed?: number } = {}): Reset {
    return { observation: this.#close(super.reset(options).observation) };
  }

  override step(action: Action): Step {
    const choice = action[0] ?? -1;
    const { mask, sites } = this.#open ?? {};
    if (!mask?.[choice]) throw new Error(`choice ${choice} is closed`);
    const reward = sites?.features[choice] ?? Number.NaN;
    const next = super.step(new Float32Array(this.count));
    return { ...next, observation: this.#close(next.observation), reward };
  }

  #close(observation: GraphObservation): GraphObservation {
    const shown = observation.sites?.features ?? numbers();
    // The site that shows least is closed.
    const least = shown.indexOf(Math.min(...shown));
    this.#open = { ...observation, mask: Uint8Array.from(shown, (_, i) => Number(i !== least)) };
    return this.#open;
  }
}
