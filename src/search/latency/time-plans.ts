import { Random } from "../../base/random.js";
import type { Model } from "../../ir/index.js";
import type { Levels, PruningSpace } from "../space.js";
import type { PlanTime } from "./latency-model.js";

/** The time of one run of each of some models, all under the same conditions, in ms. */
export type TimeModels = (models: readonly Model[]) => Promise<readonly number[]>;

/** So many plans are timed together, the original among them. */
const TOGETHER = 7;
/** Between these shares of the MACs plans are drawn, evenly. */
const [LEAST, MOST] = [0.1, 0.95];

/**
 * Times `count` plans beside the original: everything gone that may go, and plans between that and nothing, every third of
 * them with the same share of all groups, the others at random. Always the same plans.
 */
export async function timePlans(
  space: PruningSpace,
  time: TimeModels,
  count: number,
  onProgress: (done: number) => void = () => {},
): Promise<PlanTime[]> {
  const random = new Random(0);
  const plans = Array.from({ length: count }, (_, i): Levels => {
    if (i === 0) return space.levelsFor(space.groups.map(() => 1));
    const keep = LEAST + ((MOST - LEAST) * i) / count;
    const shares = space.groups.map(() => (i % 3 === 0 ? 0.5 : random.uniform()));
    return space.scaledTo({ kind: "macs", keep }, shares).levels;
  });
  const times: PlanTime[] = [];
  while (times.length < count) {
    const some = plans.slice(times.length, times.length + TOGETHER - 1);
    const [before = Number.NaN, ...after] = await time([
      space.model,
      ...some.map((levels) => space.cut(levels).model),
    ]);
    some.forEach((levels, i) => {
      times.push({ ratios: space.sharesOf(levels), before, after: after[i] ?? Number.NaN });
    });
    onProgress(times.length);
  }
  return times;
}
