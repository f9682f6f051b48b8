import { expect } from "chai";
import {
  criticalPath,
  factsOf,
  heft,
  type Job,
  randomJob,
  randomOrder,
  randomSchedule,
  type Schedule,
  SchedulingEnv,
} from "../../../src/agent/index.js";
import { Random } from "../../../src/base/random.js";

/** Figure 3 of the HEFT paper: ten tasks, three machines. */
const worked: Job = {
  machines: 3,
  times: [
    [14, 16, 9],
    [13, 19, 18],
    [11, 13, 19],
    [13, 8, 17],
    [12, 13, 10],
    [13, 16, 9],
    [7, 15, 11],
    [5, 11, 14],
    [18, 12, 20],
    [21, 7, 16],
  ],
  dependencies: [
    [1, 2, 18],
    [1, 3, 12],
    [1, 4, 9],
    [1, 5, 11],
    [1, 6, 14],
    [2, 8, 19],
    [2, 9, 16],
    [3, 7, 23],
    [4, 8, 27],
    [4, 9, 23],
    [5, 9, 13],
    [6, 8, 15],
    [7, 10, 17],
    [8, 10, 11],
    [9, 10, 13],
  ].map(([source = 0, target = 0, time = 0]) => ({ source: source - 1, target: target - 1, time })),
};

const size = { tasks: 15, machines: 3, dependencies: 30 };
const jobs = Array.from({ length: 40 }, (_, seed) => factsOf(randomJob(new Random(seed), size)));

/** Fails unless every task runs once, after what it depends on, and machines do one thing at a time. */
function expectValid(schedule: Schedule): void {
  const { job, lowerBound } = schedule.facts;
  const slots = job.times.map((_, task) => schedule.slot(task));
  slots.forEach((slot, task) => {
    if (!slot) throw new Error(`task ${task} is missing`);
    expect(slot.end - slot.start).to.be.closeTo(job.times[task]?.[slot.machine] ?? Number.NaN, 1e-9);
    for (const other of slots) {
      if (!other || other.task === task || other.machine !== slot.machine) continue;
      expect(slot.end <= other.start + 1e-9 || other.end <= slot.start + 1e-9).to.equal(true);
    }
  });
  for (const { source, target, time } of job.dependencies) {
    const [before, after] = [slots[source], slots[target]];
    if (!before || !after) throw new Error("a task is missing");
    const sending = before.machine === after.machine ? 0 : time;
    expect(after.start).to.be.at.least(before.end + sending - 1e-9);
  }
  expect(schedule.makespan).to.equal(Math.max(...slots.map((slot) => slot?.end ?? 0)));
  expect(schedule.makespan).to.be.at.least(lowerBound - 1e-9);
}

describe("scheduling", () => {
  it("HEFT solves its paper's example as the paper does: makespan 80", () => {
    const facts = factsOf(worked);
    const schedule = heft(facts);
    expect(schedule.makespan).to.equal(80);
    expectValid(schedule);
    const ranks = [108, 77, 80, 80, 69, 63.333, 42.667, 35.667, 44.333, 14.667];
    facts.upwardRank.forEach((rank, task) => {
      expect(rank).to.be.closeTo(ranks[task] ?? Number.NaN, 1e-3);
    });
  });

  it("every policy makes schedules that can be run, of any job", () => {
    const random = new Random(9);
    for (const facts of jobs) {
      for (const schedule of [
        heft(facts),
        criticalPath(facts),
        randomOrder(facts, random),
        randomSchedule(facts, random),
      ])
        expectValid(schedule);
    }
  });

  it("draws jobs of the size that was asked for, the same for the same seed", () => {
    for (const { job } of jobs) {
      expect(job.times).to.have.length(15);
      expect(job.dependencies.length).to.be.within(1, 30);
      for (const { source, target } of job.dependencies) expect(source).to.be.below(target);
    }
    expect(randomJob(new Random(4), size)).to.deep.equal(randomJob(new Random(4), size));
    expect(randomJob(new Random(4), size)).to.not.deep.equal(randomJob(new Random(5), size));
  });

  it("knows tasks that wait for each other", () => {
    const circle = { ...worked, dependencies: [...worked.dependencies, { source: 9, target: 0, time: 1 }] };
    expect(() => factsOf(circle)).to.throw(RangeError, "circle");
  });

  it("as an environment: rewards add up to minus the makespan, and HEFT's order gives HEFT's schedule", () => {
    const env = new SchedulingEnv({ tasks: 10, machines: 3, dependencies: 15, jobOf: () => worked });
    const { upwardRank, lowerBound } = factsOf(worked);
    let { observation } = env.reset({ seed: 1 });
    let sum = 0;
    for (let done = false; !done; ) {
      const { mask } = observation;
      const open = [...(mask ?? [])].flatMap((allowed, task) => (allowed ? [task] : []));
      const next = open.reduce((a, b) => ((upwardRank[b] ?? 0) > (upwardRank[a] ?? 0) ? b : a));
      const step = env.step(Float32Array.of(next));
      ({ observation } = step);
      sum += step.reward;
      done = step.terminated;
    }
    expect(env.schedule?.makespan).to.equal(80);
    expect(sum * lowerBound).to.be.closeTo(-80, 1e-9);
  });
});
