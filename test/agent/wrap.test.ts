import { expect } from "chai";
import {
  checkEnv,
  flattened,
  flattenObservation,
  type GraphEnv,
  type GraphObservation,
  multiStageGnn,
  withFeatures,
  withReward,
} from "../../src/agent/index.js";
import { Random } from "../../src/base/random.js";
import { distance, encode } from "./encode.js";
import { EchoEnv, randomObservation, twoLevels } from "./tasks.js";

/** Random hierarchical observations; actions change nothing. */
function hierarchical(): GraphEnv {
  let random = new Random(0);
  return {
    observationSpace: twoLevels,
    actionSpace: { kind: "box", size: 3, low: 0, high: 1 },
    reset: ({ seed = 0 } = {}) => {
      random = new Random(seed);
      return { observation: randomObservation(random) };
    },
    step: () => ({
      observation: randomObservation(random),
      reward: 0,
      terminated: random.uniform() < 0.3,
      truncated: false,
    }),
  };
}

describe("ablations", () => {
  it("features are all the same, or drawn anew for every observation, and the task stays", async () => {
    for (const source of ["real", "constant", "random"] as const) {
      const env = withFeatures(new EchoEnv(), source);
      await checkEnv(env);
      const first = (await env.reset({ seed: 1 })).observation;
      const second = (await env.step(new Float32Array(4))).observation;
      const nodes = (observation: GraphObservation) => [...(observation.graphs[0]?.nodes ?? [])];
      if (source === "constant") expect(nodes(first)).to.deep.equal([1, 1, 1, 1]);
      else expect(nodes(first)).to.not.deep.equal(nodes(second));
      const real = new EchoEnv().reset({ seed: 1 }).observation;
      expect(nodes(first).join() === nodes(real).join()).to.equal(source === "real");
    }
  });

  it("rewards of one's own", async () => {
    const [plain, doubled] = [new EchoEnv(), withReward(new EchoEnv(), ({ reward }) => 2 * reward)];
    plain.reset({ seed: 1 });
    await doubled.reset({ seed: 1 });
    expect((await doubled.step(new Float32Array(4))).reward).to.equal(
      2 * plain.step(new Float32Array(4)).reward,
    );
  });

  it("a hierarchy becomes one graph: what stood on an edge stands between its ends", () => {
    const observation = randomObservation(new Random(2));
    const flat = flattenObservation(twoLevels, observation);
    const [graph] = flat.graphs;
    // The whole has five nodes; its two pairs add one between and one in each of their two cells, the single cell one.
    expect((graph?.nodes.length ?? 0) / 2).to.equal(5 + 2 * 3 + 1);
    // One operation of the whole itself, and three in each of five cells.
    expect((graph?.edges.length ?? 0) / 3).to.equal(1 + 5 * 3);
    const [cell, , , other, whole] = observation.graphs;
    const row = (site: number) => {
      const node = flat.sites?.nodes[site] ?? -1;
      return [...(graph?.nodes.subarray(2 * node, 2 * node + 2) ?? [])];
    };
    expect(row(0)).to.deep.equal([...(cell?.nodes.subarray(2, 4) ?? [])]);
    // The last node of a cell is the node that its edge leads to.
    expect(row(1)).to.not.deep.equal([...(other?.nodes.subarray(4, 6) ?? [])]);
    expect(row(2)).to.deep.equal([...(whole?.nodes.subarray(0, 2) ?? [])]);
  });

  it("without hierarchy the contract holds, and changes deep inside are still seen", async () => {
    const env = await flattened(hierarchical());
    await checkEnv(env);
    expect(env.observationSpace.structures).to.have.length(1);
    const observations = [1, 2].map(async (seed) => (await env.reset({ seed })).observation);
    const { graph } = await encode(multiStageGnn(), env.observationSpace, await Promise.all(observations));
    expect(distance(graph[0], graph[1])).to.be.above(1e-3);
  });
});
