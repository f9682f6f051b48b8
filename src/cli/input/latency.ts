import type { Model } from "../../ir/index.js";
import type { RunTimes } from "../../rewrite/index.js";
import { type LatencyOptions, type ModelSource, measureLatency, timeModels } from "../../runtime/index.js";
import { type PlanTime, type PruningSpace, timePlans } from "../../search/index.js";
import type { Io } from "../io.js";

/** Times candidates beside the original, a second each. */
export function candidateTimer(
  original: ModelSource,
  options: LatencyOptions,
  io: Io,
): (model: Model) => Promise<RunTimes> {
  let candidates = 0;
  return async (candidate) => {
    const figures = measureLatency([original, candidate], { ...options, seconds: 1 });
    const [before, after] = await io.wait(`timing candidate ${++candidates}`, figures);
    return { before: before?.p50Ms ?? Number.NaN, after: after?.p50Ms ?? Number.NaN };
  };
}

/** Plans from which the times of all others are estimated, and the seconds for a few of them together. */
const [PLANS, SECONDS] = [24, 2];

/** Times plans of a space: the fastest run of each, which what else the machine does disturbs least. */
export function planTimes(space: PruningSpace, io: Io): Promise<PlanTime[]> {
  const advance = io.progress("timing plans");
  const time = async (models: readonly Model[]) => {
    const pairs = await timeModels(models, { seconds: SECONDS });
    return pairs.map((pair) => Math.min(...pair));
  };
  return timePlans(space, time, PLANS, (done) => advance(done, PLANS));
}
