import { expect } from "chai";
import { checkObservation, checkSpace } from "../../../src/agent/check-observation.js";
import { multiStageGnn } from "../../../src/agent/index.js";
import { nodeFeatures } from "../../../src/motifs/index.js";
import { atSite, FlatGraphObserver } from "../../../src/search/env/flat-graph-observer.js";
import { HandMadeObserver } from "../../../src/search/env/hand-made-observer.js";
import { LayerWiseTask } from "../../../src/search/env/layer-wise.js";
import type { PruningSpace, TaskState } from "../../../src/search/index.js";
import { distance, encode } from "../../agent/encode.js";
import { half, spaceOf } from "../spaces.js";

/** All states of an episode in which every action is the same. */
function episode(task: LayerWiseTask, action: number): TaskState[] {
  const states: TaskState[] = [task.start()];
  for (let state = task.start(); !state.done; states.push(state))
    state = task.next(state, Float32Array.of(action));
  return states;
}

const observers = { "hand-made numbers": HandMadeObserver, "the flat graph": FlatGraphObserver };

describe("pruning layer by layer", function () {
  this.timeout(30_000);
  let space: PruningSpace;
  before(async () => {
    space = await spaceOf("inverted-residuals");
  });

  for (const [name, Observer] of Object.entries(observers)) {
    it(`meets the budget whatever is done, a group at each step (${name})`, () => {
      const task = new LayerWiseTask(space, half, new Observer(space, half));
      checkSpace(task.observationSpace);
      for (const action of [0, 0.3, 1]) {
        const states = episode(task, action);
        expect(states).to.have.length(space.groups.length + 1);
        for (const { observation, steps } of states)
          checkObservation(task.observationSpace, observation, `step ${steps}`);
        expect(space.isWithin(states.at(-1)?.levels ?? [], half)).to.equal(true);
        // Before the first decision nothing is pruned; those that are not at hand stay as they are.
        states.slice(0, -1).forEach(({ levels }, step) => {
          expect(levels.slice(step).every((level) => level === 0)).to.equal(true);
        });
      }
      expect(episode(task, 0).at(-1)?.levels).to.not.deep.equal(episode(task, 1).at(-1)?.levels);
    });
  }

  it("the graph's site is on a feature map of the group at hand", () => {
    const observer = new FlatGraphObserver(space, half);
    const column = nodeFeatures.findIndex(({ name }) => name === "channelGroup");
    const states = episode(new LayerWiseTask(space, half, observer), 0.5).slice(0, -1);
    const groups = states.map(({ observation: { graphs, sites } }) => {
      const node = sites?.nodes[0] ?? -1;
      return graphs[0]?.nodes[node * observer.space.nodeFeatures + column] ?? 0;
    });
    expect(Math.min(...groups)).to.be.above(0);
    expect(new Set(groups).size).to.equal(space.groups.length);
    expect([...groups].sort((a, b) => a - b)).to.deep.equal(groups);
  });

  it("the graph's embedding says what was pruned and which group is at hand", async () => {
    const observer = new FlatGraphObserver(space, half);
    const nothing = { shares: [], levels: space.groups.map(() => 0), last: 0, most: 1 };
    const some = { ...nothing, levels: space.groups.map((_, i) => Number(i === 0)) };
    const observations = [
      observer.observe({ ...nothing, at: 1 }),
      observer.observe({ ...nothing, at: 1 }),
      observer.observe({ ...nothing, at: 2 }),
      observer.observe({ ...some, at: 1 }),
    ];
    const { graph } = await encode(atSite(multiStageGnn({ rounds: 1 })), observer.space, observations);
    const [first, same, other, pruned] = graph;
    expect(distance(first, same)).to.equal(0);
    expect(distance(first, other)).to.be.above(1e-3);
    expect(distance(first, pruned)).to.be.above(1e-5);
  });
});
