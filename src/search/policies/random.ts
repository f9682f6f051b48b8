import { Random } from "../../base/random.js";
import type { Policy } from "../policy.js";
import type { PruningSpace, SearchBudget } from "../space.js";

/**
 * Independent uniform shares, scaled to the budget: the baseline that every search has to beat (Li et al., "Revisiting
 * random channel pruning for neural network compression", CVPR 2022).
 */
export function randomPolicy(space: PruningSpace, budget: SearchBudget, seed: number): Policy {
  const random = new Random(seed);
  let best = 0;
  return {
    ahead: Number.POSITIVE_INFINITY,
    propose: () => {
      const shares = space.groups.map(() => random.uniform());
      return { levels: space.scaledTo(budget, shares).levels, steps: 1 };
    },
    learn(_proposal, { accuracy, stopped }) {
      if (!stopped) best = Math.max(best, accuracy);
    },
    ofInterest: () => best,
  };
}
