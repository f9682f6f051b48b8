import {
  type Action,
  type Agent,
  createPpo,
  type Encoder,
  type GraphEnv,
  type GraphObservation,
  type GraphSpace,
  linear,
  type Reset,
  runEpisode,
  type Step,
  train,
  withReward,
} from "../../src/agent/index.js";

/** Our own object: towns, and the roads between them as pairs of towns. */
interface Country {
  readonly towns: number;
  readonly roads: readonly (readonly [number, number])[];
}

const [TOWNS, ROADS, STATIONS] = [12, 16, 3];

/** The same country for the same seed. */
function countryOf(seed: number): Country {
  let state = seed + 1;
  const below = (n: number) => {
    state = (state * 48271) % 2147483647;
    return state % n;
  };
  const roads = Array.from({ length: ROADS }, (_, i): [number, number] => {
    const from = i < TOWNS ? i : below(TOWNS);
    return [from, (from + 1 + below(TOWNS - 1)) % TOWNS];
  });
  return { towns: TOWNS, roads };
}

/** Build stations in three towns: a town is served where it or a neighbour has one. */
export class StationsEnv implements GraphEnv {
  readonly actionSpace = { kind: "discrete", size: TOWNS } as const;
  readonly observationSpace: GraphSpace = {
    nodeFeatures: 2,
    edgeFeatures: 1,
    globals: 1,
    // Every country has roads of its own, so the structure has no topology that all graphs share.
    structures: [{ id: "country", level: 1, nodes: TOWNS, edges: ROADS, capacity: 1, holds: [] }],
    sites: { count: TOWNS, features: 1 },
  };
  #country = countryOf(0);
  #stations = new Set<number>();
  #seed = 0;

  reset({ seed }: { readonly seed?: number } = {}): Reset {
    this.#seed = seed ?? this.#seed + 1;
    this.#country = countryOf(this.#seed);
    this.#stations = new Set();
    return { observation: this.#observe() };
  }

  step(action: Action): Step {
    const before = this.#served().size;
    this.#stations.add(action[0] ?? 0);
    return {
      observation: this.#observe(),
      reward: (this.#served().size - before) / TOWNS,
      terminated: this.#stations.size === STATIONS,
      truncated: false,
    };
  }

  #around(town: number): number[] {
    return this.#country.roads.flatMap(([a, b]) => (a === town ? [b] : b === town ? [a] : []));
  }

  #served(): Set<number> {
    return new Set([...this.#stations].flatMap((town) => [town, ...this.#around(town)]));
  }

  /** Our own graph builder: towns are nodes, roads are edges; each town is a site, since actions are about towns. */
  #observe(): GraphObservation {
    const { towns, roads } = this.#country;
    const served = this.#served();
    const all = Array.from({ length: towns }, (_, town) => town);
    const gains = all.map((town) => [town, ...this.#around(town)].filter((each) => !served.has(each)));
    return {
      graphs: [
        {
          structure: 0,
          nodes: Float32Array.from(
            all.flatMap((town) => [this.#around(town).length / 4, served.has(town) ? 1 : 0]),
          ),
          edges: new Float32Array(roads.length).fill(1),
          inner: new Int32Array(roads.length).fill(-1),
          topology: {
            sources: Int32Array.from(roads, ([from]) => from),
            targets: Int32Array.from(roads, ([, to]) => to),
          },
        },
      ],
      globals: Float32Array.of(this.#stations.size / STATIONS),
      sites: {
        graphs: new Int32Array(towns),
        nodes: Int32Array.from(all),
        features: Float32Array.from(gains, (gain) => new Set(gain).size / towns),
      },
      mask: Uint8Array.from(all, (town) => (this.#stations.has(town) ? 0 : 1)),
    };
  }
}

/** Our own encoder: the mean of the towns, no messages. Whatever has a gradient can stand here. */
export const meanOfTowns: Encoder = {
  description: "mean of towns, 8 wide",
  encode(build, { structures: [country], batch }, weights) {
    if (!country) throw new Error("there is one structure");
    const towns = build.unary("Tanh", linear(build, weights, "encoder.town", country.nodes, 8));
    const graph = build.mean(build.reshape(towns, [batch, TOWNS, 8]), [1], false);
    return { graph, sites: towns };
  },
};

/** Our own policy: an agent need not learn. This one builds where most towns gain. */
export const greedy: Agent = {
  act: async ({ sites, mask }) => {
    const gains = Array.from(sites?.features ?? [], (gain, town) => (mask?.[town] ? gain : -1));
    return Float32Array.of(gains.indexOf(Math.max(...gains)));
  },
  observe: () => {},
  update: async () => new Map(),
  save: async () => new Uint8Array(),
  close: async () => {},
};

/** The mean reward of an agent over countries that it has not seen. */
export async function score(agent: Pick<Agent, "act" | "observe">, countries = 50): Promise<number> {
  const env = new StationsEnv();
  let sum = 0;
  for (let seed = 0; seed < countries; seed++) sum += (await runEpisode(env, agent, { seed })).reward;
  return sum / countries;
}

/** Trains an agent; with our own reward: the same, ten times as large. */
export async function learnStations(episodes: number, encoder?: Encoder): Promise<Agent> {
  const env = withReward(new StationsEnv(), ({ reward }) => 10 * reward);
  const agent = await createPpo(
    { observation: env.observationSpace, action: env.actionSpace },
    {
      head: "site",
      hidden: [32],
      gnn: { hidden: 16, rounds: 1 },
      steps: 120,
      batch: 120,
      rate: 3e-3,
      ...(encoder ? { encoder } : {}),
    },
  );
  await train(env, agent, { episodes, seed: 1000 });
  return agent;
}
