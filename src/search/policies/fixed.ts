import type { Policy } from "../policy.js";
import type { Fit, PruningSpace, SearchBudget } from "../space.js";

/** Rules that know nothing of the data: one plan each, for comparison. */
export type FixedRule = (space: PruningSpace, budget: SearchBudget) => Fit;

/** The same share of every group. */
export const uniform: FixedRule = (space, budget) =>
  space.scaledTo(
    budget,
    space.groups.map(() => 0.5),
  );

/** The first group loses five times the share of the last, linearly between; groups stand in the order of the data. */
export const shallow: FixedRule = (space, budget) =>
  space.scaledTo(
    budget,
    space.groups.map((_, i) => 0.9 - 0.72 * place(space, i)),
  );

/** The last group loses five times the share of the first. */
export const deep: FixedRule = (space, budget) =>
  space.scaledTo(
    budget,
    space.groups.map((_, i) => 0.18 + 0.72 * place(space, i)),
  );

/** All groups in one ranking of scores, each divided by the mean of its group. */
export const globalRanking: FixedRule = (space, budget) => space.ranked(budget);

export function fixedPolicy(rule: FixedRule, space: PruningSpace, budget: SearchBudget): Policy {
  let proposed = false;
  return {
    ahead: 1,
    propose() {
      if (proposed) return undefined;
      proposed = true;
      return { levels: rule(space, budget).levels, steps: 1 };
    },
    learn() {},
  };
}

function place(space: PruningSpace, i: number): number {
  return space.groups.length < 2 ? 0.5 : i / (space.groups.length - 1);
}
