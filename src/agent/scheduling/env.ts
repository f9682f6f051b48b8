import { UserError } from "../../base/errors.js";
import { Random } from "../../base/random.js";
import type { Action, DiscreteSpace, GraphEnv, Reset, Step } from "../env.js";
import type { GraphObservation, GraphSpace } from "../graph.js";
import { streamOf } from "../stream.js";
import { type JobOptions, randomJob } from "./generate.js";
import { factsOf, type Job } from "./job.js";
import { Schedule } from "./schedule.js";

const NODE_FEATURES = 9;
const EDGE_FEATURES = 2;
const SITE_FEATURES = 7;

export interface SchedulingOptions extends JobOptions {
  /** Jobs by seed; random ones by default. */
  readonly jobOf?: (seed: number) => Job;
}

/**
 * Job scheduling: in each step the agent says which ready task comes next, and it is placed on the machine where it ends
 * first. The rewards of an episode add up to minus the makespan, in units of the job's lower bound.
 */
export class SchedulingEnv implements GraphEnv {
  readonly observationSpace: GraphSpace;
  readonly actionSpace: DiscreteSpace;
  #seed = 0;
  #schedule: Schedule | undefined;

  constructor(private readonly options: SchedulingOptions) {
    const { tasks, machines, dependencies } = options;
    this.actionSpace = { kind: "discrete", size: tasks };
    this.observationSpace = {
      nodeFeatures: NODE_FEATURES,
      edgeFeatures: EDGE_FEATURES,
      globals: 2 + machines,
      structures: [{ id: "job", level: 1, nodes: tasks, edges: dependencies, capacity: 1, holds: [] }],
      sites: { count: tasks, features: SITE_FEATURES },
    };
  }

  /** The schedule as it is. */
  get schedule(): Schedule | undefined {
    return this.#schedule;
  }

  reset({ seed }: { readonly seed?: number } = {}): Reset {
    this.#seed = seed ?? this.#seed + 1;
    const { jobOf = (of) => randomJob(new Random(streamOf(of, "job")), this.options) } = this.options;
    const schedule = new Schedule(factsOf(jobOf(this.#seed)));
    this.#schedule = schedule;
    return { observation: observe(schedule) };
  }

  step(action: Action): Step {
    const schedule = this.#schedule;
    const task = action[0] ?? -1;
    if (!schedule || schedule.isComplete)
      throw new UserError("env-step", "step: the episode is over; reset first");
    if (!schedule.isReady(task)) throw new UserError("env-action", `step: task ${task} is not ready`);
    const before = schedule.makespan;
    schedule.place(schedule.best(task));
    return {
      observation: observe(schedule),
      reward: (before - schedule.makespan) / schedule.facts.lowerBound,
      terminated: schedule.isComplete,
      truncated: false,
    };
  }
}

/** All times in units of the lower bound. */
function observe(schedule: Schedule): GraphObservation {
  const { facts } = schedule;
  const { job, incoming, outgoing, meanTimes, upwardRank, bottomLevel, downwardRank, lowerBound } = facts;
  const { times, dependencies, machines } = job;
  const ready = times.map((_, task) => schedule.isReady(task));
  const best = times.map((_, task) => (ready[task] ? schedule.best(task) : schedule.slot(task)));
  const highest = Math.max(0, ...upwardRank.filter((_, task) => ready[task]));
  const nodes = times.flatMap((row, task) => [
    (meanTimes[task] ?? 0) / lowerBound,
    Math.min(...row) / lowerBound,
    (upwardRank[task] ?? 0) / lowerBound,
    (downwardRank[task] ?? 0) / lowerBound,
    ready[task] ? 1 : 0,
    schedule.slot(task) ? 1 : 0,
    (best[task]?.end ?? 0) / lowerBound,
    (incoming[task]?.length ?? 0) / 4,
    (outgoing[task]?.length ?? 0) / 4,
  ]);
  const sites = times.flatMap((_, task) => {
    const slot = ready[task] ? best[task] : undefined;
    if (!slot) return new Array<number>(SITE_FEATURES).fill(0);
    return [
      ((upwardRank[task] ?? 0) - highest) / lowerBound,
      (upwardRank[task] ?? 0) / lowerBound,
      (bottomLevel[task] ?? 0) / lowerBound,
      slot.start / lowerBound,
      slot.end / lowerBound,
      Math.max(0, slot.end - schedule.makespan) / lowerBound,
      (slot.start + (upwardRank[task] ?? 0) - schedule.makespan) / lowerBound,
    ];
  });
  const edges = dependencies.flatMap(({ source, time }) => [
    time / lowerBound,
    schedule.slot(source) ? 1 : 0,
  ]);
  return {
    graphs: [
      {
        structure: 0,
        nodes: Float32Array.from(nodes),
        edges: Float32Array.from(edges),
        inner: new Int32Array(dependencies.length).fill(-1),
        topology: {
          sources: Int32Array.from(dependencies, ({ source }) => source),
          targets: Int32Array.from(dependencies, ({ target }) => target),
        },
      },
    ],
    globals: Float32Array.of(
      schedule.makespan / lowerBound,
      schedule.placed / times.length,
      ...Array.from({ length: machines }, (_, machine) => schedule.busyUntil(machine) / lowerBound),
    ),
    sites: {
      graphs: new Int32Array(times.length),
      nodes: Int32Array.from(times, (_, task) => task),
      features: Float32Array.from(sites),
    },
    mask: Uint8Array.from(ready, Number),
  };
}
