import { UserError } from "../base/errors.js";
import type { Measured, PlanMeasurer } from "./evaluator.js";
import type { Policy, Proposal } from "./policy.js";
import type { SearchBudget } from "./space.js";
import type { TrialDocument } from "./study-document.js";

export interface RunOptions {
  readonly evaluator: PlanMeasurer;
  readonly policy: Policy;
  readonly budget: SearchBudget;
  readonly seed: number;
  /** Trials in all, those of earlier runs included. */
  readonly trials: number;
  /** Trials under way at once, where the policy allows it. Decides what a policy knows when it proposes. */
  readonly parallel: number;
  /** What an earlier run measured; the policy goes through the same again without measuring. */
  readonly earlier: readonly TrialDocument[];
  /** Takes each new trial, in order. */
  readonly onTrial: (trial: TrialDocument, measured: Measured) => void;
  /** Called before a policy may take its time (it may learn), and whenever one proposal is under way. */
  readonly signal?: AbortSignal | undefined;
}

interface Open {
  readonly proposal: Proposal;
  readonly measured: Promise<Measured>;
}

/** Asks the policy, measures, tells the policy, until there are enough trials or nothing is left to try. */
export async function runTrials(options: RunOptions): Promise<void> {
  const { policy, trials, parallel, signal } = options;
  const open: Open[] = [];
  for (let asked = 0, answered = 0; !signal?.aborted; answered++) {
    while (asked < trials && open.length < Math.min(parallel, policy.ahead)) {
      const proposal = await policy.propose();
      if (!proposal) break;
      const measured = start(proposal, options.earlier[asked++], options);
      // A failure is seen when it is this trial's turn.
      measured.catch(() => {});
      open.push({ proposal, measured });
    }
    const next = open.shift();
    if (!next) return;
    await finish(next, answered, options);
  }
}

async function start(
  { levels }: Proposal,
  earlier: TrialDocument | undefined,
  { evaluator, policy }: RunOptions,
): Promise<Measured> {
  if (!earlier) return evaluator.measure(levels, policy.ofInterest?.());
  const { ratios, accuracy, stopped = false, number } = earlier;
  if (evaluator.space.levelsFor(ratios).join() !== levels.join())
    throw new UserError(
      "study-differs",
      `trial ${number} of the study is not what this search would try: the model, the flags or the version differ; begin another study`,
    );
  const seconds = { repair: 0, score: 0, engine: 0, all: 0 };
  return { accuracy: accuracy ?? 0, stopped, seconds, cutSeconds: 0 };
}

async function finish({ proposal, measured }: Open, number: number, options: RunOptions): Promise<void> {
  const { policy, evaluator, budget, seed, earlier, onTrial } = options;
  const { space } = evaluator;
  const result = await measured;
  const { accuracy, stopped, seconds, cutSeconds } = result;
  const reward = accuracy - 1;
  await policy.learn(proposal, { accuracy, reward, stopped });
  if (number < earlier.length) return;
  const { levels, steps, probe = false } = proposal;
  const cost = space.costAt(levels);
  const { before } = space.costs;
  const trial = {
    number,
    episode: number,
    seed,
    ratios: space.sharesOf(levels),
    keptMacs: before.macs > 0 ? cost.macs / before.macs : 1,
    keptParams: before.params > 0 ? cost.params / before.params : 1,
    ...(budget.kind === "latency" && { keptLatency: space.costIn("latency", levels) }),
    accuracy,
    reward,
    met: !probe && space.isWithin(levels, budget),
    steps,
    stopped,
    seconds: seconds.all + cutSeconds,
    time: new Date().toISOString(),
  };
  onTrial(trial, result);
}
