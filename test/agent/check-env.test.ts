import { expect } from "chai";
import { checkObservation, checkSpace } from "../../src/agent/check-observation.js";
import {
  checkEnv,
  type GraphEnv,
  type GraphObservation,
  type GraphSpace,
  SchedulingEnv,
  type Step,
} from "../../src/agent/index.js";
import { Random } from "../../src/base/random.js";
import { userError } from "../support/user-error.js";
import { EchoEnv, indices, numbers, PickEnv, randomObservation, twoLevels } from "./tasks.js";

/** The echo task with something wrong. */
function broken(change: (step: Step, count: number) => Step): GraphEnv {
  const env = new EchoEnv();
  let count = 0;
  return {
    observationSpace: env.observationSpace,
    actionSpace: env.actionSpace,
    reset: (options) => env.reset(options),
    step: (action) => change(env.step(action), count++),
  };
}

describe("checkEnv", () => {
  it("is content with environments that keep the contract", async () => {
    const pick = new PickEnv();
    await checkEnv(new EchoEnv());
    await checkEnv({
      observationSpace: pick.observationSpace,
      actionSpace: pick.choices,
      reset: (options) => pick.reset(options),
      step: (action) => pick.step(action),
    });
    await checkEnv(new SchedulingEnv({ tasks: 8, machines: 2, dependencies: 16 }));
  });

  const faults: Readonly<Record<string, { env: GraphEnv; says: string }>> = {
    "a reward that is no number": {
      env: broken((step) => ({ ...step, reward: Number.NaN })),
      says: "reward NaN",
    },
    "other results for the same seed": {
      env: broken((step, count) => ({ ...step, reward: count })),
      says: "same seed",
    },
    "an episode without end": { env: broken((step) => ({ ...step, terminated: false })), says: "not ended" },
    "an observation of another size": {
      env: broken((step) => ({ ...step, observation: { ...step.observation, globals: numbers(1) } })),
      says: "globals have 1 numbers, expected 0",
    },
  };
  for (const [name, { env, says }] of Object.entries(faults)) {
    it(`finds ${name}`, async () => {
      expect(await userError("env-check", () => checkEnv(env, { steps: 20 }))).to.include(says);
    });
  }

  it("finds an observation that changes after it was given", async () => {
    const env = new EchoEnv();
    const only = numbers(0, 0, 0, 0);
    const show = (observation: GraphObservation): GraphObservation => {
      only.set(observation.graphs[0]?.nodes ?? []);
      return { ...observation, graphs: observation.graphs.map((graph) => ({ ...graph, nodes: only })) };
    };
    const sharing: GraphEnv = {
      observationSpace: env.observationSpace,
      actionSpace: env.actionSpace,
      reset: (options) => ({ observation: show(env.reset(options).observation) }),
      step: (action) => {
        const step = env.step(action);
        return { ...step, observation: show(step.observation) };
      },
    };
    expect(await userError("env-check", () => checkEnv(sharing))).to.include("changed the observation");
  });
});

describe("checkObservation", () => {
  const good = randomObservation(new Random(1));
  const [first] = good.graphs;
  if (!first) throw new Error("there are graphs");
  const withFirst = (change: object): GraphObservation => ({
    ...good,
    graphs: good.graphs.map((graph, i) => (i === 0 ? { ...graph, ...change } : graph)),
  });

  it("is content with what fits", () => {
    checkSpace(twoLevels);
    checkObservation(twoLevels, good, "reset");
  });

  const faults: Readonly<Record<string, [GraphObservation, string]>> = {
    "an unknown structure": [withFirst({ structure: 7 }), "structure 7"],
    "too few nodes": [withFirst({ nodes: numbers(1, 2) }), "1 nodes, 3 edges; expected 3, 3"],
    "numbers that are not finite": [withFirst({ nodes: numbers(1, 2, 3, 4, 5, Number.NaN) }), "not finite"],
    "a graph that holds itself": [withFirst({ inner: indices(0, -1, -1) }), "cannot hold graph 0"],
    "more graphs than fit": [
      { ...good, graphs: [first, first, first, first, ...good.graphs] },
      "at most 3 fit",
    ],
    "no whole": [{ ...good, graphs: good.graphs.slice(0, -1) }, "whole"],
    "a site nowhere": [
      { ...good, sites: { graphs: indices(0, 3, 9), nodes: indices(0, 0, 0), features: numbers(0, 0, 0) } },
      "site 2",
    ],
    "no sites": [{ ...good, sites: undefined }, "no sites"],
    "a mask of something else": [{ ...good, mask: Uint8Array.of(2) }, "mask"],
  };
  for (const [name, [observation, says]] of Object.entries(faults)) {
    it(`finds ${name}`, async () => {
      expect(
        await userError("env-check", () => checkObservation(twoLevels, observation, "reset")),
      ).to.include(says);
    });
  }

  const spaces: Readonly<Record<string, [Partial<GraphSpace>, string]>> = {
    "no structures": [{ structures: [] }, "no structures"],
    "a whole that comes twice": [
      { structures: twoLevels.structures.map((each) => ({ ...each, capacity: 2 })) },
      "capacity must be 1",
    ],
    "a structure that holds a later one": [
      { structures: twoLevels.structures.map((each) => ({ ...each, holds: [2] })) },
      "not before it",
    ],
    "edges to nowhere": [
      { structures: twoLevels.structures.map((each) => ({ ...each, nodes: 1 })) },
      "leads to node 1 of 1",
    ],
  };
  for (const [name, [change, says]] of Object.entries(spaces)) {
    it(`finds a space with ${name}`, async () => {
      expect(await userError("env-check", () => checkSpace({ ...twoLevels, ...change }))).to.include(says);
    });
  }
});
