import type { Random } from "../../base/random.js";
import type { Dependency, Job } from "./job.js";

/** How jobs are drawn; names and ranges in the manner of the HEFT paper's section 5.2. */
export interface JobOptions {
  readonly tasks: number;
  readonly machines: number;
  /** At most so many dependencies. */
  readonly dependencies: number;
}

const MEAN_TIME = 10;
/** Shape parameter α: few or many tasks side by side. */
const SHAPES = [0.5, 1, 2];
/** Communication to computation ratio. */
const RATIOS = [0.5, 1, 2, 5];
/** Range of times over the machines, β. */
const SPREADS = [0.25, 0.5, 1];

/** A random job: tasks in layers, each fed by one to three of earlier layers, most of them from the last. */
export function randomJob(random: Random, { tasks, machines, dependencies: limit }: JobOptions): Job {
  const pick = (values: readonly number[]) => values[random.below(values.length)] ?? 1;
  const [shape, ratio, spread] = [pick(SHAPES), pick(RATIOS), pick(SPREADS)];
  const height = Math.min(tasks, Math.max(2, Math.round(Math.sqrt(tasks) / shape)));
  const layers = Array.from({ length: tasks }, (_, task) =>
    task < height ? task : random.below(height),
  ).sort((a, b) => a - b);
  const times = layers.map(() => {
    const mean = 2 * MEAN_TIME * random.uniform();
    return Array.from({ length: machines }, () => mean * (1 + spread * (random.uniform() - 0.5)) + 0.1);
  });
  const dependencies: Dependency[] = [];
  layers.forEach((layer, target) => {
    if (layer === 0) return;
    const near = [...layers.keys()].filter((task) => layers[task] === layer - 1);
    const far = [...layers.keys()].filter((task) => (layers[task] ?? 0) < layer);
    const sources = new Set([near[random.below(near.length)] ?? 0]);
    for (let extra = random.below(3); extra > 0; extra--) {
      const from = random.uniform() < 0.7 ? near : far;
      sources.add(from[random.below(from.length)] ?? 0);
    }
    for (const source of sources) {
      const isNeeded = dependencies.filter((each) => each.target === target).length === 0;
      if (!isNeeded && dependencies.length >= limit - (tasks - target)) continue;
      dependencies.push({ source, target, time: 2 * ratio * MEAN_TIME * random.uniform() });
    }
  });
  return { machines, times, dependencies };
}
