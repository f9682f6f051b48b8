import { invariant } from "../../base/errors.js";
import type { Outcome, Policy, Proposal } from "../policy.js";
import type { PruningSpace, SearchBudget } from "../space.js";

/** Removed shares at which each group alone is measured. */
const PROBES = [0.25, 0.5, 0.75, 1];

interface Point {
  readonly share: number;
  readonly loss: number;
}

/**
 * Measures how accuracy falls when one group alone is pruned, then prunes every group as far as the same loss allows, the
 * loss being what just meets the budget. Losses count from the unpruned network and never shrink with the share.
 */
export class SensitivityPolicy implements Policy {
  readonly #probes: { readonly proposal: Proposal; readonly group: number; readonly share: number }[] = [];
  readonly #curves: Point[][];
  #asked = 0;
  #answered = 0;
  #base = 0;

  constructor(
    private readonly space: PruningSpace,
    private readonly budget: SearchBudget,
  ) {
    const none = space.groups.map(() => 0);
    this.#curves = space.groups.map(() => []);
    this.#probe(none, -1);
    for (const share of PROBES)
      space.groups.forEach((_, group) => {
        this.#probe(
          none.map((zero, i) => (i === group ? share : zero)),
          group,
        );
      });
  }

  /** The last proposal waits for all probes. */
  get ahead(): number {
    return this.#asked < this.#probes.length ? Number.POSITIVE_INFINITY : 1;
  }

  propose(): Proposal | undefined {
    const probe = this.#probes[this.#asked];
    if (probe) {
      this.#asked++;
      return probe.proposal;
    }
    if (this.#asked > this.#probes.length) return undefined;
    this.#asked++;
    const worst = Math.max(...this.#curves.flat().map(({ loss }) => loss), 1e-6);
    const way = (t: number) => this.#curves.map((curve) => shareAt(curve, t * worst));
    return { levels: this.space.firstWithin(way, this.budget).levels, steps: 1 };
  }

  learn(proposal: Proposal, { accuracy }: Outcome): void {
    const probe = this.#probes[this.#answered++];
    if (!probe) return;
    invariant(probe.proposal === proposal, "outcomes come in the order of the proposals");
    if (probe.group < 0) this.#base = accuracy;
    else this.#curves[probe.group]?.push({ share: probe.share, loss: Math.max(0, this.#base - accuracy) });
  }

  #probe(shares: readonly number[], group: number): void {
    const levels = this.space.levelsFor(shares);
    const share = group < 0 ? 0 : (this.space.sharesOf(levels)[group] as number);
    this.#probes.push({ proposal: { levels, steps: 1, probe: true }, group, share });
  }
}

/** The largest share whose loss is at most `loss`, linear between the points measured. */
function shareAt(curve: readonly Point[], loss: number): number {
  let [share, seen] = [0, 0];
  for (const point of curve) {
    const next = Math.max(seen, point.loss);
    if (next > loss)
      return next === seen ? share : share + ((point.share - share) * (loss - seen)) / (next - seen);
    [share, seen] = [point.share, next];
  }
  return share;
}
