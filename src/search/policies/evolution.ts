import { Random } from "../../base/random.js";
import type { Policy, Proposal } from "../policy.js";
import type { PruningSpace, SearchBudget, Shares } from "../space.js";

/** Members that survive, how many random ones it starts from, and the deviation of a mutation in shares. */
const PARENTS = 16;
const START = 32;
const DEVIATION = 0.12;
/** The chance of a child to have two parents, and of each of its shares to mutate. */
const CROSSOVER = 0.5;
const MUTATION = 0.3;

interface Member {
  readonly shares: Shares;
  readonly accuracy: number;
}

/** Keeps the best members; children are mixed from two of them, or mutate, and are scaled to the budget. */
export function evolutionPolicy(space: PruningSpace, budget: SearchBudget, seed: number): Policy {
  const random = new Random(seed);
  const wanted = new Map<Proposal, Shares>();
  const members: Member[] = [];
  let count = 0;
  const pick = () => members[random.below(members.length)] as Member;
  const child = (): number[] => {
    const [mother, father] = [pick(), random.uniform() < CROSSOVER ? pick() : undefined];
    return Array.from(mother.shares, (share, i) => {
      const inherited = father && random.uniform() < 0.5 ? (father.shares[i] as number) : share;
      if (random.uniform() >= MUTATION) return inherited;
      return Math.min(1, Math.max(0, inherited + DEVIATION * random.normal()));
    });
  };
  return {
    ahead: PARENTS,
    propose() {
      const isStart = count++ < START || members.length === 0;
      const shares = isStart ? space.groups.map(() => random.uniform()) : child();
      const proposal = { levels: space.scaledTo(budget, shares).levels, steps: 1 };
      wanted.set(proposal, space.sharesOf(proposal.levels));
      return proposal;
    },
    learn(proposal, { accuracy, stopped }) {
      const shares = wanted.get(proposal);
      wanted.delete(proposal);
      if (stopped || !shares) return;
      members.push({ shares, accuracy });
      members.sort((a, b) => b.accuracy - a.accuracy);
      members.length = Math.min(members.length, PARENTS);
    },
    ofInterest: () => (members.length < PARENTS ? 0 : (members.at(-1)?.accuracy ?? 0)),
  };
}
