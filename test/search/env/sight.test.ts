import { expect } from "chai";
import { checkObservation, checkSpace } from "../../../src/agent/check-observation.js";
import type { GraphObservation } from "../../../src/agent/index.js";
import { type PlanningTask, type Sight, seen, WholeVectorTask } from "../../../src/search/index.js";
import { half, spaceOf } from "../spaces.js";

/** All observations of an episode in which every action is 0.7, and the plan that it makes. */
function episode(task: PlanningTask) {
  const shown: GraphObservation[] = [];
  let state = task.start();
  shown.push(state.observation);
  while (!state.done) {
    state = task.next(state, new Float32Array(task.actionSpace.size).fill(0.7));
    shown.push(state.observation);
  }
  return { shown, levels: state.levels, steps: state.steps };
}

const nodes = ({ graphs }: GraphObservation) => graphs.map((graph) => [...graph.nodes].join()).join("|");

describe("sights of a planning task", () => {
  const sights: readonly Sight[] = [
    {},
    { flat: true },
    { features: "constant" },
    { flat: true, features: "constant" },
    { features: "random" },
    { flat: true, features: "random" },
  ];
  for (const sight of sights) {
    it(`${JSON.stringify(sight)}: what is shown fits its space, and actions do what they always do`, async () => {
      const plain = new WholeVectorTask(await spaceOf("resnet"), half);
      const task = seen(plain, sight, 1);
      checkSpace(task.observationSpace);
      const { shown, levels, steps } = episode(task);
      shown.forEach((observation, i) => {
        checkObservation(task.observationSpace, observation, `step ${i}`);
      });
      const expected = episode(plain);
      expect(levels).to.deep.equal(expected.levels);
      expect(steps).to.equal(expected.steps).and.to.be.above(1);
      expect(task.observationSpace.structures.length === 1).to.equal(sight.flat ?? false);
      const all = shown.flatMap(({ graphs, sites, globals }) => [
        ...graphs.flatMap((graph) => [...graph.nodes, ...graph.edges]),
        ...(sites?.features ?? []),
        ...(globals ?? []),
      ]);
      expect(all.every((value) => value === 1)).to.equal(sight.features === "constant");
    });
  }

  it("random features are other ones at every look, and the same ones for the same seed and calls", async () => {
    const space = await spaceOf("resnet");
    const of = (seed: number) => {
      const task = seen(new WholeVectorTask(space, half), { features: "random" }, seed);
      return [task.start(), task.start()].map(({ observation }) => nodes(observation));
    };
    const [first, second] = of(1);
    expect(first).to.not.equal(second);
    expect(of(1)).to.deep.equal([first, second]);
    expect(of(2)).to.not.include(first);
  });

  it("episodes that overlap do not touch each other", async () => {
    const task = seen(new WholeVectorTask(await spaceOf("resnet"), half), { flat: true }, 1);
    const action = new Float32Array(task.actionSpace.size).fill(0.7);
    const [a, b] = [task.start(), task.start()];
    const after = task.next(a, action);
    expect(nodes(task.next(b, action).observation)).to.equal(nodes(after.observation));
    expect(nodes(after.observation)).to.not.equal(nodes(a.observation));
  });
});
