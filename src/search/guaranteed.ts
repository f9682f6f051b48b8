/**
 * The smallest kept share that is still good enough, found by halving what is left between the largest that was not and the
 * smallest that was. `attempt` gives what a search with a kept share reached, or undefined where that was not good enough.
 * Undefined where nothing was.
 */
export async function smallestBudget<T>(
  rounds: number,
  attempt: (keep: number, round: number) => Promise<T | undefined>,
): Promise<T | undefined> {
  let [low, high] = [0, 1];
  let best: T | undefined;
  for (let round = 0; round < rounds; round++) {
    const keep = (low + high) / 2;
    const reached = await attempt(keep, round);
    if (reached === undefined) low = keep;
    else [high, best] = [keep, reached];
  }
  return best;
}
