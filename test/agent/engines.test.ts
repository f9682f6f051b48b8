import { expect } from "chai";
import {
  createDdpg,
  createPpo,
  type DdpgOptions,
  type PpoOptions,
  type Transition,
} from "../../src/agent/index.js";
import { Random } from "../../src/base/random.js";
import { randomObservation, twoLevels } from "./tasks.js";

/** Ten units in the last place of numbers around 1, after a dozen updates. */
const ROUNDING = 2e-6;

const spaces = { observation: twoLevels, action: { kind: "box", size: 3, low: 0, high: 1 } } as const;

/** The same transitions for every engine. */
function transitions(count: number, isDiscrete = false): Transition[] {
  const random = new Random(3);
  return Array.from({ length: count }, (_, i) => ({
    observation: randomObservation(random),
    action: isDiscrete ? Float32Array.of(i % 3) : Float32Array.from({ length: 3 }, () => random.uniform()),
    next: {
      observation: randomObservation(random),
      reward: -random.uniform(),
      terminated: i % 3 === 2,
      truncated: false,
    },
  }));
}

/** Losses of updates, the vectors after them, and an action. */
async function learnt(options: DdpgOptions) {
  const agent = await createDdpg(spaces, {
    warmUp: 0,
    batch: 16,
    hidden: [24, 24],
    gnn: { hidden: 12 },
    ...options,
  });
  const losses: number[] = [];
  for (const transition of transitions(12)) {
    agent.observe(transition);
    losses.push(...(await agent.update()).values());
  }
  const vectors = await agent.vectors();
  const action = await agent.act(randomObservation(new Random(5)));
  await agent.close();
  return { losses, vectors, action };
}

async function ppoLearnt(kind: "box" | "discrete", options: PpoOptions) {
  const action = kind === "box" ? spaces.action : ({ kind, size: 3 } as const);
  const agent = await createPpo(
    { observation: twoLevels, action },
    { steps: 12, batch: 8, epochs: 3, hidden: [24], gnn: { hidden: 12, pooling: "paper" }, ...options },
  );
  for (const transition of transitions(12, kind === "discrete")) agent.observe(transition);
  const losses = [...(await agent.update()).values()];
  const vectors = await agent.vectors();
  const chosen = await agent.act(randomObservation(new Random(5)));
  await agent.close();
  return { losses, vectors, action: chosen };
}

describe("agents on every engine", function () {
  this.timeout(240_000);

  for (const head of ["graph", "site"] as const) {
    for (const backend of ["wasm", "cpu"]) {
      it(`DDPG learns on tfjs (${backend}) what it learns on onnxruntime (${head} head)`, async () => {
        const expected = await learnt({ head, engine: "onnxruntime" });
        const found = await learnt({ head, engine: "tfjs", backend });
        expectSame(found, expected);
        expect(found.losses).to.have.length(24);
      });
    }
  }

  for (const kind of ["box", "discrete"] as const) {
    for (const backend of ["wasm", "cpu"]) {
      it(`PPO learns on tfjs (${backend}) what it learns on onnxruntime (${kind})`, async () => {
        const expected = await ppoLearnt(kind, { engine: "onnxruntime" });
        expectSame(await ppoLearnt(kind, { engine: "tfjs", backend }), expected);
      });
    }
  }
});

type Learnt = Awaited<ReturnType<typeof learnt>>;

function expectSame(found: Learnt, expected: Learnt): void {
  expect(maxOff(found.losses, expected.losses)).to.be.below(ROUNDING);
  expect(maxOff(found.action, expected.action)).to.be.below(ROUNDING);
  for (const [name, vector] of expected.vectors)
    expect(maxOff(found.vectors.get(name) ?? [], vector), name).to.be.below(ROUNDING);
  // They did learn.
  expect(Math.max(...(expected.vectors.get("actor.mean") ?? []).map(Math.abs))).to.be.above(1e-7);
}

function maxOff(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  return Math.max(...Array.from(expected, (value, i) => Math.abs(value - (found[i] ?? Number.NaN))));
}
