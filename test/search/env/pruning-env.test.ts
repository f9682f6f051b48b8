import { expect } from "chai";
import { type Agent, checkEnv, createDdpg, runEpisode, train } from "../../../src/agent/index.js";
import { costTable } from "../../../src/analysis/index.js";
import { FlatGraphObserver } from "../../../src/search/env/flat-graph-observer.js";
import { HandMadeObserver } from "../../../src/search/env/hand-made-observer.js";
import { LayerWiseTask } from "../../../src/search/env/layer-wise.js";
import {
  type Levels,
  type PlanningTask,
  PruningEnv,
  type PruningSpace,
  WholeVectorTask,
} from "../../../src/search/index.js";
import { half, spaceOf } from "../spaces.js";

/** Made up: what goes is dear in the first half of the groups, and costs nothing in the others. */
const firstHalfMatters = (space: PruningSpace) => async (levels: Levels) =>
  -space
    .sharesOf(levels)
    .slice(0, space.groups.length / 2)
    .reduce((sum, share) => sum + share / (space.groups.length / 2), 0);

const spacesOf = ({ observationSpace, actionSpace }: PlanningTask) => ({
  observation: observationSpace,
  action: actionSpace,
});

/** Levels after each step of an episode with these actions; they are repeated when they run out. */
function levelsAlong(task: WholeVectorTask, ...actions: Float32Array[]): Levels[] {
  const all: Levels[] = [];
  for (let state = task.start(); !state.done; all.push(state.levels))
    state = task.next(state, actions[all.length % actions.length] as Float32Array);
  return all;
}

describe("the pruning environment", function () {
  this.timeout(120_000);

  // Fault B10 of the published code: some networks could not be searched at all.
  for (const network of [
    "resnet",
    "bottlenecks",
    "inverted-residuals",
    "shuffle-units",
    "vgg",
    "transformer",
  ]) {
    it(`keeps the contract of environments (${network})`, async () => {
      const space = await spaceOf(network);
      const env = new PruningEnv(new WholeVectorTask(space, half), firstHalfMatters(space));
      await checkEnv(env, { episodes: 1, steps: 20 });
    });
  }

  it("keeps it layer by layer too, for AMC's and AGMC's eyes", async () => {
    const space = await spaceOf("mbconv");
    for (const Observer of [HandMadeObserver, FlatGraphObserver]) {
      const task = new LayerWiseTask(space, half, new Observer(space, half));
      await checkEnv(new PruningEnv(task, firstHalfMatters(space)), { episodes: 2 });
    }
  });

  it("begins each episode at the whole network", async () => {
    // Fault B2: an episode began at the graph that the last one had ended at.
    const space = await spaceOf("resnet");
    const env = new PruningEnv(new WholeVectorTask(space, half), firstHalfMatters(space));
    const first = env.reset().observation;
    const after = await env.step(new Float32Array(env.actionSpace.size).fill(1));
    expect(after.observation).to.not.deep.equal(first);
    expect(env.reset().observation).to.deep.equal(first);
  });

  it("rewards the end of an episode with what was measured, of a plan within the budget", async () => {
    const space = await spaceOf("vgg");
    const measured: Levels[] = [];
    const env = new PruningEnv(new WholeVectorTask(space, half), async (levels) => measured.push(levels) - 4);
    env.reset();
    const rewards: number[] = [];
    for (let done = false; !done; ) {
      const step = await env.step(new Float32Array(env.actionSpace.size).fill(0.5));
      rewards.push(step.reward);
      done = step.terminated;
    }
    expect(rewards.length).to.be.above(2);
    expect(rewards.slice(0, -1).every((reward) => reward === 0)).to.equal(true);
    expect(rewards.at(-1)).to.equal(-3);
    expect(measured).to.have.length(1);
    expect(space.isWithin(measured[0] ?? [], half)).to.equal(true);
  });

  it("counts what the network that is cut costs, step by step", async () => {
    // Faults B7 and B9: costs from the last action only, or from widths that were rounded in three different ways.
    const space = await spaceOf("inverted-residuals");
    const task = new WholeVectorTask(space, half);
    const action = new Float32Array(task.actionSpace.size).fill(0.6);
    let state = task.start();
    for (let last = 1; !state.done; ) {
      state = task.next(state, action);
      const { model, dims } = space.cut(state.levels);
      const kept = costTable(model.graph, dims).macs / space.costs.before.macs;
      expect(state.observation.globals?.[0]).to.be.closeTo(kept, 1e-6);
      expect(kept).to.be.below(last);
      last = kept;
      expect(kept <= half.keep).to.equal(state.done);
    }
    expect(state.steps).to.be.above(1);
  });

  for (const network of ["inverted-residuals", "shuffle-units", "resnet"]) {
    it(`has an action of its own for every group, which moves nothing else (${network})`, async () => {
      // Faults B6 and B8: layers at a constant whatever was done, shortcuts whose ends lost different channels.
      const space = await spaceOf(network);
      const task = new WholeVectorTask(space, { kind: "macs", keep: 0.05 }, { stepShare: 0.9 });
      const moved = Array.from({ length: task.actionSpace.size }, (_, site) => {
        const action = new Float32Array(task.actionSpace.size);
        action[site] = 1;
        return space.sharesOf(task.next(task.start(), action).levels);
      });
      const own = moved.flatMap((shares) => shares.flatMap((share, group) => (share > 0 ? [group] : [])));
      expect(own.sort((a, b) => a - b)).to.deep.equal(space.groups.map((_, group) => group));
      for (const shares of moved) if (Math.max(...shares) > 0) expect(Math.max(...shares)).to.be.above(0.4);
    });
  }

  it("ends though nothing is done, and within the budget also then", async () => {
    const space = await spaceOf("vgg");
    const task = new WholeVectorTask(space, half, { mostSteps: 3 });
    const idle = levelsAlong(task, new Float32Array(task.actionSpace.size));
    expect(idle).to.have.length(3);
    expect(space.isWithin(idle.at(-1) ?? [], half)).to.equal(true);
  });

  it("teaches an agent what matters", async () => {
    const space = await spaceOf("vgg");
    // Most parameters are in the last groups, so that a budget can be met without the first.
    const task = new WholeVectorTask(space, { kind: "params", keep: 0.5 }, { stepShare: 0.5 });
    const env = new PruningEnv(task, firstHalfMatters(space));
    const agent = await createDdpg(spacesOf(task), {
      ...{ returns: "episode", squeezePenalty: 0.01, warmUp: 20, noiseDecay: 0.97, updatesPerStep: 4 },
      ...{ actorRate: 3e-3, criticRate: 3e-3, batch: 32, hidden: [32, 32], gnn: { hidden: 8, rounds: 1 } },
    });
    const score = async (of: Agent) => (await runEpisode(env, of)).reward;
    const before = await score(agent);
    await train(env, agent, { episodes: 60 });
    const after = await score(agent);
    await agent.close();
    // An indifferent agent takes a quarter of what matters; 0 would be the best.
    expect(before).to.be.below(-0.2);
    expect(after).to.be.above(-0.05);
  });
});
