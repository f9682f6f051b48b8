import { UserError } from "../base/errors.js";
import type { Measured, PlanMeasurer } from "./evaluator.js";
import type { AgentStart, PolicyEntry } from "./policies/index.js";
import { runTrials } from "./run.js";
import type { Levels, SearchBudget } from "./space.js";
import { bestTrial, type TrialDocument } from "./study-document.js";
import type { StudyFolder } from "./study-folder.js";

export interface SearchOptions {
  readonly evaluator: PlanMeasurer;
  readonly policy: PolicyEntry;
  readonly budget: SearchBudget;
  readonly seed: number;
  /** Plans to evaluate, those of earlier runs included. */
  readonly trials: number;
  /** Trials under way at once, where the policy allows it. */
  readonly parallel: number;
  /** Where trials are kept, and what an earlier run left is found. */
  readonly study: StudyFolder;
  /** What another search has learnt, to begin with. */
  readonly start?: AgentStart | undefined;
  readonly onTrial?: (trial: TrialDocument, best: TrialDocument, measured: Measured) => void;
  readonly signal?: AbortSignal | undefined;
}

export interface SearchResult {
  readonly best: TrialDocument;
  readonly levels: Levels;
  /** What the policy has learnt, where it learns. */
  readonly agent: Uint8Array | undefined;
}

/**
 * Lets a policy search for the best plan within a budget. Killed at any moment, the study goes on where it was: the policy
 * sees all trials again, and only the running ones are measured anew. Throws a UserError where exact pruning cannot
 * reach the budget.
 */
export async function search(options: SearchOptions): Promise<SearchResult> {
  const { evaluator, policy, budget, seed, trials, study, onTrial } = options;
  const { space } = evaluator;
  checkReachable(options);
  const opened = await policy.open({ space, budget, seed, trials, start: options.start });
  let agent: Uint8Array | undefined;
  try {
    await runTrials({
      ...options,
      policy: opened,
      earlier: [...study.trials],
      onTrial: (trial, measured) => {
        study.append(trial);
        const best = bestTrial(study.trials);
        if (best) onTrial?.(trial, best, measured);
      },
    });
    agent = await opened.save?.();
  } finally {
    await opened.close?.();
  }
  const best = bestTrial(study.trials);
  if (!best?.met)
    throw new UserError("no-trial", "the search ended before any plan within the budget was measured");
  return { best, levels: space.levelsFor(best.ratios), agent };
}

function checkReachable({ evaluator: { space }, budget }: SearchOptions): void {
  const all = space.levelsFor(space.groups.map(() => 1));
  if (space.isWithin(all, budget)) return;
  const { kind, keep } = budget;
  const least = space.costIn(kind, all) / space.fullCost(kind);
  throw new UserError(
    "unreachable",
    `--${kind} ${keep}: exact pruning reaches ${(100 * least).toFixed(1)} % at least; topiary groups shows what is in the way`,
  );
}
